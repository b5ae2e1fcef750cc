"""Bright regions that lines close in: what may be a table's cells, and where they lie together."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, Mask

DRAWN = 0.5  # evidence of what closes a region in
SMALLEST = 7  # pixels; the shorter side of a region, at least
LARGEST = 0.5  # of the map; a larger region is no cell
QUAD = 0.6  # of a region's rectangle that its hull covers, at least; a rhombus has as much
SOLID = 0.6  # of its hull that a region covers, at least
REACH = 6  # pixels from a region across a line to the next
ROOM = 0.7  # of a usual cell's side; room around cells that lie together
WINDOWS = 8  # groups of cells that are looked at, the largest


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a map: its first pixel, its size, and `near` (h, w) of 0 and 1, around the cells.

    `side` is the usual side of a cell, in pixels.
    """

    x: int
    y: int
    near: Mask
    side: float

    def cut(self, evidence: Map) -> Map:
        """The part of a map (H, W) that lies in it, (h, w)."""
        height, width = self.near.shape
        return np.ascontiguousarray(evidence[self.y : self.y + height, self.x : self.x + width])


def find_windows(evidence: Map) -> list[Window]:
    """Where in an evidence map (H, W) regions of a cell's form lie side by side, largest first."""
    contours, sides = _regions(evidence)
    if len(contours) < 2:
        return []
    cells = np.zeros(evidence.shape, np.uint8)
    cv2.drawContours(cells, contours, -1, 1, cv2.FILLED)
    together = cv2.morphologyEx(cells, cv2.MORPH_CLOSE, np.ones((2 * REACH + 1,) * 2, np.uint8))
    _, raw, stats, _ = cv2.connectedComponentsWithStats(together, connectivity=4)
    labels = np.asarray(raw)
    firsts = np.array([contour[0, 0] for contour in contours])
    owner = labels[firsts[:, 1], firsts[:, 0]]
    count = np.bincount(owner, minlength=len(stats))
    size = np.where(count >= 2, stats[:, cv2.CC_STAT_AREA], 0)
    size[0] = 0
    order = [int(i) for i in np.argsort(-size, kind="stable")[:WINDOWS] if size[i] > 0]
    return [_window(labels, i, stats[i], float(np.median(sides[owner == i]))) for i in order]


def _window(
    labels: NDArray[np.int32], number: int, stats: NDArray[np.int32], side: float
) -> Window:
    x, y, w, h = (int(value) for value in stats[:4])
    room = round(ROOM * side) + REACH
    left, top = max(0, x - room), max(0, y - room)
    right, bottom = min(labels.shape[1], x + w + room), min(labels.shape[0], y + h + room)
    own = (labels[top:bottom, left:right] == number).astype(np.uint8)
    near = cv2.dilate(own, np.ones((2 * room + 1,) * 2, np.uint8))
    return Window(left, top, np.asarray(near, np.uint8), side)


def _regions(evidence: Map) -> tuple[list[NDArray[np.int32]], NDArray[np.float64]]:
    """The outlines of regions of a cell's form, and their shorter sides in pixels (N,)."""
    bright = (evidence <= DRAWN).astype(np.uint8)
    found, _ = cv2.findContours(bright, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    chosen, sides = [], []
    for contour in found:
        _, _, w, h = cv2.boundingRect(contour)
        if min(w, h) < SMALLEST or w * h > LARGEST * evidence.size:
            continue
        hull = cv2.convexHull(contour)
        area = cv2.contourArea(hull)
        _, size, _ = cv2.minAreaRect(hull)
        if min(size) >= SMALLEST and (
            area >= QUAD * size[0] * size[1] and cv2.contourArea(contour) >= SOLID * area
        ):
            chosen.append(np.asarray(contour, np.int32))
            sides.append(min(size))
    return chosen, np.array(sides)
