"""The lines of a grid in a flattened map, from the cells that they close in.

A line is what cells on both its sides share. A stroke of a digit, a headline or the page's frame
closes no cells in a row, so nothing needs to be known about them.
"""

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.cell_boxes import Boxes, neighbours
from inkling.reading.tables.rulings import Lines

APART = 0.3  # of a small cell's side; sides nearer to each other are of one line
SHORTEST = 0.2  # of a grid's width that a line bounds, at least; a stroke may split a cell
REGULAR = 5  # lines; where there are so many, what is usual is known
CREASE = 0.75  # of the usual distance; a line that is nearer to both its neighbours
UNBROKEN = 0.95  # of the grid's width, and closes no cells in along so much, is a crease
FAINTEST = 0.15  # evidence that is a trace of a line
WHOLE = 0.8  # of a grid's width; a line that reaches so far is surely one of its lines
MERGED = 1.5  # of their usual distance; shorter lines lie only where they are farther apart
TRACE = 4  # pixels that a line is sought from where it should be
SMOOTH = 31  # pixels over which its course is smoothed

Floats = NDArray[np.float64]


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
    """Half the usual distance between cells above and below a line, in pixels."""
    gaps = [cells.top[below] - cells.bottom[above] for above, below in neighbours(cells.turned)]
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
