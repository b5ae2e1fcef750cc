"""Estimates the brightness of the paper under the ink, and the strength of its grain.

The brightness is estimated by a grey-scale closing with a window slightly wider than the strokes.
It follows shadows and the edges of the sheet, and removes ink. The width of the strokes is found by
widening the window until the amount of ink no longer grows.
"""

import cv2
import numpy as np

from inkling.reading.preprocess.pixels import (
    Grey,
    Map,
    closing,
    odd,
    percentile,
    percentiles,
    resize,
    shrink,
)

PAPER_SIDE = 256  # pixels; longer side at which the paper's brightness is estimated
WINDOWS = (0.1, 0.16, 0.26, 0.42, 0.6)  # closing windows to try, relative to the longer side
CLOSE_BY = 64  # pixels; images up to this size have no visible grain or shadow edges
TILES = 4  # tiles in each direction in which the paper's noise is measured


def paper_brightness(grey: Grey) -> Map:
    """The brightness of the paper at each pixel, (H, W) float32, for dark ink on lighter paper."""
    small = shrink(grey, PAPER_SIDE)
    if max(small.shape) > CLOSE_BY and min(small.shape) >= 3:
        small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    paper = cv2.GaussianBlur(_without_ink(small), (0, 0), max(0.8, max(small.shape) / 128))
    return resize(paper, grey.shape).astype(np.float32)


def _without_ink(small: Grey) -> Grey:
    """Closes the image with the first window that removes all ink, and restores the shadows."""
    longest = max(small.shape)
    windows = sorted({odd(round(longest * fraction)) for fraction in WINDOWS})
    narrow = _close_and_restore(small, windows[0])
    for window in windows[1:]:
        wide = _close_and_restore(small, window)
        depth, deeper = cv2.subtract(narrow, small), cv2.subtract(wide, small)
        level = 0.5 * max(percentile(deeper, 99.8), 8.0)
        area = float((depth > level).mean())
        if area > 0.001 and area > 0.92 * float((deeper > level).mean()):
            return wide
        narrow = wide
    return narrow


def _close_and_restore(grey: Grey, window: int) -> Grey:
    """Grey-scale closing, then geodesic erosion to restore the outline of shadows.

    A square window fills the bends of a shadow's edge, which would then count as ink. Ink that the
    closing removed completely does not return (Vincent, 1993). The erosion is limited to half a
    window: with a whole window, rows of touching digits lose more than shadows gain.
    """
    closed = closing(grey, window)
    if max(grey.shape) <= CLOSE_BY:
        return closed
    kernel = np.ones((3, 3), np.uint8)
    for step in range(window // 2):
        nearer = np.maximum(cv2.erode(closed, kernel), grey)
        if step % 4 == 3 and np.array_equal(nearer, closed):
            break
        closed = nearer
    return closed


def grain(ink: Map) -> tuple[Map, Map]:
    """The local mean and standard deviation of the paper, (H, W) float32 each.

    They are estimated from the lower third of the values of each tile, which ink does not reach
    unless it covers two thirds of the tile. Each tile is limited to a range around the estimate for
    the whole image.
    """
    height, width = ink.shape
    tiles = min(TILES, max(1, height // 24)), min(TILES, max(1, width // 24))
    whole = _lower_part(ink)
    coarse = np.array(
        [
            [_lower_part(tile) for tile in np.array_split(row, tiles[1], axis=1)]
            for row in np.array_split(ink, tiles[0], axis=0)
        ]
    )
    mean = np.clip(coarse[..., 0], 0.5 * whole[0], 1.5 * whole[0])
    deviation = np.clip(coarse[..., 1], 0.7 * whole[1], 3.0 * whole[1])
    return resize(mean.astype(np.float32), ink.shape), resize(
        deviation.astype(np.float32), ink.shape
    )


def _lower_part(values: Map) -> tuple[float, float]:
    """Mean and deviation of the normal distribution that fits the lower third of the values."""
    low, middle = percentiles(values, 10, 30)
    deviation = (middle - low) / 0.757
    return middle + 0.524 * deviation, deviation
