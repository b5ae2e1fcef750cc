"""Finds the lines of a grid in a flattened map from the cells between them.

A line is a side that several cells share. Strokes, headlines and the frame of the page do not close
rows of cells, so they need no special rules.
"""

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.cell_boxes import Boxes, neighbours
from inkling.reading.tables.rulings import Lines

APART = 0.3  # of a small cell's side; closer sides belong to one line
SHORTEST = 0.2  # of a grid's width; least length of a line, because a stroke may split a cell
REGULAR = 5  # lines; with fewer, the usual distance is uncertain
CREASE = 0.75  # of the usual distance; a line closer than this to both neighbours is a crease ...
UNBROKEN = 0.95  # ... unless cells border it along this fraction of the grid's width
FAINTEST = 0.15  # least evidence of a trace of a line
WHOLE = 0.8  # of a grid's width; a line of this length is surely part of the grid
MERGED = 1.5  # of the usual distance; shorter lines exist only in wider gaps
TRACE = 4  # pixels; greatest distance of a line from its expected position
SMOOTH = 31  # pixels; window for smoothing the course of a line

Floats = NDArray[np.float64]


def level_lines(cells: Boxes, smooth: Map) -> tuple[Lines, NDArray[np.int64]]:
    """The horizontal lines of a grid's cells, each followed along its crest in `smooth` (H, W).

    Also the index of the line above and below each cell, (2, N); -1 for none.
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
    """The mask (M, W) of columns in which a line borders a cell. `number` is each side's line."""
    known = np.zeros((int(number.max()) + 1, width), bool)
    for line, a, b in zip(number.tolist(), left.tolist(), right.tolist(), strict=True):
        known[line, max(0, round(a)) : round(b) + 1] = True
    return known


def _drawn(closed: NDArray[np.bool_], course: Floats, smooth: Map) -> NDArray[np.bool_]:
    """The mask (M, W) of columns in which a line borders a cell or leaves a trace."""
    rows = np.clip(np.rint(course).astype(np.int64), 0, len(smooth) - 1)
    return closed | (smooth[rows, np.arange(smooth.shape[1])] > FAINTEST)


def _chosen(position: Floats, closed: Floats, drawn: Floats) -> NDArray[np.bool_]:
    """Selects the lines (M,) of the grid. A stroke splits one cell, a crease of the paper several.

    `closed` and `drawn` (M,) are the fractions of the grid's width with cells and with any trace.
    """
    chosen = closed >= SHORTEST
    whole = np.flatnonzero(chosen & (drawn >= WHOLE))
    if len(whole) < 3:
        return chosen
    gaps = np.diff(position[whole])
    usual = float(np.sort(gaps)[(len(gaps) - 1) // 2])
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
    """Half the usual thickness of a line, in pixels: the gap between cells above and below it."""
    gaps = [cells.top[below] - cells.bottom[above] for above, below in neighbours(cells.turned)]
    return float(np.median(gaps)) / 2 if gaps else 2.0


def _anchored(sides: Floats, left: Floats, right: Floats, width: int) -> Floats:
    """The row of a line at each column (W,), interpolated between the sides of its cells."""
    middle = (left + right) / 2
    order = np.argsort(middle)
    at, level = middle[order], sides[order]
    columns = np.arange(width, dtype=np.float64)
    # Cells above and below a line have the same middle. Interpolation needs each one once.
    at, index = np.unique(np.rint(at), return_inverse=True)
    level = np.bincount(index, level) / np.bincount(index)
    return np.interp(columns, at, level)


def _follow(smooth: Map, anchor: Floats, near: int) -> Floats:
    """The smoothed row (W,) of the crest within `near` rows of `anchor`."""
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
