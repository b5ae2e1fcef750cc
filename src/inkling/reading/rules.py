"""Ruled and squared lines: found in the ink's mask and taken out.

A ruling runs straight across the picture, from edge to edge. Where a digit's stroke crosses it,
the ink goes on above and below, and stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.reading.pixels import Map, Mask, resize

FIND_SIDE = 400  # pixels; lines are looked for at this size
STEEPEST = 0.12  # pixels down for one across, about 7 degrees
ACROSS = 0.9  # of the picture: a line this long runs from edge to edge
BESIDE = 0.6  # of the picture: enough where another line runs from edge to edge
THICKEST = 0.07  # of the picture's longer side: nothing thicker is a ruling
MOST = 80  # lines each way


@dataclass(frozen=True, eq=False)
class Rules:
    """`mask` (H, W) uint8 without the lines, and the `lines` that were taken out, likewise."""

    mask: Mask
    lines: Mask


@dataclass(frozen=True)
class _Line:
    """row = offset + slope * column, in the mask's own pixels."""

    offset: float
    slope: float


def remove_rules(mask: Mask) -> Rules:
    """Takes rulings out of a mask (H, W) of 0 and 1."""
    across, upright = _find(mask), _find(np.ascontiguousarray(mask.T))
    nothing = Rules(mask, np.zeros_like(mask))
    if (not across and not upright) or _is_one_stroke(mask, len(across) + len(upright)):
        return nothing
    flat, flat_band = _pixels_of(mask, across)
    tall, tall_band = _pixels_of(np.ascontiguousarray(mask.T), upright)
    lines = flat | tall.T | (flat_band & tall_band.T & mask)
    return Rules(np.where(lines, 0, mask).astype(np.uint8), lines)


def _is_one_stroke(mask: Mask, count: int) -> bool:
    """Whether the only line may be a stroke of a digit that was cut out along its own box."""
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return count == 1 and all(bool(side.any()) for side in sides)


def _find(mask: Mask) -> list[_Line]:
    """Near-horizontal lines of a mask."""
    height, width = mask.shape
    if width < 12 or height < 6:
        return []
    factor = max(1.0, max(mask.shape) / FIND_SIDE)
    small = resize(mask * np.uint8(255), (round(height / factor) or 1, round(width / factor) or 1))
    profiles, slopes = _sheared_profiles((small > 60).astype(np.uint8))
    return [
        _Line((row + 0.5) * height / len(small) - slope * width / 2, slope)
        for row, slope in _peaks(profiles, slopes, small.shape)
    ]


def _sheared_profiles(small: Mask) -> tuple[Map, list[float]]:
    """For each slope, how much of each row the ink covers once the picture is sheared by it.

    (slopes, H) float32. A pixel also counts for the rows beside it where the picture is large
    enough for a line to waver by one.
    """
    height, width = small.shape
    rows, columns = np.nonzero(small)
    reach = 1 if max(small.shape) > 100 else 0
    step = (1.0 + reach) / width
    slopes = np.arange(-STEEPEST, STEEPEST + step, step).tolist()
    profiles = np.zeros((len(slopes), height), np.float32)
    for index, slope in enumerate(slopes):
        at = np.rint(rows - slope * (columns + 0.5 - width / 2)).astype(np.int64)
        inside = (at >= 0) & (at < height)
        covered = np.zeros((height, width), bool)
        covered[at[inside], columns[inside]] = True
        if reach:
            covered[1:] |= covered[:-1].copy()
        profiles[index] = covered.mean(axis=1)
    return profiles, slopes


def _peaks(profiles: Map, slopes: list[float], shape: tuple[int, ...]) -> list[tuple[int, float]]:
    """The rows that are lines, each with its best slope, longest first."""
    stack = profiles.copy()
    height = stack.shape[1]
    thickest = max(2, round(THICKEST * max(shape)))
    found: list[tuple[int, float]] = []
    while len(found) < MOST:
        which, row = (int(i) for i in np.unravel_index(stack.argmax(), stack.shape))
        reach = float(stack[which, row])
        if reach < (BESIDE if found else ACROSS):
            break
        above, below = row - thickest - 1, row + thickest + 1
        sides = [
            float(profiles[which, above]) if above >= 0 else 0.0,
            float(profiles[which, below]) if below < height else 0.0,
        ]
        if max(sides) < 0.6 * reach or min(sides) < 0.3 * reach:
            found.append((row, slopes[which]))
        stack[:, max(0, above) : below + 1] = 0
    return found


def _pixels_of(mask: Mask, lines: list[_Line]) -> tuple[Mask, Mask]:
    """The pixels of near-horizontal lines less the strokes that cross them, and their bands."""
    pixels, bands = np.zeros_like(mask), np.zeros_like(mask)
    for line in lines:
        _mark(mask, line, pixels, bands)
    return pixels, bands


def _mark(mask: Mask, line: _Line, pixels: Mask, bands: Mask) -> None:
    height, width = mask.shape
    thickest = max(2, round(THICKEST * max(mask.shape)))
    columns = np.arange(width)
    middle = np.rint(line.offset + line.slope * columns).astype(np.int64)
    window = np.arange(-2 * thickest, 2 * thickest + 1)[:, None]
    rows = middle + window  # (window, width)
    inside = (rows >= 0) & (rows < height)
    ink = np.where(inside, mask[np.clip(rows, 0, height - 1), columns], 0)
    start, stop = _runs_through_middle(ink)
    length = stop - start
    if not (length > 0).any():
        return
    usual = float(np.median(length[length > 0]))
    if usual > thickest + 1:
        return
    take = (length > 0) & (length <= max(usual * 1.5, usual + 1.5))
    index = np.arange(len(window))[:, None]
    chosen = (index >= start) & (index < stop) & take & inside
    everywhere = np.broadcast_to(columns, rows.shape)
    pixels[rows[chosen], everywhere[chosen]] = 1
    band = inside & (np.abs(window) <= usual / 2 + 1.5)
    bands[rows[band], everywhere[band]] = 1


def _runs_through_middle(ink: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and stop of each column's run of ink nearest to the middle row; 0, 0 if none is."""
    rows = len(ink)
    middle = rows // 2
    index = np.arange(rows)[:, None]
    distance = np.where(ink > 0, np.abs(index - middle), rows)
    seed = distance.argmin(axis=0)
    near = distance.min(axis=0) <= max(2, rows // 8)
    start = np.where((ink == 0) & (index < seed), index + 1, 0).max(axis=0)
    stop = np.where((ink == 0) & (index > seed), index, rows).min(axis=0)
    return np.where(near, start, 0), np.where(near, stop, 0)
