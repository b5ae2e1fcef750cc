"""Lines of a grid in a flattened map, and which of their edges between crossings exist."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.chains import along, crest

SHORT = 9  # pixels; window along a line in which evidence is averaged
SLOPES = (-0.06, 0.0, 0.06)
WANDER = 3  # pixels; greatest distance of a line from its smoothed course
SURE = 0.4  # threshold of strong evidence
FAINT = 0.3  # threshold of faint evidence
FILLED = 0.8  # least fraction of an edge with strong evidence
TIP = 0.15  # length of each tip of an edge, as a fraction
ENDS = 0.6  # least fraction of both tips with faint evidence for an edge with a gap ...
WEAK = 0.45  # ... and least fraction of strong evidence for it
EXPECTED = 0.85  # least fraction of an edge with faint evidence only
STEADY = 0.7  # if this fraction of a line's edges exists, a trace of another one is enough
TRACE = 0.3  # least fraction of such an edge with faint evidence

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of one direction, sorted by position.

    `position` (N,) is the mean row of each line, `course` (N, W) its row at each column.
    """

    position: Floats
    course: Floats

    def take(self, chosen: Bools | NDArray[np.int64]) -> "Lines":
        """The chosen lines."""
        return Lines(self.position[chosen], self.course[chosen])

    def at(self, columns: Floats) -> Floats:
        """The rows (N, M) of the lines at columns (M,)."""
        index = np.clip(np.rint(columns).astype(np.int64), 0, self.course.shape[1] - 1)
        return self.course[:, index]


@dataclass(frozen=True, eq=False)
class Strength:
    """Averaged evidence for horizontal lines, and masks of strong and faint lines, (H, W) each.

    The masks are as wide as a line may wander.
    """

    smooth: Map
    sure: Bools
    faint: Bools


@dataclass(frozen=True, eq=False)
class Rulings:
    """R horizontal lines `v` and C vertical lines `u`, in increasing order.

    `level` (R, C - 1) tells which edges of the horizontal lines exist, `upright` (C, R - 1) which
    of the vertical lines.
    """

    v: Lines
    u: Lines
    level: Bools
    upright: Bools


def measure(flat: Map) -> Strength:
    """Measures horizontal lines in a flattened evidence map (H, W)."""
    smooth = along(flat, SHORT, SLOPES)
    pool = np.ones((2 * WANDER + 1, 1), np.uint8)
    crests = [crest(smooth, least) for least in (SURE, FAINT)]
    sure, faint = (np.asarray(cv2.dilate(one, pool)).astype(bool) for one in crests)
    return Strength(smooth, sure, faint)


def present(lines: Lines, across: Lines, strength: Strength) -> Bools:
    """Which edges (N, M - 1) of the lines exist, including broken and faint ones."""
    sure, faint = filled(lines, across, strength.sure), filled(lines, across, strength.faint)
    tips = np.minimum(
        filled(lines, across, strength.faint, (0, TIP)),
        filled(lines, across, strength.faint, (1 - TIP, 1)),
    )
    there = (sure >= FILLED) | ((sure >= WEAK) & (tips >= ENDS)) | (faint >= EXPECTED)
    steady = there.mean(axis=1, keepdims=True) >= STEADY
    return there | (steady & (faint >= TRACE))


def close(edges: tuple[Bools, Bools], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
    """Sets the edges around cells that are known to be closed.

    `rows` (2, N) are the lines above and below each cell, `columns` those to its left and right.
    """
    level, upright = edges
    for top, bottom, left, right in zip(*rows.tolist(), *columns.tolist(), strict=True):
        if min(top, bottom, left, right) >= 0:
            level[top, left:right] = level[bottom, left:right] = True
            upright[left, top:bottom] = upright[right, top:bottom] = True


def filled(
    lines: Lines, across: Lines, strength: Bools, part: tuple[float, float] = (0, 1)
) -> Floats:
    """The fraction (N, M - 1) of each edge, or of a `part` of it, that the mask covers."""
    height, width = strength.shape
    rows = np.clip(np.rint(lines.course).astype(np.int64), 0, height - 1)
    total = np.zeros((len(rows), width + 1))
    np.cumsum(strength[rows, np.arange(width)], axis=1, dtype=np.float64, out=total[:, 1:])
    bound = across.at(lines.position).T  # (N, M): where the other lines cross these
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
