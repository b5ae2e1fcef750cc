"""A line of ink read as a lattice: pieces from left to right, and every run of a few of them.

A run of neighbouring pieces may be a digit: one piece, a broken digit's two, or the whole of what
cuts took apart. The network scores each run, and the path that explains all the ink best wins
(over-segmentation and recognition, as in LeCun, Bottou, Bengio and Haffner, 1998, section 5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.reading.cuts import find_cuts
from inkling.reading.light import Light
from inkling.reading.segment import Part, make_part, union

LONGEST_RUN = 4  # pieces
WIDEST = 1.7  # of the line's height; no digit is wider
FARTHEST = 0.3  # of the line's height; a digit's strokes are no farther apart
CUT_FROM = 0.5  # width over height from which a part may be two digits


@dataclass(frozen=True, eq=False)
class Run:
    """Pieces `start` to `stop` of a line, taken together as one candidate."""

    start: int
    stop: int
    part: Part


@dataclass(frozen=True, eq=False)
class Lattice:
    """The pieces of one line of text and the runs among them; `height` is the line's."""

    pieces: tuple[Part, ...]
    runs: tuple[Run, ...]
    height: float


def build_lattice(
    light: Light, labels: NDArray[np.int32], parts: list[Part]
) -> tuple[Lattice, NDArray[np.int32]]:
    """The lattice of one line's strokes, and the labels (H, W) with the cuts drawn in."""
    labels = labels.copy()
    height = line_height(parts)
    pieces: list[Part] = []
    for part in parts:
        pieces += _cut(light, labels, part, height)
    pieces.sort(key=lambda piece: piece.x + piece.w / 2)
    return Lattice(tuple(pieces), tuple(_runs(pieces, height)), height), labels


def line_height(parts: list[Part]) -> float:
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


def _runs(pieces: list[Part], height: float) -> list[Run]:
    runs = []
    for start, piece in enumerate(pieces):
        part = piece
        runs.append(Run(start, start + 1, part))
        for stop in range(start + 1, min(start + LONGEST_RUN, len(pieces))):
            gap = pieces[stop].x - (part.x + part.w)
            part = union(part, pieces[stop])
            if part.w > WIDEST * max(height, part.h) or gap > FARTHEST * height:
                break
            runs.append(Run(start, stop + 1, part))
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
        total = best[run.start] + scores[index] * (run.stop - run.start)
        if total > best[run.stop]:
            best[run.stop], arrived[run.stop] = total, index
    path = []
    at = count
    while at > 0:
        path.append(int(arrived[at]))
        at = lattice.runs[arrived[at]].start
    return path[::-1]
