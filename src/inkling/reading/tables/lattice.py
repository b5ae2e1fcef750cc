"""The lines of a grid in a flattened map, from the cells that it closes in.

A line is what cells on both its sides share. A stroke of a digit, a headline or the page's frame
closes no cells in a row, so nothing needs to be known about them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, Mask
from inkling.reading.tables.rulings import Lines

DRAWN = 0.4  # evidence of what closes cells in
SMALLEST = 5.0  # pixels; the shorter side of a cell, at least
SMALL = 0.25  # of the usual cell's side; what is smaller is no cell
SOLID = 0.55  # of its box that a cell fills, at least; a digit may touch its frame
STRAIGHT = 0.85  # of their boxes that the cells of a grid fill, at the median; circles fill 0.79
ACROSS = 18  # pixels between two cells on both sides of a line, at most
THICK = 0.6  # of the smaller cell's side, likewise
SHARED = 0.5  # of the shorter of two sides, along which they must lie opposite each other
APART = 0.3  # of a small cell's side; sides nearer to each other are of one line
SHORTEST = 0.2  # of a grid's width that a line bounds, at least; a stroke may split a cell
TRACE = 4  # pixels that a line is sought from where it should be
SMOOTH = 31  # pixels over which its course is smoothed

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Upright boxes of cells: first and last column and row, (N,) each, and `filled` (N,)."""

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats
    filled: Floats

    def take(self, chosen: NDArray[np.bool_]) -> "Boxes":
        """Some of them."""
        return Boxes(
            self.left[chosen], self.right[chosen], self.top[chosen], self.bottom[chosen],
            self.filled[chosen],
        )  # fmt: skip

    @property
    def turned(self) -> "Boxes":
        """Rows and columns exchanged."""
        return Boxes(self.top, self.bottom, self.left, self.right, self.filled)


def find_cells(flat: Map, side: float) -> list[Boxes]:
    """The cells (N,) of each grid in a flattened evidence map (H, W), most cells first.

    `side` is about how long the shorter side of a cell is, in pixels.
    """
    boxes = _boxes((flat > DRAWN).astype(np.uint8), max(SMALLEST, SMALL * side))
    if len(boxes.left) < 2:
        return []
    beside = _neighbours(boxes) | _neighbours(boxes.turned)
    label = _components(beside | beside.T)
    groups = [boxes.take(label == number) for number in range(int(label.max()) + 1)]
    chosen = [one for one in groups if len(one.left) > 1 and np.median(one.filled) >= STRAIGHT]
    return sorted(chosen, key=lambda one: -len(one.left))


def _boxes(drawn: Mask, least: float) -> Boxes:
    bright = (drawn == 0).astype(np.uint8)
    # Not to leak through a diagonal step of a line, regions hang together by sides only.
    count, raw, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    x, y, w, h, area = (stats[:, k].astype(np.float64) for k in range(5))
    height, width = drawn.shape
    inside = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    chosen = inside & (np.minimum(w, h) >= least) & (area > 0.1 * w * h)
    chosen[0] = False
    labels = np.asarray(raw)
    rows = []
    for i in np.flatnonzero(chosen).tolist():
        a, b, c, d = (int(v) for v in stats[i, :4])
        own = (labels[b : b + d, a : a + c] == i).astype(np.uint8)
        contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        # An outline runs through the middles of pixels: half a pixel inside on every side.
        outline = max(contours, key=cv2.contourArea)
        whole = cv2.contourArea(cv2.convexHull(outline)) / max((c - 1) * (d - 1), 1)
        if whole >= SOLID:
            rows.append((a, a + c - 1, b, b + d - 1, whole))
    table = np.array(rows, np.float64).reshape(-1, 5)
    return Boxes(*table.T)


def _neighbours(boxes: Boxes) -> NDArray[np.bool_]:
    """Whether box j lies just right of box i, one line between them, (N, N)."""
    gap = boxes.left[None] - boxes.right[:, None]
    low = np.maximum(boxes.top[None], boxes.top[:, None])
    high = np.minimum(boxes.bottom[None], boxes.bottom[:, None])
    tall, wide = boxes.bottom - boxes.top, boxes.right - boxes.left
    most = np.minimum(ACROSS, THICK * np.minimum(wide, wide[:, None]))
    return (gap > 0) & (gap <= most) & (high - low >= SHARED * np.minimum(tall, tall[:, None]))


def _components(graph: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Labels (N,) of the connected parts of a graph (N, N)."""
    label = np.full(len(graph), -1, np.int64)
    number = 0
    for first in range(len(graph)):
        if label[first] >= 0:
            continue
        front = np.array([first])
        while len(front):
            label[front] = number
            front = np.flatnonzero(graph[front].any(axis=0) & (label < 0))
        number += 1
    return label


def level_lines(cells: Boxes, smooth: Map) -> Lines:
    """The level lines of a grid's cells, each followed along its crest in `smooth` (H, W)."""
    half = _half_thickness(cells)
    sides = np.concatenate([cells.top - half, cells.bottom + half])
    least = float(np.quantile(cells.bottom - cells.top, 0.1)) + 2 * half
    order = np.argsort(sides)
    number = np.zeros(len(sides), np.int64)
    number[order[1:]] = np.cumsum(np.diff(sides[order]) > max(APART * least, 2.0))
    count = np.bincount(number)
    position = np.bincount(number, sides) / count
    left, right = np.tile(cells.left, 2), np.tile(cells.right, 2)
    start = np.full(len(position), np.inf)
    stop = np.zeros(len(position))
    np.minimum.at(start, number, left - half)
    np.maximum.at(stop, number, right + half)
    near = int(np.clip(0.2 * least, 2, max(TRACE, half)))
    width = smooth.shape[1]
    anchors = [_anchored(sides[number == k], left[number == k], right[number == k], width)
               for k in range(len(position))]  # fmt: skip
    course = np.stack([_follow(smooth, anchor, near) for anchor in anchors])
    lines = Lines(position, course, start, stop)
    bounded = np.bincount(number, right - left) / 2  # twice as much where cells lie on both sides
    return lines.take(bounded >= SHORTEST * float(cells.right.max() - cells.left.min()))


def _half_thickness(cells: Boxes) -> float:
    """Half the usual distance between cells above and below a line, in pixels."""
    above, below = np.nonzero(_neighbours(cells.turned))
    gaps = cells.top[below] - cells.bottom[above]
    return float(np.median(gaps)) / 2 if len(gaps) else 2.0


def _anchored(sides: Floats, left: Floats, right: Floats, width: int) -> Floats:
    """A line's row at each column (W,), through the sides of the cells that it bounds."""
    middle = (left + right) / 2
    order = np.argsort(middle)
    at, level = middle[order], sides[order]
    columns = np.arange(width, dtype=np.float64)
    # Cells above and below a line share a middle; interpolation needs each once.
    at, index = np.unique(np.rint(at), return_inverse=True)
    level = np.bincount(index, level) / np.bincount(index)
    return np.interp(columns, at, level)


def _follow(smooth: Map, anchor: Floats, near: int) -> Floats:
    """The row of the crest within `near` rows of `anchor` at each column, smoothed, (W,)."""
    height, width = smooth.shape
    steps = np.arange(-near, near + 1)
    rows = np.clip(np.rint(anchor)[None] + steps[:, None], 0, height - 1).astype(np.int64)
    weight = smooth[rows, np.arange(width)[None]].astype(np.float64) ** 4
    total = weight.sum(axis=0)
    shift = np.where(total > 1e-3, (weight * steps[:, None]).sum(axis=0) / (total + 1e-9), 0)
    trust = np.minimum(total, 1.0)
    window = np.ones(SMOOTH)
    summed = np.convolve(np.pad(shift * trust, SMOOTH // 2, mode="edge"), window, "valid")
    weights = np.convolve(np.pad(trust, SMOOTH // 2, mode="edge"), window, "valid")
    return np.rint(anchor) + summed / np.maximum(weights, 1e-3)
