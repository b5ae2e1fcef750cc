"""Finds straight line segments in an evidence map, and the two main directions of a grid."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map

DIRECTION_SIDE = 480  # pixels; longer side at which directions are measured
STRONG = 0.5  # least evidence of a pixel of a line
BINS = 12  # number of directions in 180 degrees
REACH = 14.0  # degrees; half the width of a bin, with overlap
THICKEST = 0.12  # greatest variance across a piece, relative to that along it
SHORTEST = 0.04  # of the longer side; shorter pieces are strokes
FAMILY = 20.0  # degrees; greatest deviation within a family, due to perspective
LEAST_ANGLE = 50.0  # degrees; least angle between the two families of a grid


@dataclass(frozen=True, eq=False)
class Pieces:
    """N straight pieces, in coordinates with the middle at 0 and a longer side of 2.

    `middle` (N, 2), `angle` (N,) radians in [0, pi), `length` (N,).
    """

    middle: NDArray[np.float64]
    angle: NDArray[np.float64]
    length: NDArray[np.float64]

    def take(self, chosen: NDArray[np.bool_]) -> "Pieces":
        """The chosen pieces."""
        return Pieces(self.middle[chosen], self.angle[chosen], self.length[chosen])


def find_pieces(evidence: Map) -> Pieces:
    """The straight pieces of an evidence map (H, W) of at most about 640 pixels per side."""
    height, width = evidence.shape
    scale = 2 / max(height, width)
    angle = _direction(evidence)
    strong = evidence > STRONG
    rows: list[tuple[float, float, float, float]] = []
    for number in range(BINS):
        middle = np.pi * number / BINS
        away = np.abs((angle - middle + np.pi / 2) % np.pi - np.pi / 2)
        mask = (strong & (away < np.radians(REACH))).astype(np.uint8)
        rows += _fit(mask, middle)
    table = np.array(rows, np.float64).reshape(-1, 4)
    long = table[:, 3] > SHORTEST * max(height, width)
    table = table[long]
    middle = (table[:, :2] + 0.5 - np.array([width, height]) / 2) * scale
    return Pieces(middle, table[:, 2], table[:, 3] * scale)


def _direction(evidence: Map) -> Map:
    """The angle (H, W) of the line at each pixel, in radians from 0 to pi."""
    smooth = np.asarray(cv2.GaussianBlur(evidence, (0, 0), 1.2), np.float32)
    gx = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float32)
    gy = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float32)
    window = (0, 0)
    xx = cv2.GaussianBlur(gx * gx, window, 2.5)
    yy = cv2.GaussianBlur(gy * gy, window, 2.5)
    xy = cv2.GaussianBlur(gx * gy, window, 2.5)
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    return np.asarray((across + np.pi / 2) % np.pi, np.float32)


def _fit(mask: NDArray[np.uint8], middle: float) -> list[tuple[float, float, float, float]]:
    """The x, y, angle and length of each connected piece of a mask whose angle is in this bin."""
    count, raw, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    long = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    ys, xs = np.nonzero(raw)
    centres = np.asarray(centres, np.float64)
    owner = np.asarray(raw, np.int64)[ys, xs]
    size = np.maximum(np.bincount(owner, minlength=count), 1)
    dx, dy = xs - centres[owner, 0], ys - centres[owner, 1]
    xx = np.bincount(owner, dx * dx, count) / size
    yy = np.bincount(owner, dy * dy, count) / size
    xy = np.bincount(owner, dx * dy, count) / size
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) % np.pi
    spread = np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    thin = (xx + yy) / 2 - spread < THICKEST * ((xx + yy) / 2 + spread)
    away = np.abs((angle - middle + np.pi / 2) % np.pi - np.pi / 2)
    own = away <= np.pi / BINS / 2 + 1e-9
    chosen = np.flatnonzero(thin & own & (long > 8))
    return [
        (float(centres[i, 0]), float(centres[i, 1]), float(angle[i]), float(long[i]))
        for i in chosen
        if i > 0
    ]


def two_families(pieces: Pieces) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Which pieces are horizontal and which vertical, (N,) each. None if there are no families."""
    if len(pieces.length) < 4:
        return None
    steps = np.arange(0, 180, 3.0)
    angle = np.degrees(pieces.angle)
    away = np.abs((angle[:, None] - steps + 90) % 180 - 90)
    weight = pieces.length @ np.maximum(1 - away / FAMILY, 0)
    apart = np.abs((steps[:, None] - steps + 90) % 180 - 90)
    score = np.sqrt(weight[:, None] * weight)
    score = np.where(apart >= LEAST_ANGLE, score, 0)
    first, second = np.unravel_index(int(score.argmax()), score.shape)
    if score[first, second] <= 0:
        return None
    flat = np.abs((steps + 90) % 180 - 90)
    if flat[first] > flat[second]:
        first, second = second, first
    near, far = away[:, first], away[:, second]
    across = (near < FAMILY) & (near <= far)
    down = (far < FAMILY) & (far < near)
    return (across, down) if across.any() and down.any() else None
