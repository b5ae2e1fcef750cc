"""Lines of a grid in a flattened map, and which of their pieces between crossings are there."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.chains import along, crest

SHORT = 9  # pixels; evidence is averaged over so much of a level line
SLOPES = (-0.06, 0.0, 0.06)
WANDER = 3  # pixels that a line may leave its smoothed course
SURE = 0.4  # evidence of a piece of line
FAINT = 0.3  # and of one that is expected
FILLED = 0.8  # of an edge, for it to be there
TIP = 0.15  # of an edge, at either end
ENDS = 0.6  # of its tips
WEAK = 0.45  # of an edge of a line that was chosen, for it to be there
EXPECTED = 0.85  # of a faint edge of such a line
STEADY = 0.7  # of a line's edges; where so many are there, a trace of another is enough
TRACE = 0.3  # of such an edge

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of one direction, sorted by position.

    `position` (N,) is each one's mean row, `course` (N, W) its row at each column.
    """

    position: Floats
    course: Floats

    def take(self, chosen: Bools | NDArray[np.int64]) -> "Lines":
        """Some of them."""
        return Lines(self.position[chosen], self.course[chosen])

    def at(self, columns: Floats) -> Floats:
        """Rows (N, M) at some columns (M,)."""
        index = np.clip(np.rint(columns).astype(np.int64), 0, self.course.shape[1] - 1)
        return self.course[:, index]


@dataclass(frozen=True, eq=False)
class Strength:
    """Level pieces of line: averaged evidence, and where there are some, (H, W) each.

    `sure` and `faint` are bool, as wide as a line may wander.
    """

    smooth: Map
    sure: Bools
    faint: Bools


@dataclass(frozen=True, eq=False)
class Rulings:
    """Level lines `v` (R) and upright ones `u` (C), increasing.

    `level` (R, C - 1) says which edges of level lines are there, `upright` (C, R - 1) likewise.
    """

    v: Lines
    u: Lines
    level: Bools
    upright: Bools


def measure(flat: Map) -> Strength:
    """Where there are level pieces of line in a flattened evidence map (H, W)."""
    smooth = along(flat, SHORT, SLOPES)
    pool = np.ones((2 * WANDER + 1, 1), np.uint8)
    crests = [crest(smooth, least) for least in (SURE, FAINT)]
    sure, faint = (np.asarray(cv2.dilate(one, pool)).astype(bool) for one in crests)
    return Strength(smooth, sure, faint)


def present(lines: Lines, across: Lines, strength: Strength) -> Bools:
    """Which edges (N, M - 1) of chosen lines are there, broken or faint ones too."""
    sure, faint = filled(lines, across, strength.sure), filled(lines, across, strength.faint)
    tips = np.minimum(
        filled(lines, across, strength.faint, (0, TIP)),
        filled(lines, across, strength.faint, (1 - TIP, 1)),
    )
    there = (sure >= FILLED) | ((sure >= WEAK) & (tips >= ENDS)) | (faint >= EXPECTED)
    steady = there.mean(axis=1, keepdims=True) >= STEADY
    return there | (steady & (faint >= TRACE))


def close(edges: tuple[Bools, Bools], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
    """Marks the edges, level and upright, around cells that are known to be closed in.

    `rows` (2, N) are the lines above and below each cell, `columns` those left and right of it.
    """
    level, upright = edges
    for top, bottom, left, right in zip(*rows.tolist(), *columns.tolist(), strict=True):
        if min(top, bottom, left, right) >= 0:
            level[top, left:right] = level[bottom, left:right] = True
            upright[left, top:bottom] = upright[right, top:bottom] = True


def filled(
    lines: Lines, across: Lines, strength: Bools, part: tuple[float, float] = (0, 1)
) -> Floats:
    """How much of each edge (N, M - 1), or of a `part` of it, is there: 0 to 1."""
    height, width = strength.shape
    rows = np.clip(np.rint(lines.course).astype(np.int64), 0, height - 1)
    total = np.zeros((len(rows), width + 1))
    np.cumsum(strength[rows, np.arange(width)], axis=1, dtype=np.float64, out=total[:, 1:])
    bound = across.at(lines.position).T  # (N, M): where the lines across cross these
    bound = np.clip(np.rint(bound).astype(np.int64), 0, width)
    length = np.diff(bound, axis=1)
    margin = np.clip(length // 4, 0, 3)
    inner = np.maximum(length - 2 * margin, 1)
    low = bound[:, :-1] + margin + np.floor(part[0] * inner).astype(np.int64)
    high = bound[:, :-1] + margin + np.ceil(part[1] * inner).astype(np.int64)
    low = np.minimum(low, width - 1)
    high = np.clip(high, low + 1, width)
    each = np.arange(len(rows))[:, None]
    return (total[each, high] - total[each, low]) / (high - low)
