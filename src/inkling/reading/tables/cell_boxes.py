"""Finds closed cells in a flattened evidence map, and groups the cells of one grid."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map

LEVELS = (0.4, 0.25)  # thresholds of the evidence for the lines around a cell
CLEAR = 0.3  # least fraction of a grid's cells that are closed at the first threshold
MOST = 4000  # cells; if there are more, only those of the first threshold are used
SMALLEST = 5.0  # pixels; least shorter side of a cell
SMALL = 0.25  # least shorter side of a cell, relative to the usual one
SOLID = 0.55  # least fraction of its box that a cell fills; a digit may touch its frame
STRAIGHT = 0.85  # least median of that fraction in a grid; circles fill 0.79
ACROSS = 18  # pixels; greatest gap between two cells on both sides of a line
THICK = 0.6  # of the smaller cell's side; the same limit for small cells
MISSING = (0.85, 1.35)  # cell sides; gap between pieces of a grid with one row missing
CHUNK = 512  # number of cells that are compared with all others at a time
ALIGNED = 4.0  # pixels, or a tenth of a side; tolerance for aligned ends of neighbours
SHARED = 0.5  # of the shorter side; least overlap of the facing sides of neighbours

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Upright boxes of cells: first and last column and row, (N,) each.

    `filled` (N,) is the fraction of its box that each cell fills. `sure` (N,) is 1 for cells that
    are closed at the first threshold, else 0.
    """

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats
    filled: Floats
    sure: Floats

    def take(self, chosen: NDArray[np.bool_]) -> "Boxes":
        """The chosen boxes."""
        return Boxes(
            self.left[chosen], self.right[chosen], self.top[chosen], self.bottom[chosen],
            self.filled[chosen], self.sure[chosen],
        )  # fmt: skip

    @property
    def turned(self) -> "Boxes":
        """Rows and columns exchanged."""
        return Boxes(self.top, self.bottom, self.left, self.right, self.filled, self.sure)


def join(parts: list[Boxes]) -> Boxes:
    """Concatenates several sets of boxes."""
    fields = zip(
        *((p.left, p.right, p.top, p.bottom, p.filled, p.sure) for p in parts), strict=True
    )
    return Boxes(*(np.concatenate(field) for field in fields))


def find_cells(flat: Map, side: float) -> list[Boxes]:
    """The cells of each grid in a flattened evidence map (H, W), the grid with most cells first.

    `side` is the approximate shorter side of a cell in pixels. A cell with faint lines is closed
    only at the lower threshold, and one with a stroke near its frame only at the higher one. A cell
    may occur once for each.
    """
    least = max(SMALLEST, SMALL * side)
    levels = [_boxes(flat, level, least) for level in LEVELS]
    boxes = join(levels) if sum(len(one.left) for one in levels) <= MOST else levels[0]
    if len(boxes.left) < 2:
        return []
    label = _components(len(boxes.left), [*neighbours(boxes), *neighbours(boxes.turned)])
    sizes = np.bincount(label)
    groups = _continued([boxes.take(label == number) for number in np.flatnonzero(sizes > 1)])
    chosen = [
        one
        for one in groups
        if np.median(one.filled) >= STRAIGHT and one.sure.sum() >= max(2, CLEAR * len(one.sure))
    ]
    return sorted(chosen, key=lambda one: -len(one.left))


def _continued(groups: list[Boxes]) -> list[Boxes]:
    """Joins groups of cells that are pieces of one grid with one row missing between them."""
    groups = sorted(groups, key=lambda one: -len(one.left))
    for number, one in enumerate(groups):
        for other in groups[number + 1 :]:
            if _continues(one, other) or _continues(one.turned, other.turned):
                rest = [own for own in groups if own is not one and own is not other]
                return _continued([join([one, other]), *rest])
    return groups


def _continues(one: Boxes, other: Boxes) -> bool:
    """Whether a group is above or below another of the same width, about one row away."""
    if len(other.left) < 2:
        return False
    cell = float(np.median(one.bottom - one.top))
    if abs(float(np.median(other.bottom - other.top)) - cell) > 0.1 * cell:
        return False
    ends = (one.left.min() - other.left.min(), one.right.max() - other.right.max())
    gap = max(other.top.min() - one.bottom.max(), one.top.min() - other.bottom.max())
    return max(map(abs, ends)) <= ALIGNED and MISSING[0] * cell <= gap <= MISSING[1] * cell


def _boxes(flat: Map, level: float, least: float) -> Boxes:
    bright = (flat <= level).astype(np.uint8)
    # 4-connectivity, so that regions do not leak through the diagonal steps of a line.
    _, raw, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    x, y, w, h, area = (stats[:, k].astype(np.float64) for k in range(5))
    height, width = flat.shape
    inside = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    chosen = inside & (np.minimum(w, h) >= least) & (area > 0.1 * w * h)
    chosen[0] = False
    labels = np.asarray(raw)
    rows = []
    for i in np.flatnonzero(chosen).tolist():
        a, b, c, d = (int(v) for v in stats[i, :4])
        own = (labels[b : b + d, a : a + c] == i).astype(np.uint8)
        contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        # A contour runs through the centres of pixels, half a pixel inside on every side.
        outline = max(contours, key=cv2.contourArea)
        whole = cv2.contourArea(cv2.convexHull(outline)) / max((c - 1) * (d - 1), 1)
        if whole >= SOLID:
            rows.append((a, a + c - 1, b, b + d - 1, whole, level == LEVELS[0]))
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Boxes(*table.T)


def neighbours(boxes: Boxes) -> list[tuple[int, int]]:
    """Pairs of boxes with the second directly right of the first, separated by one line."""
    pairs = []
    tall, wide = boxes.bottom - boxes.top, boxes.right - boxes.left
    for start in range(0, len(tall), CHUNK):
        part = slice(start, start + CHUNK)
        gap = boxes.left[None] - boxes.right[part, None]
        most = np.minimum(ACROSS, THICK * np.minimum(wide, wide[part, None]))
        near = (gap > 0) & (gap <= most)
        low = np.maximum(boxes.top[None], boxes.top[part, None])
        high = np.minimum(boxes.bottom[None], boxes.bottom[part, None])
        near &= high - low >= SHARED * np.minimum(tall, tall[part, None])
        one, other = np.nonzero(near)
        pairs += list(zip((one + start).tolist(), other.tolist(), strict=True))
    return _explained(boxes, pairs)


def _explained(boxes: Boxes, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs whose cells have an aligned end, and of which one cell is aligned at both ends.

    This connects a merged cell with the cells that it spans, but not two grids side by side.
    """
    if not pairs:
        return []
    table = np.array(pairs)
    shorter = (boxes.bottom - boxes.top)[table].min(axis=1)
    most = np.maximum(ALIGNED, shorter / 10)
    high = np.abs(np.diff(boxes.top[table], axis=1)[:, 0]) <= most
    low = np.abs(np.diff(boxes.bottom[table], axis=1)[:, 0]) <= most
    whole = np.zeros(len(table), bool)
    for place in (0, 1):  # first and second of each pair
        cells = table[:, place]
        both = np.isin(cells, cells[high]) & np.isin(cells, cells[low])
        whole |= both
    return [(int(a), int(b)) for a, b in table[(high | low) & whole]]


def _components(count: int, pairs: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Labels (N,) of the components that the pairs connect, from 0."""
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, other in pairs:
        parent[root(one)] = root(other)
    return np.unique([root(item) for item in range(count)], return_inverse=True)[1]
