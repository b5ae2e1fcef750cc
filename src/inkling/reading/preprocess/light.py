"""Removes shading and paper from a photo: decides the polarity and returns ink from 0 to 1.

The brightness of the paper is estimated by a grey-scale closing with a window slightly wider than
the strokes. It follows shadows and the edges of the sheet, and removes ink. The width of the
strokes is found by widening the window until the amount of ink no longer grows.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import (
    Grey,
    Map,
    odd,
    percentile,
    percentiles,
    resize,
    shrink,
)

WORK_SIDE = 800  # pixels; greatest longer side at which an image is processed
PAPER_SIDE = 256  # pixels; longer side at which the paper's brightness is estimated
POLARITY_SIDE = 128  # pixels; longer side at which the polarity is decided
DARKEST_PAPER = 56.0  # grey level; contrast on darker paper is measured relative to this level
WINDOWS = (0.1, 0.16, 0.26, 0.42, 0.6)  # closing windows to try, relative to the longer side
FLAT = 0.1  # of the image's contrast; a background with a smaller deviation is evenly lit
THICK = 0.12  # of the shorter side; greatest distance of ink from its outline in a digit
THUMB = 40  # pixels; greatest longer side of a thumbnail of one digit
CLOSE_BY = 64  # pixels; images up to this size have no visible grain or shadow edges
# On 20 photos of sudokus and 6 of sheets on a desk, the dark strokes have at least 1.3 times the
# energy of light ones; with twice this window, 0.5 times.
THIN = 120  # a thin stroke is at most this fraction of the longer side wide
THINNEST = 5  # pixels; least window for thin strokes
VISIBLE_STROKE = 0.2  # of the image's contrast; least strength of thin strokes
OPPOSED = 1.4  # least gain of contrast by weights that follow a difference of colour
TILES = 4  # tiles in each direction in which the paper's noise is measured


@dataclass(frozen=True, eq=False)
class Light:
    """Ink (H, W) float32 at working size, from 0 for paper to about 1 for black.

    `zoom` is working pixels per pixel of the image as given. `light_ink` is true if the image has
    light ink on a dark background. `noise` (H, W) is the local standard deviation of the paper's
    grain, on the scale of the ink. `grey` (H, W) uint8 is the image before its light was evened,
    inverted if the ink is light.
    """

    ink: Map
    zoom: float
    light_ink: bool
    noise: Map
    grey: Grey


def even_light(
    pixels: NDArray[np.uint8], zoom: float = 1.0, light_ink: bool | None = None
) -> Light:
    """Extracts the ink of an image (H, W) or (H, W, 3) uint8 under even light.

    `zoom` is pixels passed here per pixel of the user's image; it is below 1 if the decoder reduced
    the image. `light_ink` is the polarity, or None to decide it from the image.
    """
    smaller = min(1.0, WORK_SIDE / max(pixels.shape[:2]))
    pixels = shrink(pixels, WORK_SIDE)
    grey = to_grey(pixels)
    if light_ink is None:
        light_ink = has_light_ink(grey)
    if light_ink:
        grey = 255 - grey
    paper = paper_brightness(grey)
    ink = ((paper - grey) / np.maximum(paper, DARKEST_PAPER)).astype(np.float32, copy=False)
    if max(ink.shape) > CLOSE_BY:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8), np.float32)
    mean, noise = grain(ink)
    return Light(np.maximum(ink - mean, 0), zoom * smaller, light_ink, noise, grey)


def to_grey(pixels: NDArray[np.uint8]) -> Grey:
    """Mixes RGB into one channel (H, W) in which ink and paper differ most.

    The channel weights follow the strongest differences from a blurred copy. They are positive, so
    the polarity does not change, unless ink and paper are about as light as each other and differ
    in their colour only. Then the weights are the direction in which they differ.
    """
    if pixels.ndim == 2:
        return pixels
    small = shrink(pixels, 200)
    window = odd(min(255, max(small.shape[:2]) // 4))
    blurred = cv2.medianBlur(small, window) if min(small.shape[:2]) >= 3 else small
    difference = (small.astype(np.float32) - blurred.astype(np.float32)).reshape(-1, 3)
    strength = np.abs(difference).sum(axis=1)
    strongest = difference[strength >= percentile(strength, 98)]
    weights = np.abs(strongest).mean(axis=0)
    weights = weights + 0.05 * weights.sum() + 1e-3
    weights = (weights / weights.sum()).astype(np.float32)
    opposed = _direction(strongest)
    if _contrast(strongest, opposed) > OPPOSED * _contrast(strongest, weights):
        weights = opposed
    lowest = 255 * float(np.minimum(weights, 0).sum())
    mixed = cv2.transform(pixels, np.append(weights, -lowest).astype(np.float32)[None])
    return np.asarray(mixed, np.uint8).reshape(pixels.shape[:2])


def _direction(differences: Map) -> Map:
    """The direction (3,) in which colours differ most, scaled to a range of 255 grey levels."""
    _, vectors = np.linalg.eigh(differences.T @ differences)
    direction = vectors[:, -1]
    direction *= np.sign(direction.sum()) or 1.0
    return np.asarray(direction / np.abs(direction).sum(), np.float32)


def _contrast(differences: Map, weights: Map) -> float:
    """The mean absolute difference in grey levels with these channel weights."""
    return float(np.abs(differences @ weights).mean())


def has_light_ink(grey: Grey) -> bool:
    """Whether the ink is lighter than its background.

    The pixels are split into a light and a dark side. On a uniform background, the ink is the
    smaller side if it is thin; a sheet on a large dark desk is small but not thin. Otherwise a
    linear rule decides, with these features: the light fraction of the image, of its border, and
    of its border after removing the shading; and the responses to closing and opening with a small
    and a large window, which show which side has the narrower strokes.
    """
    small = shrink(grey, POLARITY_SIDE)
    values = small.astype(np.float32)
    lighter, light_edge, flat = _light_fractions(values)
    screen = flat and lighter * light_edge > 0
    if max(small.shape) > THUMB:  # thumbnails do not show a sheet on a desk
        screen = screen and _thickness(values) < THICK
    if screen or min(small.shape) < 3:
        return lighter < 0
    blurred = np.asarray(cv2.medianBlur(small, odd(min(255, max(small.shape) // 2))))
    _, even_edge, _ = _light_fractions(values - blurred)
    narrow = 1.6 * _closed_to_opened(small, 0.1) - 1.8 * _closed_to_opened(small, 0.26)
    # Weights fitted on 2,500 rendered images that reach this line, 773 of a sheet on a desk: right
    # on 96 % of 1,500 others. `make_text_map` checks the polarity again.
    return bool(5.6 * lighter - 3.3 * light_edge + 4.8 * even_edge + narrow + 2.1 < 0)


def stroke_balance(grey: Grey) -> float:
    """How much stronger thin light strokes are than thin dark ones: the logarithm of their ratio.

    Compares what an opening removes with what a closing fills (white and black top hat: Meyer,
    1979). 0 if the image (H, W) is too small to have thin strokes, or has none.
    """
    side = odd(round(max(grey.shape) / THIN))
    if side < THINNEST:
        return 0.0
    window = np.ones((side, side), np.uint8)
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, window).astype(np.float32)
    light = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, window).astype(np.float32)
    strongest = max(percentile(dark, 99.5), percentile(light, 99.5))
    if strongest < VISIBLE_STROKE * (percentile(grey, 99) - percentile(grey, 1)):
        return 0.0
    return math.log((float((light**2).sum()) + 1) / (float((dark**2).sum()) + 1))


def _light_fractions(values: Map) -> tuple[float, float, bool]:
    """The light fraction of the image and of its border, each minus one half.

    Also whether the larger side is uniform, as in a drawing on a screen.
    """
    low, high = percentiles(values, 1, 99)
    lighter = values > split_level(values, low, high)
    fraction = float(lighter.mean())
    depth = max(1, min(values.shape) // 14)
    edge = np.ones(values.shape, bool)
    edge[depth:-depth, depth:-depth] = False
    background = values[lighter == (fraction > 0.5)]
    flat = bool(background.std() < FLAT * (high - low)) if background.size else True
    return fraction - 0.5, float(lighter[edge].mean()) - 0.5, flat


def _thickness(values: Map) -> float:
    """The greatest distance of the smaller side from its outline, relative to the shorter side."""
    level = split_level(values, *percentiles(values, 1, 99))
    lighter = values > level
    less = lighter if lighter.mean() < 0.5 else ~lighter
    depth = cv2.distanceTransform(less.astype(np.uint8), cv2.DIST_L2, 3)
    return float(depth.max()) / min(values.shape)


def _closed_to_opened(small: Grey, fraction: float) -> float:
    """Log ratio of the changes by closing and opening. The window is a `fraction` of the side."""
    window = odd(round(fraction * max(small.shape)))
    added = cv2.subtract(_closing(small, window), small).astype(np.float32)
    dark = cv2.bitwise_not(small)
    taken = cv2.subtract(_closing(np.asarray(dark, np.uint8), window), dark).astype(np.float32)
    return float(np.log((np.mean(added**2) + 0.5) / (np.mean(taken**2) + 0.5)))


def split_level(values: Map, low: float, high: float) -> float:
    """The threshold midway between the means of the two sides (Ridler and Calvard, 1978)."""
    level = (low + high) / 2
    for _ in range(4):
        above = values > level
        if not above.any() or above.all():
            break
        level = (float(values[above].mean()) + float(values[~above].mean())) / 2
    return level


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
    closed = _closing(grey, window)
    if max(grey.shape) <= CLOSE_BY:
        return closed
    kernel = np.ones((3, 3), np.uint8)
    for step in range(window // 2):
        nearer = np.maximum(cv2.erode(closed, kernel), grey)
        if step % 4 == 3 and np.array_equal(nearer, closed):
            break
        closed = nearer
    return closed


def _closing(grey: Grey, window: int) -> Grey:
    """Grey-scale closing of the padded image. Without padding, dark corners would count as ink."""
    # Half a window is enough: more padding would only repeat the same pixels.
    edge = window // 2 + 1
    padded = cv2.copyMakeBorder(grey, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    return np.asarray(closed[edge:-edge, edge:-edge], np.uint8)


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
