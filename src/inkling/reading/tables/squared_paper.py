"""Squared paper is no table: its lines run on past the last ones that cross them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map

NEAR, FAR = 0.2, 0.35  # of a cell; so far past the last crossing line it is looked
OUTSIDE = 7.0  # pixels, at least: past the thickness of that line
DEEP = 3.0  # pixels that are looked at, at least
STEPS = 4
DRAWN = 0.35  # evidence of a line
WANDER = 5  # pixels; the window in which it is sought
MOST = 0.6  # of the lines of a side, which run on
SIDES = 3  # on so many sides, or on two where the image ends at the others


def is_squared_paper(evidence: Map, corners: NDArray[np.float64]) -> bool:
    """Whether lines run on around a grid, its crossings (R, C, 2) in the evidence map (H, W)."""
    known, running = 0, 0
    pooled = np.asarray(cv2.dilate(evidence, np.ones((WANDER, WANDER), np.uint8)), np.float32)
    for side in (corners, corners[::-1], corners.swapaxes(0, 1), corners.swapaxes(0, 1)[::-1]):
        share = _share_running_on(pooled, side[0, 1:-1], side[1, 1:-1])
        between = _share_running_on(pooled, _halfway(side[0]), _halfway(side[1]))
        known += share is not None
        # Print and grain around a table are drawn between its lines too.
        running += share is not None and share - (between or 0) > MOST
    return running >= SIDES or (running >= 2 and running == known)


def _share_running_on(
    pooled: Map, last: NDArray[np.float64], before: NDArray[np.float64]
) -> float | None:
    """The share of lines that go on past their crossings `last` (N, 2); None past the image."""
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
    """The middles between neighbouring points (N, 2): (N - 1, 2)."""
    return (points[1:] + points[:-1]) / 2
