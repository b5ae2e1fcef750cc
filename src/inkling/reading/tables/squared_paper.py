"""Recognises squared paper, which is no table: its lines continue past the outermost crossings."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map

NEAR, FAR = 0.2, 0.35  # of a cell; range past the last crossing in which a line is sought
OUTSIDE = 7.0  # pixels; least start of that range, past the thickness of the crossing line
DEEP = 3.0  # pixels; least length of that range
STEPS = 4  # points to test in the range
DRAWN = 0.35  # least evidence of a line
WANDER = 5  # pixels; window in which the line is sought
MOST = 0.6  # a side continues if more than this fraction of its lines does
SIDES = 3  # least number of sides that continue, or two if the image ends at the others


def is_squared_paper(evidence: Map, corners: NDArray[np.float64]) -> bool:
    """Whether the lines of a grid with crossings (R, C, 2) continue around it in the map (H, W)."""
    known, running = 0, 0
    pooled = np.asarray(cv2.dilate(evidence, np.ones((WANDER, WANDER), np.uint8)), np.float32)
    for side in (corners, corners[::-1], corners.swapaxes(0, 1), corners.swapaxes(0, 1)[::-1]):
        fraction = _fraction_running_on(pooled, side[0, 1:-1], side[1, 1:-1])
        between = _fraction_running_on(pooled, _halfway(side[0]), _halfway(side[1]))
        known += fraction is not None
        # Print and grain around a table also give evidence between its lines.
        running += fraction is not None and fraction - (between or 0) > MOST
    return running >= SIDES or (running >= 2 and running == known)


def _fraction_running_on(
    pooled: Map, last: NDArray[np.float64], before: NDArray[np.float64]
) -> float | None:
    """The fraction of lines that continue past `last` (N, 2). None if that is outside the image."""
    if not len(last):
        return 0.0
    ahead = last - before
    size = np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
    low = np.maximum(NEAR * size, OUTSIDE)
    high = np.maximum(FAR * size, low + DEEP)
    steps = np.linspace(0, 1, STEPS)[:, None, None]
    points = np.rint(last + ahead / size * (low + steps * (high - low))).astype(np.int64)
    x, y = points[..., 0], points[..., 1]
    height, width = pooled.shape
    inside = np.logical_and.reduce((x >= 0) & (y >= 0) & (x < width) & (y < height))
    if inside.mean() < 0.5:
        return None
    drawn = pooled[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] > DRAWN
    return float(np.logical_and.reduce(drawn)[inside].mean())


def _halfway(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The midpoints (N - 1, 2) of neighbouring points (N, 2)."""
    return (points[1:] + points[:-1]) / 2
