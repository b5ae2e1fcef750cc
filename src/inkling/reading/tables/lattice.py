"""The lines of a grid in a flattened map, from the cells that it closes in.

A line is what cells on both its sides share. A stroke of a digit, a headline or the page's frame
closes no cells in a row, so nothing needs to be known about them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.rulings import Lines

LEVELS = (0.4, 0.25)  # evidence of what closes cells in
CLEAR = 0.3  # of a grid's cells that are there at the first level, at least
MOST = 4000  # cells; where there are more, only those of the first level count
SMALLEST = 5.0  # pixels; the shorter side of a cell, at least
SMALL = 0.25  # of the usual cell's side; what is smaller is no cell
SOLID = 0.55  # of its box that a cell fills, at least; a digit may touch its frame
STRAIGHT = 0.85  # of their boxes that the cells of a grid fill, at the median; circles fill 0.79
ACROSS = 18  # pixels between two cells on both sides of a line, at most
THICK = 0.6  # of the smaller cell's side, likewise
CHUNK = 512  # cells that are compared with all others at a time
ALIGNED = 4.0  # pixels by which the ends of neighbours may differ, or a tenth of a side
SHARED = 0.5  # of the shorter of two sides, along which they must lie opposite each other
APART = 0.3  # of a small cell's side; sides nearer to each other are of one line
SHORTEST = 0.2  # of a grid's width that a line bounds, at least; a stroke may split a cell
REGULAR = 5  # lines; where there are so many, what is usual is known
CREASE = 0.75  # of the usual distance; a line that is nearer to both its neighbours
UNBROKEN = 0.95  # of the grid's width, and closes no cells in along so much, is a crease
FAINTEST = 0.15  # evidence that is a trace of a line
WHOLE = 0.8  # of a grid's width; a line that reaches so far is surely one of its lines
MERGED = (
    1.5  # of their usual distance; lines that are shorter lie only where they are farther apart
)
TRACE = 4  # pixels that a line is sought from where it should be
SMOOTH = 31  # pixels over which its course is smoothed

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Boxes:
    """Upright boxes of cells: first and last column and row, (N,) each.

    `filled` (N,) is how much of its box each one fills, `sure` (N,) 1 where it is closed in at the
    first level of evidence, 0 elsewhere.
    """

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats
    filled: Floats
    sure: Floats

    def take(self, chosen: NDArray[np.bool_]) -> "Boxes":
        """Some of them."""
        return Boxes(
            self.left[chosen], self.right[chosen], self.top[chosen], self.bottom[chosen],
            self.filled[chosen], self.sure[chosen],
        )  # fmt: skip

    @property
    def turned(self) -> "Boxes":
        """Rows and columns exchanged."""
        return Boxes(self.top, self.bottom, self.left, self.right, self.filled, self.sure)


def join(parts: list[Boxes]) -> Boxes:
    """All boxes of several lists."""
    fields = zip(
        *((p.left, p.right, p.top, p.bottom, p.filled, p.sure) for p in parts), strict=True
    )
    return Boxes(*(np.concatenate(field) for field in fields))


def find_cells(flat: Map, side: float) -> list[Boxes]:
    """The cells (N,) of each grid in a flattened evidence map (H, W), most cells first.

    `side` is about how long the shorter side of a cell is, in pixels. A cell whose lines are faint
    is closed in at a lower level of evidence, one with a stroke near its frame at a higher one; a
    cell may be there once for each.
    """
    least = max(SMALLEST, SMALL * side)
    levels = [_boxes(flat, level, least) for level in LEVELS]
    boxes = join(levels) if sum(len(one.left) for one in levels) <= MOST else levels[0]
    if len(boxes.left) < 2:
        return []
    label = _components(len(boxes.left), [*_neighbours(boxes), *_neighbours(boxes.turned)])
    sizes = np.bincount(label)
    groups = [boxes.take(label == number) for number in np.flatnonzero(sizes > 1)]
    chosen = [
        one
        for one in groups
        if np.median(one.filled) >= STRAIGHT and one.sure.sum() >= max(2, CLEAR * len(one.sure))
    ]
    return sorted(chosen, key=lambda one: -len(one.left))


def _boxes(flat: Map, level: float, least: float) -> Boxes:
    bright = (flat <= level).astype(np.uint8)
    # Not to leak through a diagonal step of a line, regions hang together by sides only.
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
        # An outline runs through the middles of pixels: half a pixel inside on every side.
        outline = max(contours, key=cv2.contourArea)
        whole = cv2.contourArea(cv2.convexHull(outline)) / max((c - 1) * (d - 1), 1)
        if whole >= SOLID:
            rows.append((a, a + c - 1, b, b + d - 1, whole, level == LEVELS[0]))
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Boxes(*table.T)


def _neighbours(boxes: Boxes) -> list[tuple[int, int]]:
    """Pairs of boxes of which the second lies just right of the first, one line between them."""
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
    """Pairs whose cells share an end, and of which one cell has an end at each of its own.

    So a merged cell hangs together with what it spans, and two grids side by side do not.
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
    """Labels (N,) of what pairs join, from 0."""
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, other in pairs:
        parent[root(one)] = root(other)
    return np.unique([root(item) for item in range(count)], return_inverse=True)[1]


def level_lines(cells: Boxes, smooth: Map) -> tuple[Lines, NDArray[np.int64]]:
    """The level lines of a grid's cells, each followed along its crest in `smooth` (H, W).

    Also the number of the line above each cell and of that below it, (2, N); -1 where it is none.
    """
    half = _half_thickness(cells)
    sides = np.concatenate([cells.top - half, cells.bottom + half])
    least = float(np.quantile(cells.bottom - cells.top, 0.1)) + 2 * half
    order = np.argsort(sides)
    number = np.zeros(len(sides), np.int64)
    number[order[1:]] = np.cumsum(np.diff(sides[order]) > max(APART * least, 2.0))
    position = np.bincount(number, sides) / np.bincount(number)
    left, right = np.tile(cells.left - half, 2), np.tile(cells.right + half, 2)
    near = int(np.clip(0.2 * least, 2, max(TRACE, half)))
    course = np.stack([
        _follow(smooth, _anchored(sides[own], left[own], right[own], smooth.shape[1]), near)
        for own in (number == k for k in range(len(position)))
    ])  # fmt: skip
    closed = _closed(number, left, right, smooth.shape[1])
    low, high = int(max(left.min(), 0)), int(right.max()) + 1
    chosen = _chosen(
        position,
        closed[:, low:high].mean(axis=1),
        _drawn(closed, course, smooth)[:, low:high].mean(axis=1),
    )
    place = np.where(chosen, np.cumsum(chosen) - 1, -1)[number].reshape(2, -1)
    return Lines(position, course).take(chosen), place


def _closed(
    number: NDArray[np.int64], left: Floats, right: Floats, width: int
) -> NDArray[np.bool_]:
    """Where each line (M,) has a cell above or below it, (M, W); `number` is each side's line."""
    known = np.zeros((int(number.max()) + 1, width), bool)
    for line, a, b in zip(number.tolist(), left.tolist(), right.tolist(), strict=True):
        known[line, max(0, round(a)) : round(b) + 1] = True
    return known


def _drawn(closed: NDArray[np.bool_], course: Floats, smooth: Map) -> NDArray[np.bool_]:
    """Where each line is, (M, W): beside a cell, or on its course some trace of it."""
    rows = np.clip(np.rint(course).astype(np.int64), 0, len(smooth) - 1)
    return closed | (smooth[rows, np.arange(smooth.shape[1])] > FAINTEST)


def _chosen(position: Floats, closed: Floats, drawn: Floats) -> NDArray[np.bool_]:
    """Which lines (M,) are a grid's; a stroke splits one cell, and a crease of the paper several.

    `closed` and `drawn` (M,) are how much of the grid's width has cells and any trace of the line.
    """
    chosen = closed >= SHORTEST
    whole = np.flatnonzero(chosen & (drawn >= WHOLE))
    if len(whole) < 3:
        return chosen
    gaps = np.diff(position[whole])
    usual = float(np.median(gaps))
    for gap, first, last in zip(gaps, whole[:-1], whole[1:], strict=True):
        if gap < MERGED * usual:
            chosen[first + 1 : last] = False
    if len(whole) < REGULAR:
        return chosen
    for k in range(1, len(whole) - 1):
        halves = gaps[k - 1 : k + 1]
        odd = halves.max() < CREASE * usual and abs(halves.sum() - usual) < 0.2 * usual
        if odd and closed[whole[k]] < UNBROKEN:
            chosen[whole[k]] = False
    return chosen


def _half_thickness(cells: Boxes) -> float:
    """Half the usual distance between cells above and below a line, in pixels."""
    gaps = [cells.top[below] - cells.bottom[above] for above, below in _neighbours(cells.turned)]
    return float(np.median(gaps)) / 2 if gaps else 2.0


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
