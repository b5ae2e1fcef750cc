"""Finds closed regions in an evidence map that may be cells of a table, and groups them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, Mask

DRAWN = 0.5  # threshold of the evidence for a line
SMALLEST = 7  # pixels; least shorter side of a region
LARGEST = 0.5  # of the map; greatest area of a region
QUAD = 0.6  # least fraction of a region's rectangle that its hull covers, as in a rhombus
SOLID = 0.6  # least fraction of its hull that a region covers
OPEN = 0.25  # of the hull of a grid's lines; least area of its holes
COVERED = 0.15  # of a region; if cells of another map cover more of it, it is the sheet around them
RECTANGLE = 0.82  # of its smallest rectangle; least area of a usual hole: a circle has 0.79
REACH = 6  # pixels; greatest distance of two neighbouring regions
ROOM = 0.7  # of a cell's side; margin around a group in which its lines are found
APART = 2.0  # of a cell's side; greatest gap between pieces of one grid
AROUND = 1.6  # of a cell's side; margin in which more cells are sought
ALIKE = 1.6  # greatest ratio of the sides of cells in one grid
PARTS = 200  # greatest number of pieces of grids, largest first
WINDOWS = 8  # greatest number of groups of cells, largest first


@dataclass(frozen=True, eq=False)
class Window:
    """A window of a map: its first pixel, and `near` (h, w), the mask of the area around its cells.

    `side` is the usual side of a cell in pixels.
    """

    x: int
    y: int
    near: Mask
    side: float

    def cut(self, evidence: Map) -> Map:
        """Cuts the window (h, w) out of a map (H, W)."""
        height, width = self.near.shape
        return np.ascontiguousarray(evidence[self.y : self.y + height, self.x : self.x + width])


def find_windows(*evidence: Map) -> list[Window]:
    """Finds windows of evidence maps (H, W) with groups of cell-shaped regions, largest first.

    A map of fine lines closes small cells with strokes near their frames. A map of broad lines
    closes the cells of a photo that is out of focus.
    """
    found = [_regions(one) for one in evidence]
    contours, sides = _without_sheets(
        [contour for own, _ in found for contour in own],
        np.concatenate([own for _, own in found]),
    )
    if len(contours) < 2:
        return []
    cells = np.zeros(evidence[0].shape, np.uint8)
    cv2.drawContours(cells, contours, -1, 1, cv2.FILLED)
    together = cv2.morphologyEx(cells, cv2.MORPH_CLOSE, np.ones((2 * REACH + 1,) * 2, np.uint8))
    _, raw, raw_stats, _ = cv2.connectedComponentsWithStats(together, connectivity=4)
    labels, stats = np.asarray(raw, np.int32), np.asarray(raw_stats, np.int32)
    firsts = np.array([contour[0, 0] for contour in contours])
    owner = labels[firsts[:, 1], firsts[:, 0]]
    count = np.bincount(owner, minlength=len(stats))
    usual = [float(np.median(sides[owner == i])) if count[i] else 0.0 for i in range(len(stats))]
    groups = [own for own in _together(stats, usual) if count[own].sum() >= 2]
    groups.sort(key=lambda own: -int(stats[own, cv2.CC_STAT_AREA].sum()))
    return [
        _window(labels, own, stats[own], float(np.median(sides[np.isin(owner, own)])))
        for own in groups[:WINDOWS]
    ]


def _without_sheets(
    contours: list[NDArray[np.int32]], sides: NDArray[np.float64]
) -> tuple[list[NDArray[np.int32]], NDArray[np.float64]]:
    """Removes the regions that hold a grid of others: one map may close a sheet, one its cells."""
    areas = np.array([cv2.contourArea(contour) for contour in contours])
    square = np.array([_box_area(contour) for contour in contours]) * RECTANGLE < areas
    firsts = np.array([contour[0, 0] for contour in contours]).reshape(-1, 2)
    kept = []
    for index, contour in enumerate(contours):
        x, y, w, h = cv2.boundingRect(contour)
        near = ((firsts > (x, y)) & (firsts < (x + w, y + h))).all(axis=1)
        near &= square & (areas < areas[index] / 2)
        cells = [
            k
            for k in np.flatnonzero(near).tolist()
            if cv2.pointPolygonTest(contour, firsts[k].tolist(), False) > 0
        ]
        if len(cells) < 2 or areas[cells].sum() < COVERED * areas[index]:
            kept.append(index)
    return [contours[index] for index in kept], sides[kept]


def _together(stats: NDArray[np.int32], usual: list[float]) -> list[list[int]]:
    """Groups of parts with cells of about one size, close together: one grid's pieces."""
    parts = [i for i in range(1, len(stats)) if usual[i] > 0]
    parts.sort(key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    groups: list[list[int]] = []
    for i in parts[:PARTS]:
        close = [own for own in groups if any(_beside(stats, usual, i, j) for j in own)]
        groups = [own for own in groups if own not in close]
        groups.append([i, *(j for own in close for j in own)])
    return groups


def _beside(stats: NDArray[np.int32], usual: list[float], one: int, other: int) -> bool:
    if max(usual[one], usual[other]) > ALIKE * min(usual[one], usual[other]):
        return False
    room = APART * min(usual[one], usual[other])
    low = np.maximum(stats[one, :2], stats[other, :2])
    high = np.minimum(stats[one, :2] + stats[one, 2:4], stats[other, :2] + stats[other, 2:4])
    return bool((low - high < room).all())


def _window(
    labels: NDArray[np.int32], numbers: list[int], stats: NDArray[np.int32], side: float
) -> Window:
    room, around = round(ROOM * side) + REACH, round(AROUND * side) + REACH
    x, y = (int(value) for value in stats[:, :2].min(axis=0) - around)
    right, bottom = (int(value) for value in (stats[:, :2] + stats[:, 2:4]).max(axis=0) + around)
    left, top = max(0, x), max(0, y)
    right, bottom = min(labels.shape[1], right), min(labels.shape[0], bottom)
    own = np.isin(labels[top:bottom, left:right], numbers).astype(np.uint8)
    near = cv2.dilate(own, np.ones((2 * room + 1,) * 2, np.uint8))
    return Window(left, top, np.asarray(near, np.uint8), side)


def _regions(evidence: Map) -> tuple[list[NDArray[np.int32]], NDArray[np.float64]]:
    """The contours of cell-shaped regions, and their shorter sides in pixels (N,)."""
    bright = (evidence <= DRAWN).astype(np.uint8)
    found, raw = cv2.findContours(bright, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    chosen: dict[int, NDArray[np.int32]] = {}
    sides = []
    parents = np.asarray(raw, np.int64).reshape(-1, 4)[:, 3].tolist()
    sheets = _regions_with_grids([np.asarray(each, np.int32) for each in found], parents)
    for number in _outermost_first(parents):
        contour = np.asarray(found[number], np.int32)
        ink = parents[number]
        # A region inside a cell is the hole of a 0 or an 8.
        if number in sheets or (ink >= 0 and parents[ink] in chosen):
            continue
        side = _side_of_cell(contour, LARGEST * evidence.size)
        if side is not None:
            chosen[number] = contour
            sides.append(side)
    return list(chosen.values()), np.array(sides)


def _regions_with_grids(found: list[NDArray[np.int32]], parents: list[int]) -> set[int]:
    """The indices of regions around a grid, such as a sheet on a desk, by their contours.

    The lines of a grid are thin: most of their hull is holes, and these are rectangles.
    """
    holes: dict[int, list[int]] = {}
    for number, parent in enumerate(parents):
        holes.setdefault(parent, []).append(number)
    return {
        parents[ink]
        for ink, own in holes.items()
        if ink >= 0 and parents[ink] >= 0 and len(own) >= 2 and _is_grid(found, ink, own)
    }


def _is_grid(found: list[NDArray[np.int32]], ink: int, holes: list[int]) -> bool:
    areas = np.array([cv2.contourArea(found[hole]) for hole in holes])
    cells = [hole for hole, area in zip(holes, areas.tolist(), strict=True) if area > SMALLEST**2]
    if len(cells) < 2 or areas.sum() < OPEN * cv2.contourArea(cv2.convexHull(found[ink])):
        return False
    filled = [cv2.contourArea(found[k]) / max(_box_area(found[k]), 1.0) for k in cells]
    return float(np.median(filled)) > RECTANGLE


def _box_area(contour: NDArray[np.int32]) -> float:
    """The area of the smallest rectangle around a contour, at any angle."""
    _, (w, h), _ = cv2.minAreaRect(contour)
    return float(w * h)


def _outermost_first(parents: list[int]) -> list[int]:
    """The indices of the contours of bright regions, outer ones first. Excludes those of ink."""
    depth: dict[int, int] = {-1: -1}
    for number in range(len(parents)):
        chain, outer = [], number
        while outer not in depth:
            chain.append(outer)
            outer = parents[outer]
        for item in reversed(chain):
            depth[item] = depth[parents[item]] + 1
    return sorted((n for n in range(len(parents)) if depth[n] % 2 == 0), key=depth.__getitem__)


def _side_of_cell(contour: NDArray[np.int32], largest: float) -> float | None:
    """The shorter side of a region in pixels, or None if it does not have the shape of a cell."""
    _, _, w, h = cv2.boundingRect(contour)
    if min(w, h) < SMALLEST or w * h > largest:
        return None
    hull = cv2.convexHull(contour)
    area = cv2.contourArea(hull)
    _, size, _ = cv2.minAreaRect(hull)
    formed = area >= QUAD * size[0] * size[1] and cv2.contourArea(contour) >= SOLID * area
    return float(min(size)) if formed and min(size) >= SMALLEST else None
