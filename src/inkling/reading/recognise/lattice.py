"""Builds the segmentation lattice of a line, and finds its best path.

A line is cut into pieces. A run of neighbouring pieces may be a digit: one piece, the two pieces of
a broken digit, or all pieces of a part that was cut. The networks score each run, and the path of
runs with the best score is the segmentation (over-segmentation and recognition, as in LeCun,
Bottou, Bengio and Haffner, 1998, section 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part, make_part, union
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.pixels import Labels, Map
from inkling.reading.recognise.cuts import find_cuts, find_slant

LONGEST_RUN = 6  # greatest number of pieces in a run, unless they come from one part
WIDEST = 1.7  # greatest width of a digit, relative to the line's height
FARTHEST = 0.3  # greatest gap between strokes of a digit, relative to the line's height
CUT_FROM = 0.5  # least width over height of a part that may be two digits


@dataclass(frozen=True, eq=False)
class Run:
    """Pieces `start` to `stop` of a line as one candidate for a digit.

    `cut` is the length of ink under the cut at its start. `gap` is the widest gap between the
    strokes that it joins. Both are in heights of the line.
    """

    start: int
    stop: int
    part: Part
    cut: float
    gap: float


@dataclass(frozen=True, eq=False)
class Lattice:
    """The pieces and runs of one line of text, and the height of the line in pixels."""

    pieces: tuple[Part, ...]
    runs: tuple[Run, ...]
    height: float


def build_lattice(
    writing: TextMap, labels: Labels, parts: Sequence[Part]
) -> tuple[Lattice, Labels]:
    """Builds the lattice of a line's strokes. Also returns the labels (H, W) after cutting."""
    labels = labels.copy()
    height = line_height(parts)
    owned: list[tuple[Part, int, float]] = []
    slant = _slant(writing, labels, parts)
    for owner, part in enumerate(parts):
        owned += [(p, owner, cut) for p, cut in _cut(writing, labels, part, height, slant)]
    owned.sort(key=lambda pair: pair[0].x + pair[0].w / 2)
    runs = _runs(owned, height)
    return Lattice(tuple(piece for piece, _, _ in owned), tuple(runs), height), labels


def line_height(parts: Sequence[Part]) -> float:
    """The height of a line's digits: the upper quartile of the heights of its parts."""
    return float(np.percentile([part.h for part in parts], 75)) if parts else 0.0


def _slant(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> float:
    whole = reduce(union, parts)
    return find_slant(_own_ink(writing, labels, whole))


def _own_ink(writing: TextMap, labels: Labels, part: Part) -> Map:
    """The ink (h, w) of a part alone, about 1 where it is fully dark."""
    window = (slice(part.y, part.bottom), slice(part.x, part.right))
    own = np.isin(labels[window], part.labels)
    return np.where(own, writing.ink[window] / max(part.level, 1e-3), 0).astype(np.float32)


def _cut(
    writing: TextMap, labels: Labels, part: Part, height: float, slant: float
) -> list[tuple[Part, float]]:
    """Cuts a part into pieces, each with the length of ink under the cut on its left.

    Writes their labels into `labels`. A part too narrow for two digits stays whole.
    """
    if part.w < CUT_FROM * part.h or part.w < 0.4 * height or part.h < 0.4 * height:
        return [(part, 0.0)]
    ink = _own_ink(writing, labels, part)
    cuts = find_cuts(ink, slant)
    if not cuts:
        return [(part, 0.0)]
    view = labels[part.y : part.bottom, part.x : part.right]
    side = (np.arange(part.w) >= np.stack(cuts)[:, :, None]).sum(axis=0)
    first = int(labels.max()) + 1
    own = np.isin(view, part.labels)
    view[own] = (side + first)[own]
    met = [0.0, *(float(_along(ink, cut).sum()) / height for cut in cuts)]
    pieces = [make_part(writing, labels, label) for label in range(first, first + len(cuts) + 1)]
    return [(piece, ink) for piece, ink in zip(pieces, met, strict=True) if piece is not None]


def _along(ink: Map, cut: NDArray[np.float64]) -> Map:
    """The ink along a cut, (h,)."""
    columns = np.clip(np.rint(cut).astype(np.int64), 0, ink.shape[1] - 1)
    return np.minimum(ink[np.arange(len(ink)), columns], 1)


def _runs(owned: list[tuple[Part, int, float]], height: float) -> list[Run]:
    runs = []
    for start, (piece, owner, met) in enumerate(owned):
        cut = met if start and owned[start - 1][1] == owner else 0.0
        part, widest = piece, 0.0
        runs.append(Run(start, start + 1, part, cut, widest))
        for stop in range(start + 1, len(owned)):
            after, its_owner, _ = owned[stop]
            gap = max(0, after.x - part.right) / max(height, 1)
            if its_owner != owned[stop - 1][1]:
                widest = max(widest, gap)
            part = union(part, after)
            if part.w > WIDEST * max(height, part.h) or gap > FARTHEST:
                break
            if stop - start < LONGEST_RUN or its_owner == owner:
                runs.append(Run(start, stop + 1, part, cut, widest))
    return runs


def best_path(lattice: Lattice, scores: NDArray[np.float64]) -> list[int]:
    """The indices of the runs that cover each piece once with the highest total score.

    `scores` (runs,) are log-probabilities minus a cost per run. A cost that is too low gives too
    many runs, and one that is too high gives too few.
    """
    count = len(lattice.pieces)
    best = np.full(count + 1, -np.inf)
    best[0] = 0.0
    arrived = np.full(count + 1, -1, np.int64)
    for index in np.argsort([run.start for run in lattice.runs], kind="stable").tolist():
        run = lattice.runs[index]
        total = best[run.start] + scores[index]
        if total > best[run.stop]:
            best[run.stop], arrived[run.stop] = total, index
    path = []
    at = count
    while at > 0:
        path.append(int(arrived[at]))
        at = lattice.runs[arrived[at]].start
    return path[::-1]
