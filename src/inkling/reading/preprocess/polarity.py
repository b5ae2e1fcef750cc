"""Decides whether an image has light ink on a dark background."""

import math

import cv2
import numpy as np

from inkling.reading.preprocess.paper import closing
from inkling.reading.preprocess.pixels import Grey, Map, odd, percentile, percentiles, shrink

POLARITY_SIDE = 128  # pixels; longer side at which the polarity is decided
FLAT = 0.1  # of the image's contrast; a background with a smaller deviation is evenly lit
THICK = 0.12  # of the shorter side; greatest distance of ink from its outline in a digit
THUMB = 40  # pixels; greatest longer side of a thumbnail of one digit
# On 20 photos of sudokus and 6 of sheets on a desk, the dark strokes have at least 1.3 times the
# energy of light ones; with twice this window, 0.5 times.
THIN = 120  # a thin stroke is at most this fraction of the longer side wide
THINNEST = 5  # pixels; least window for thin strokes
VISIBLE_STROKE = 0.2  # of the image's contrast; least strength of thin strokes


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
    added = cv2.subtract(closing(small, window), small).astype(np.float32)
    dark = cv2.bitwise_not(small)
    taken = cv2.subtract(closing(np.asarray(dark, np.uint8), window), dark).astype(np.float32)
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
