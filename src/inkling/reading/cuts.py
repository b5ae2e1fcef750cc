"""Where touching digits may be cut apart: paths from top to bottom that meet little ink.

The cheapest path through each point of the middle row, by dynamic programming as in seam carving
(Avidan and Shamir, 2007); those that are cheaper than their neighbours are the candidates. Which
of them are true, the network judges.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

CUT_HEIGHT = 48  # pixels; the height at which paths are sought
LEAN = 0.04  # ink that a step to the side costs, so that paths are straight where it is empty
APART = 0.14  # of the height; two cuts are no nearer than this
DEEPEST = 0.42  # of the height; ink that a cut may meet on its way


def find_cuts(ink: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Candidate cuts through the ink (H, W) of one part, from the left.

    Each is (H,) int64: in row y, pixels left of `cut[y]` are on the cut's left.
    """
    height, width = ink.shape
    size = (max(3, round(width * CUT_HEIGHT / height)), CUT_HEIGHT)
    small = cv2.resize(np.ascontiguousarray(ink), size, interpolation=cv2.INTER_AREA)
    down, from_above = _cheapest(small)
    up, from_below = _cheapest(small[::-1])
    middle = CUT_HEIGHT // 2
    cost = down[middle] + up[CUT_HEIGHT - 1 - middle] - small[middle]
    paths = []
    for column in _valleys(cost):
        upper = _trace(from_above, middle, column)
        lower = _trace(from_below, CUT_HEIGHT - 1 - middle, column)[::-1]
        paths.append(np.concatenate([upper, lower[1:]]))
    ordered = np.maximum.accumulate(np.array(paths), axis=0) if paths else []
    rows = np.minimum(np.arange(height) * CUT_HEIGHT // height, CUT_HEIGHT - 1)
    return [np.rint((path[rows] + 0.5) * width / size[0]).astype(np.int64) for path in ordered]


def _cheapest(small: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Cost of the best path from the top to each pixel, and where it came from: -1, 0 or 1."""
    cost = small.copy()
    came = np.zeros(small.shape, np.int8)
    wall = np.full(1, np.inf, np.float32)
    for row in range(1, len(small)):
        above = cost[row - 1]
        ways = np.stack(
            [
                np.concatenate([wall, above[:-1]]) + LEAN,
                above,
                np.concatenate([above[1:], wall]) + LEAN,
            ]
        )
        best = ways.argmin(axis=0)
        came[row] = best - 1
        cost[row] += ways[best, np.arange(ways.shape[1])]
    return cost, came


def _trace(came: NDArray[np.int8], row: int, column: int) -> NDArray[np.int64]:
    """The columns of the path from the top to (row, column), (row + 1,)."""
    path = np.empty(row + 1, np.int64)
    for y in range(row, -1, -1):
        path[y] = column
        column += int(came[y, column])
    return path


def _valleys(cost: NDArray[np.float32]) -> list[int]:
    """Columns of local minima, cheapest first while choosing, returned from the left."""
    apart = max(2, round(APART * CUT_HEIGHT))
    most = min(16, 1 + 3 * len(cost) // CUT_HEIGHT)
    chosen: list[int] = []
    for column in np.argsort(cost, kind="stable"):
        if len(chosen) == most or cost[column] > DEEPEST * CUT_HEIGHT:
            break
        near_side = column < apart or column >= len(cost) - apart
        if not near_side and all(abs(column - other) >= apart for other in chosen):
            chosen.append(int(column))
    return sorted(chosen)
