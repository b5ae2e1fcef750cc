"""A line of ink read as a lattice: pieces from left to right, and every run of a few of them.

A run of neighbouring pieces may be a digit: one piece, a broken digit's two, or the whole of what
cuts took apart. The network scores each run, and the path that explains all the ink best wins
(over-segmentation and recognition, as in LeCun, Bottou, Bengio and Haffner, 1998, section 5).
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

LONGEST_RUN = 6  # pieces; but the whole of what was one part is always tried
WIDEST = 1.7  # of the line's height; no digit is wider
FARTHEST = 0.3  # of the line's height; a digit's strokes are no farther apart
CUT_FROM = 0.5  # width over height from which a part may be two digits


@dataclass(frozen=True, eq=False)
class Run:
    """Pieces `start` to `stop` of a line, taken together as one candidate.

    `cut` is the ink that was cut through where it begins, and `gap` the widest space between
    strokes that it joins; both in heights of the line.
    """

    start: int
    stop: int
    part: Part
    cut: float
    gap: float


@dataclass(frozen=True, eq=False)
class Lattice:
    """The pieces of one line of text and the runs among them; `height` is the line's."""

    pieces: tuple[Part, ...]
    runs: tuple[Run, ...]
    height: float


def build_lattice(
    writing: TextMap, labels: Labels, parts: Sequence[Part]
) -> tuple[Lattice, Labels]:
    """The lattice of one line's strokes, and the labels (H, W) with the cuts drawn in."""
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
    """The height of a line's full-grown digits: of the upper quarter of its parts."""
    return float(np.percentile([part.h for part in parts], 75)) if parts else 0.0


def _slant(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> float:
    whole = reduce(union, parts)
    return find_slant(_own_ink(writing, labels, whole))


def _own_ink(writing: TextMap, labels: Labels, part: Part) -> Map:
    """A part's ink alone, (h, w), about 1 where it is fully dark."""
    window = (slice(part.y, part.bottom), slice(part.x, part.right))
    own = np.isin(labels[window], part.labels)
    return np.where(own, writing.ink[window] / max(part.level, 1e-3), 0).astype(np.float32)


def _cut(
    writing: TextMap, labels: Labels, part: Part, height: float, slant: float
) -> list[tuple[Part, float]]:
    """The pieces of a part, each with the ink that was cut through on its left.

    Draws them into `labels`. A part too narrow to be two stays whole.
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
    """The ink under a cut, (h,)."""
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
    """The runs (indices) that cover all pieces once with the highest total score.

    `scores` (runs,) are logarithms of chance, less what each run costs: without that cost, or
    with too high a one, ink would fall apart into many runs or be taken for few.
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
