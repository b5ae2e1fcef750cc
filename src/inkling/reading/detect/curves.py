"""Joins the pieces of curved lines of text.

Pieces of a curve lie beside each other. So a piece that begins to the right of another one's end
continues it, if it lies on the curve that both suggest.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

NEXT = 1.6  # heights; greatest gap between two pieces of a curved line
BEHIND = 0.4  # heights; greatest overlap of two such pieces
ASIDE = 0.75  # of the wider end; least distance of two such ends to the right in the image
LAST = 3  # parts at the end of a line from which its slope there is measured
OFF_CURVE = 0.95  # heights; greatest distance of a part from the curve
LEAST = 0.5  # of the image's digit height; least size of a line when distances are compared
MOST = 150  # pieces; more are a texture

Values = NDArray[np.float64]


def continue_curves(
    chains: list[list[int]], level: Values, slope: float, height: float
) -> list[list[int]]:
    """Joins lines that continue each other along a curve, nearest first.

    `chains` are indices of boxes. `level` (N, 4) are the middles and sizes of the boxes after
    rotating the image by its `slope`; `height` is that of the image's digits.
    """
    if len(chains) > MOST:
        return chains
    lines = [sorted(chain, key=lambda index: float(level[index, 0])) for chain in chains]

    @cache
    def bend(end: tuple[int, ...], start: tuple[int, ...]) -> float:
        return _bend(end, start, level, slope, height)

    while len(lines) > 1 and (pairs := _neighbours(lines, level, height)):
        costs = [bend(tuple(lines[a][-LAST:]), tuple(lines[b][:LAST])) for a, b in pairs]
        best = int(np.argmin(costs))
        if not np.isfinite(costs[best]):
            break
        first, second = pairs[best]
        lines[first] = lines[first] + lines[second]
        del lines[second]
    return lines


def _neighbours(lines: list[list[int]], level: Values, height: float) -> list[tuple[int, int]]:
    """Pairs of lines of which the second begins close to the right of the first one's end."""
    starts, ends = level[[line[0] for line in lines]], level[[line[-1] for line in lines]]
    tall = np.array([max(float(level[line, 3].max()), LEAST * height) for line in lines])
    size = np.maximum(tall[:, None], tall[None, :])
    gap = (starts[:, 0] - starts[:, 2] / 2)[None, :] - (ends[:, 0] + ends[:, 2] / 2)[:, None]
    near = (gap > -BEHIND * size) & (gap < NEXT * size)
    near &= ends[:, None, 0] <= starts[None, :, 0]
    np.fill_diagonal(near, False)
    first, second = np.nonzero(near)
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _bend(
    left: Sequence[int], right: Sequence[int], level: Values, slope: float, height: float
) -> float:
    """The cost of continuing a line that ends in `left` by one on its right that begins in `right`.

    Infinity if it does not continue. The curve between two ends has the mean of their slopes, as a
    parabola has, or it is level in the image.
    """
    end, start = level[left[-1]], level[right[0]]
    size = max(float(np.median(level[[*left, *right], 3])), LEAST * height)
    gap = float(start[0] - start[2] / 2 - end[0] - end[2] / 2) / size
    if not -BEHIND < gap < NEXT:
        return np.inf
    across, down = float(start[0] - end[0]), float(start[1] - end[1])
    # A digit below another one in the image continues no line, at any slope.
    if (across - slope * down) * np.cos(np.arctan(slope)) < ASIDE * max(start[2], end[2]):
        return np.inf
    slopes = [_end_slope(parts, level, size) for parts in (left, right)]
    known = (len(left) - 1, len(right) - 1) if max(len(left), len(right)) > 1 else (1, 1)
    curve = float(np.average(slopes, weights=known))
    off = min(abs(down - curve * across), abs(down + slope * across)) / size
    return off + 0.1 * max(gap, 0.0) if off < OFF_CURVE else np.inf


def _end_slope(parts: Sequence[int], level: Values, size: float) -> float:
    """The slope of a few neighbouring parts, regularised by one digit height."""
    x, y = level[list(parts), 0], level[list(parts), 1]
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / ((x * x).sum() + size**2))
