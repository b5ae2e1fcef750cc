"""A line of ink read as a lattice: pieces from left to right, and every run of a few of them.

A run of neighbouring pieces may be a digit: one piece, a broken digit's two, or the whole of what
cuts took apart. The network scores each run, and the path that explains all the ink best wins
(over-segmentation and recognition, as in LeCun, Bottou, Bengio and Haffner, 1998, section 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.reading.cuts import find_cuts
from inkling.reading.light import Light
from inkling.reading.segment import Part, make_part, union

LONGEST_RUN = 4  # pieces; but the whole of what was one part is always tried
CUT = 1.2  # what a boundary through ink costs, as a logarithm of chance
GAP = 2.0  # what joining strokes costs, for a gap as wide as the line is high
WIDEST = 1.7  # of the line's height; no digit is wider
FARTHEST = 0.3  # of the line's height; a digit's strokes are no farther apart
CUT_FROM = 0.5  # width over height from which a part may be two digits


@dataclass(frozen=True, eq=False)
class Run:
    """Pieces `start` to `stop` of a line, taken together as one candidate.

    `cost` is what speaks against it before the network has seen it: it begins at a cut through
    ink, or bridges a gap.
    """

    start: int
    stop: int
    part: Part
    cost: float


@dataclass(frozen=True, eq=False)
class Lattice:
    """The pieces of one line of text and the runs among them; `height` is the line's."""

    pieces: tuple[Part, ...]
    runs: tuple[Run, ...]
    height: float


def build_lattice(
    light: Light, labels: NDArray[np.int32], parts: Sequence[Part]
) -> tuple[Lattice, NDArray[np.int32]]:
    """The lattice of one line's strokes, and the labels (H, W) with the cuts drawn in."""
    labels = labels.copy()
    height = line_height(parts)
    owned: list[tuple[Part, int]] = []
    for owner, part in enumerate(parts):
        owned += [(piece, owner) for piece in _cut(light, labels, part, height)]
    owned.sort(key=lambda pair: pair[0].x + pair[0].w / 2)
    pieces = [piece for piece, _ in owned]
    runs = _runs(pieces, [owner for _, owner in owned], height)
    return Lattice(tuple(pieces), tuple(runs), height), labels


def line_height(parts: Sequence[Part]) -> float:
    """The height of a line's full-grown digits: of the upper quarter of its parts."""
    return float(np.percentile([part.h for part in parts], 75)) if parts else 0.0


def _cut(light: Light, labels: NDArray[np.int32], part: Part, height: float) -> list[Part]:
    """The pieces of a part; draws them into `labels`. A part too narrow to be two stays whole."""
    if part.w < CUT_FROM * part.h or part.w < 0.4 * height or part.h < 0.4 * height:
        return [part]
    window = (slice(part.y, part.y + part.h), slice(part.x, part.x + part.w))
    own = np.isin(labels[window], part.labels)
    cuts = find_cuts(light.ink[window] / max(part.level, 1e-3) * own)
    if not cuts:
        return [part]
    columns = np.arange(part.w)
    side = sum((columns[None, :] >= cut[:, None]).astype(np.int32) for cut in cuts)
    first = int(labels.max()) + 1
    view = labels[window]
    view[own] = (side + first)[own]
    pieces = [make_part(light, labels, label) for label in range(first, first + len(cuts) + 1)]
    return [piece for piece in pieces if piece is not None]


def _runs(pieces: list[Part], owners: list[int], height: float) -> list[Run]:
    runs = []
    for start, piece in enumerate(pieces):
        part = piece
        cost = CUT if start and owners[start - 1] == owners[start] else 0.0
        runs.append(Run(start, start + 1, part, cost))
        for stop in range(start + 1, len(pieces)):
            gap = max(0, pieces[stop].x - part.right) / max(height, 1)
            if owners[stop] != owners[stop - 1]:
                cost += GAP * gap
            part = union(part, pieces[stop])
            whole = owners[start] == owners[stop]
            if part.w > WIDEST * max(height, part.h) or gap > FARTHEST:
                break
            if stop - start < LONGEST_RUN or whole:
                runs.append(Run(start, stop + 1, part, cost))
    return runs


def best_path(lattice: Lattice, scores: NDArray[np.float64]) -> list[int]:
    """The runs (indices) that cover all pieces once with the highest total score.

    `scores` (runs,) are logarithms of how well each run explains its ink, not yet weighted; each
    counts by the number of its pieces, or paths of few runs would always win.
    """
    count = len(lattice.pieces)
    best = np.full(count + 1, -np.inf)
    best[0] = 0.0
    arrived = np.full(count + 1, -1, np.int64)
    for index in np.argsort([run.start for run in lattice.runs], kind="stable"):
        run = lattice.runs[index]
        total = best[run.start] + scores[index] * (run.stop - run.start) - run.cost
        if total > best[run.stop]:
            best[run.stop], arrived[run.stop] = total, index
    path = []
    at = count
    while at > 0:
        path.append(int(arrived[at]))
        at = lattice.runs[arrived[at]].start
    return path[::-1]
