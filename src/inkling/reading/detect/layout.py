"""Groups the parts of an image into lines of text, at any slope up to 30 degrees.

The slope of the image is the one at which most parts are level with their neighbours (a form of
the projection profile: Postl, 1986). Each part is then linked to its nearest neighbour on the right
(nearest-neighbour clustering: O'Gorman, 1993). Lines may curve, because only neighbours are
compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.curves import continue_curves
from inkling.reading.detect.parts import Part

STEEPEST = 32  # degrees; greatest slope of a line of text
STEP = 1.0  # degrees between two slopes to try
LEVEL = 0.12  # of a digit's height; tolerance for two neighbours to be level
REACH = 4.0  # heights; greatest distance of two neighbours along the line
PRIOR = 0.25  # fraction of the score by which the steepest slope is penalised
FULL = 0.5  # of the digit height of the image; lower parts are marks, bars or pieces
BESIDE = 0.35  # of the lower height; least vertical overlap of two parts of a line
FARTHEST = 12.0  # heights; a wider gap ends a line
CLOSE = 0.9  # heights; greatest distance of a small part from its line

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layout:
    """The lines of text from top to bottom; each lists indices of parts from left to right.

    `slope` is the fall of the lines in pixels per pixel to the right. `height` is the height of the
    digits in pixels.
    """

    lines: tuple[tuple[int, ...], ...]
    slope: float
    height: float


def find_layout(parts: Sequence[Part]) -> Layout:
    """Groups the parts of an image into lines."""
    if not parts:
        return Layout((), 0.0, 0.0)
    boxes = np.array([(p.x + p.w / 2, p.y + p.h / 2, p.w, p.h) for p in parts], np.float64)
    height = digit_height(parts)
    full = np.flatnonzero(boxes[:, 3] >= FULL * height)
    slope = _find_slope(boxes[full], height)
    level = _without_slope(boxes, slope)
    chains = _join_chains(_link(level, full), level, height)
    lines = _add_small(continue_curves(chains, level, slope, height), level, full, height)
    lines.sort(key=lambda line: float(np.mean(level[line, 1])))
    ordered = [tuple(sorted(line, key=lambda index: float(level[index, 0]))) for line in lines]
    return Layout(tuple(ordered), slope, height)


def digit_height(parts: Sequence[Part]) -> float:
    """The weighted median of the heights of the parts. Flat and thin parts have low weights.

    A few long lines or many dots do not change it.
    """
    heights = np.array([part.h for part in parts], np.float64)
    weights = np.minimum(heights, [3.0 * part.w for part in parts])
    order = np.argsort(heights)
    total = np.cumsum(weights[order])
    return float(heights[order][np.searchsorted(total, total[-1] / 2)])


def _find_slope(boxes: Values, height: float) -> float:
    """The slope (rows per column) at which most parts (N, 4) are level with a neighbour."""
    if len(boxes) < 2:
        return 0.0
    dx = boxes[None, :, 0] - boxes[:, None, 0]
    dy = boxes[None, :, 1] - boxes[:, None, 1]
    near = (dx > 0) & (np.hypot(dx, dy) < REACH * height)
    if not near.any():
        return 0.0
    dx, dy = dx[near], dy[near]
    angles = np.deg2rad(np.arange(-STEEPEST, STEEPEST + STEP, STEP))
    off = dy * np.cos(angles)[:, None] - dx * np.sin(angles)[:, None]
    along = dx * np.cos(angles)[:, None] + dy * np.sin(angles)[:, None]
    score = (np.exp(-((off / (LEVEL * height)) ** 2)) / (1 + along / height)).sum(axis=1)
    score *= 1 - PRIOR * (np.abs(angles) / angles[-1]) ** 2
    return float(np.tan(angles[int(np.argmax(score))]))


def _without_slope(boxes: Values, slope: float) -> Values:
    """The boxes (N, 4) after rotating the image so that its lines are level."""
    angle = np.arctan(slope)
    cos, sin = np.cos(angle), np.sin(angle)
    level = boxes.copy()
    level[:, 0] = boxes[:, 0] * cos + boxes[:, 1] * sin
    level[:, 1] = boxes[:, 1] * cos - boxes[:, 0] * sin
    return level


def _link(level: Values, full: NDArray[np.intp]) -> list[list[int]]:
    """Links full-height parts that are mutual nearest neighbours into chains."""
    x, y, w, h = level[full].T
    gap = x[None, :] - x[:, None] - (w[None, :] + w[:, None]) / 2
    lower = np.minimum(h[None, :], h[:, None])
    overlap = (h[None, :] + h[:, None]) / 2 - np.abs(y[None, :] - y[:, None])
    follows = (x[None, :] > x[:, None]) & (overlap >= BESIDE * lower)
    follows &= gap < FARTHEST * np.maximum(h[None, :], h[:, None])
    cost = np.maximum(gap, 0) + 2 * np.abs(y[None, :] - y[:, None]) + 0.1 * np.abs(gap)
    cost[~follows] = np.inf
    count = len(full)
    after, before = cost.argmin(axis=1), cost.argmin(axis=0)
    starts = []
    following = np.full(count, -1)
    for one in range(count):
        other = int(after[one])
        if np.isfinite(cost[one, other]) and before[other] == one:
            following[one] = other
    led = set(following[following >= 0].tolist())
    for one in range(count):
        if one not in led:
            chain, at = [], one
            while at >= 0:
                chain.append(int(full[at]))
                at = int(following[at])
            starts.append(chain)
    return starts


def _join_chains(chains: list[list[int]], level: Values, height: float) -> list[list[int]]:
    """Joins chains that continue or overlap each other into lines."""
    owner = {index: number for number, chain in enumerate(chains) for index in chain}
    root = list(range(len(chains)))
    everyone = np.array(sorted(owner))
    chain_of = np.array([owner[index] for index in everyone])
    for number in sorted(range(len(chains)), key=lambda number: len(chains[number])):
        other = _continues(chains[number], number, everyone, chain_of, level, height)
        if other is not None:
            root[_find(root, number)] = _find(root, other)
    lines: dict[int, list[int]] = {}
    for number, chain in enumerate(chains):
        lines.setdefault(_find(root, number), []).extend(chain)
    return list(lines.values())


def _continues(
    chain: list[int],
    number: int,
    everyone: NDArray[np.intp],
    chain_of: NDArray[np.intp],
    level: Values,
    height: float,
) -> int | None:
    """The chain that this one continues or overlaps: the nearest level one, or None."""
    others = everyone[chain_of != number]
    if not len(others):
        return None
    mine, theirs = level[chain], level[others]
    away = np.abs(mine[:, None, 0] - theirs[None, :, 0])
    apart = away - (mine[:, None, 2] + theirs[None, :, 2]) / 2
    i, j = np.unravel_index(int(np.argmin(away + 2 * _off(mine, theirs))), away.shape)
    size = max(min(float(mine[i, 3]), float(theirs[j, 3])), FULL * height)
    same = chain_of[chain_of != number] == chain_of[chain_of != number][j]
    # A part directly above another one is on another line, at any distance.
    stacked = (apart[:, same] < -0.5 * np.minimum(mine[:, None, 2], theirs[None, same, 2])).any()
    near = float(apart[i, j]) < FARTHEST * max(size, height)
    if near and float(_off(mine, theirs)[i, j]) < (0.25 if stacked else 0.5) * size:
        return int(chain_of[chain_of != number][j])
    return None


def _off(mine: Values, theirs: Values) -> Values:
    """The vertical distances between parts, (mine, theirs), in pixels."""
    return np.abs(mine[:, None, 1] - theirs[None, :, 1])


def _find(root: list[int], number: int) -> int:
    while root[number] != number:
        number = root[number]
    return number


def _add_small(
    chains: list[list[int]], level: Values, full: NDArray[np.intp], height: float
) -> list[list[int]]:
    """Adds marks, bars and pieces to the nearest line. Those without one become lines."""
    lines = [list(chain) for chain in chains]
    members = [level[chain] for chain in chains]
    left: list[int] = []
    for index in np.setdiff1d(np.arange(len(level)), full).tolist():
        x, y, w, h = level[index]
        offs = []
        for line in members:
            apart = np.maximum(np.abs(line[:, 0] - x) - (line[:, 2] + w) / 2, 0)
            near = int(np.argmin(apart + 0.1 * np.abs(line[:, 1] - y)))
            tall = max(float(line[near, 3]), 0.5 * height)
            off = max(abs(float(line[near, 1]) - y) - h / 2, 0) / tall
            offs.append(off if apart[near] < FARTHEST * tall and off < CLOSE else np.inf)
        best = int(np.argmin(offs)) if offs else -1
        if best >= 0 and np.isfinite(offs[best]):
            lines[best].append(index)
        else:
            left.append(index)
    return lines + [[index] for index in left]
