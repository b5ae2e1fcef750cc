"""Ruled and squared lines, frames of table cells: found in the ink's mask and taken out.

A ruling runs straight across the picture, thinner than it is long by far. Where a digit's stroke
crosses it, the ink goes on above and below, and stays.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FIND_SIDE = 400  # pixels; lines are looked for at this size
STEEPEST = 0.12  # pixels down for one across, about 7 degrees
ACROSS = 0.93  # of the picture: a line this long runs from edge to edge
BESIDE = 0.6  # of the picture: enough where other lines run from edge to edge
THIN = 0.07  # of the picture's longer side: nothing thicker is a ruling

Mask = NDArray[np.uint8]  # 0 or 1


@dataclass(frozen=True, eq=False)
class Rules:
    """`mask` (H, W) uint8 without the lines, and the `lines` that were taken out, likewise."""

    mask: Mask
    lines: Mask
    count: int


def remove_rules(mask: Mask) -> Rules:
    """Takes rulings and frames out of a mask (H, W) of 0 and 1."""
    lines = np.zeros_like(mask)
    count = 0
    for found, turned in ((_find(mask), False), (_find(mask.T), True)):
        for line in found:
            lines |= (
                _line_pixels(mask.T if turned else mask, line).T
                if turned
                else _line_pixels(mask, line)
            )
            count += 1
    return Rules(mask & ~lines & 1, lines, count)


@dataclass(frozen=True)
class _Line:
    """y = offset + slope * x at the mask's size; `reach` is the share of the width it spans."""

    offset: float
    slope: float
    reach: float


def _find(mask: Mask) -> list[_Line]:
    """Near-horizontal lines of a mask."""
    height, width = mask.shape
    if width < 12 or height < 6:
        return []
    factor = max(1.0, max(mask.shape) / FIND_SIDE)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA)
    small = (small > 60).astype(np.uint8)
    profiles = _sheared_profiles(small)
    return [
        _Line((row + 0.5) * height / size[1] - slope * width / 2, slope, reach)
        for row, slope, reach in _peaks(profiles, size)
    ]


def _sheared_profiles(small: Mask) -> list[tuple[float, NDArray[np.float32]]]:
    """For each slope, how much of each row the ink covers once the picture is sheared by it."""
    height, width = small.shape
    padded = cv2.dilate(small, np.ones((3, 1), np.uint8)) if max(small.shape) > 100 else small
    rows, columns = np.nonzero(padded)
    profiles = []
    step = 2.0 / width
    for slope in np.arange(-STEEPEST, STEEPEST + step, step):
        at = np.rint(rows - slope * (columns - width / 2)).astype(np.int64)
        inside = (at >= 0) & (at < height)
        profile = np.bincount(at[inside], minlength=height).astype(np.float32) / width
        profiles.append((float(slope), profile))
    return profiles


def _peaks(
    profiles: list[tuple[float, NDArray[np.float32]]], size: tuple[int, int]
) -> list[tuple[int, float, float]]:
    """The rows that are lines, best slope each: (row, slope, reach), longest first."""
    stack = np.stack([profile for _, profile in profiles])  # (slopes, height)
    thickest = max(2, round(THIN * max(size)))
    found: list[tuple[int, float, float]] = []
    while len(found) < 80:
        which, row = np.unravel_index(stack.argmax(), stack.shape)
        reach = float(stack[which, row])
        needed = BESIDE if found and found[0][2] >= ACROSS else ACROSS
        if reach < needed:
            break
        above, below = max(0, row - thickest - 1), min(stack.shape[1], row + thickest + 2)
        sides = [stack[which, above], stack[which, below - 1]]
        if max(sides) < 0.6 * reach or min(sides) < 0.3 * reach:
            found.append((int(row), profiles[which][0], reach))
        stack[:, above:below] = 0
    return found


def _line_pixels(mask: Mask, line: _Line) -> Mask:
    """The pixels of one near-horizontal line, less those of strokes that cross it."""
    height, width = mask.shape
    thickest = max(2, round(THIN * max(mask.shape)))
    columns = np.arange(width)
    middle = np.rint(line.offset + line.slope * columns).astype(np.int64)
    window = np.arange(-2 * thickest, 2 * thickest + 1)
    rows = middle[None, :] + window[:, None]  # (window, width)
    inside = (rows >= 0) & (rows < height)
    band = np.where(inside, mask[np.clip(rows, 0, height - 1), columns[None, :]], 0)
    start, stop = _runs_through_middle(band)
    length = stop - start
    usual = np.median(length[length > 0]) if (length > 0).any() else 0
    if usual > thickest + 1:
        return np.zeros_like(mask)
    limit = max(usual * 1.5, usual + 1.5)
    take = (length > 0) & (length <= limit)
    index = np.arange(len(window))[:, None]
    chosen = (index >= start) & (index < stop) & take & inside
    out = np.zeros_like(mask)
    out[rows[chosen], np.broadcast_to(columns, rows.shape)[chosen]] = 1
    return out


def _runs_through_middle(band: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and stop of each column's run of ink nearest to the band's middle row."""
    rows = len(band)
    middle = rows // 2
    distance = np.where(band > 0, np.abs(np.arange(rows) - middle)[:, None], rows)
    seed = distance.argmin(axis=0)
    near = distance.min(axis=0) <= max(2, rows // 8)
    gap = band == 0
    index = np.arange(rows)[:, None]
    start = np.where(gap & (index < seed), index + 1, 0).max(axis=0)
    stop = np.where(gap & (index > seed), index, rows).min(axis=0)
    return np.where(near, start, 0), np.where(near, stop, 0)
