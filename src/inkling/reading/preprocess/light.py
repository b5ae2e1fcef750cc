"""From a photo to ink: polarity decided, light evened out, paper gone, ink 0 to 1.

The paper's brightness at a place is what a grey closing leaves when its window is a little wider
than the strokes: it follows shadows, their edges, a dark desk beside the sheet, and forgets ink.
How wide the strokes are, the picture itself says: the ink stops growing once the window is wider.
"""

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

WORK_SIDE = 800  # pixels; a picture is looked at no larger than this
PAPER_SIDE = 256  # pixels; the paper's brightness is worked out at this size
POLARITY_SIDE = 128  # pixels; which side is ink is decided at this size
DARKEST_PAPER = 56.0  # grey levels; on darker paper, contrast is measured as if on this
WINDOWS = (0.1, 0.16, 0.26, 0.42, 0.6)  # of the longer side; closing windows that are tried
FLAT = 0.1  # of the picture's contrast; a ground that varies less is evenly lit
THICK = 0.12  # of the shorter side, from the outline; hardly a digit is drawn thicker
THUMB = 40  # pixels; the longer side of a picture that shows one thing close by
CLOSE_BY = 64  # pixels; a smaller picture has neither grain nor a shadow's edge to speak of
TILES = 4  # across and down; the paper's noise is measured in each


@dataclass(frozen=True, eq=False)
class Light:
    """Ink (H, W) float32, 0 paper to about 1 black, at working size.

    `zoom` is working pixels for one pixel of the picture as given; `light_ink` says that the
    picture had light ink on dark ground; `noise` (H, W) is the standard deviation of the paper's
    grain at each place, on the scale of the ink. `grey` (H, W) uint8 is the picture before its
    light was evened, inverted where the ink was light.
    """

    ink: Map
    zoom: float
    light_ink: bool
    noise: Map
    grey: Grey


def even_light(
    pixels: NDArray[np.uint8], zoom: float = 1.0, light_ink: bool | None = None
) -> Light:
    """The ink of a picture (H, W) or (H, W, 3) uint8 under even light.

    `zoom` is pixels given here for one pixel of the user's picture, where a decoder has left
    some out. `light_ink` says what is known of the ink's polarity; None leaves it to the picture.
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
    """One channel (H, W), along the colour in which ink and paper differ most.

    Blue on white, red on squared blue, chalk: the strongest differences from a blurred copy say
    which mixture of channels shows the ink best. Weights stay positive, so light stays light.
    """
    if pixels.ndim == 2:
        return pixels
    small = shrink(pixels, 200)
    window = odd(min(255, max(small.shape[:2]) // 4))
    blurred = cv2.medianBlur(small, window) if min(small.shape[:2]) >= 3 else small
    difference = np.abs(small.astype(np.float32) - blurred.astype(np.float32)).reshape(-1, 3)
    strength = difference.sum(axis=1)
    strongest = difference[strength >= percentile(strength, 98)].mean(axis=0)
    weights = strongest + 0.05 * strongest.sum() + 1e-3
    weights = (weights / weights.sum()).astype(np.float32)
    return np.asarray(cv2.transform(pixels, weights[None]), np.uint8).reshape(pixels.shape[:2])


def has_light_ink(grey: Grey) -> bool:
    """Whether the ink is lighter than its ground, from the whole picture.

    On a flat ground, ink is the side of which there is less, if that is thin: of a sheet on a dark
    desk there may be less than of the desk. Elsewhere it is weighed up how much of each side there
    is, in the picture, at its edge, and there again once the shading is taken off; and whose
    strokes are narrower than the gaps between them, which closing and opening the picture by
    little and by more tells.
    """
    small = shrink(grey, POLARITY_SIDE)
    values = small.astype(np.float32)
    lighter, light_edge, flat = _light_shares(values)
    screen = flat and lighter * light_edge > 0
    if max(small.shape) > THUMB:  # no thumbnail is of a sheet on a desk
        screen = screen and _thickness(values) < THICK
    if screen or min(small.shape) < 3:
        return lighter < 0
    blurred = np.asarray(cv2.medianBlur(small, odd(min(255, max(small.shape) // 2))))
    _, even_edge, _ = _light_shares(values - blurred)
    narrow = 1.6 * _closed_to_opened(small, 0.1) - 1.8 * _closed_to_opened(small, 0.26)
    # Weights fitted on 2,500 composed pictures that come this far, 773 of a sheet on a desk: right
    # on 96 % of 1,500 others. The map of writing has another look at it.
    return bool(5.6 * lighter - 3.3 * light_edge + 4.8 * even_edge + narrow + 2.1 < 0)


def _light_shares(values: Map) -> tuple[float, float, bool]:
    """How much of the picture, and of its edge, is on the lighter side; 0 stands for half.

    And whether the larger side is as flat as a screen: then nothing else needs to be asked.
    """
    low, high = percentiles(values, 1, 99)
    lighter = values > split_level(values, low, high)
    share = float(lighter.mean())
    depth = max(1, min(values.shape) // 14)
    edge = np.ones(values.shape, bool)
    edge[depth:-depth, depth:-depth] = False
    ground = values[lighter == (share > 0.5)]
    flat = bool(ground.std() < FLAT * (high - low)) if ground.size else True
    return share - 0.5, float(lighter[edge].mean()) - 0.5, flat


def _thickness(values: Map) -> float:
    """How far the side of which there is less reaches from its outline, by the shorter side."""
    level = split_level(values, *percentiles(values, 1, 99))
    lighter = values > level
    less = lighter if lighter.mean() < 0.5 else ~lighter
    depth = cv2.distanceTransform(less.astype(np.uint8), cv2.DIST_L2, 3)
    return float(depth.max()) / min(values.shape)


def _closed_to_opened(small: Grey, share: float) -> float:
    """Log ratio of what closing adds to what opening takes, for a window of this share of it."""
    window = odd(round(share * max(small.shape)))
    added = cv2.subtract(_closing(small, window), small).astype(np.float32)
    dark = cv2.bitwise_not(small)
    taken = cv2.subtract(_closing(np.asarray(dark, np.uint8), window), dark).astype(np.float32)
    return float(np.log((np.mean(added**2) + 0.5) / (np.mean(taken**2) + 0.5)))


def split_level(values: Map, low: float, high: float) -> float:
    """Midway between the means of the two sides of itself (Ridler and Calvard, 1978)."""
    level = (low + high) / 2
    for _ in range(4):
        above = values > level
        if not above.any() or above.all():
            break
        level = (float(values[above].mean()) + float(values[~above].mean())) / 2
    return level


def paper_brightness(grey: Grey) -> Map:
    """What each pixel would show without ink, (H, W) float32, for dark ink on lighter paper."""
    small = shrink(grey, PAPER_SIDE)
    if max(small.shape) > CLOSE_BY and min(small.shape) >= 3:
        small = np.asarray(cv2.medianBlur(small, 3), np.uint8)
    paper = cv2.GaussianBlur(_without_ink(small), (0, 0), max(0.8, max(small.shape) / 128))
    return resize(paper, grey.shape).astype(np.float32)


def _without_ink(small: Grey) -> Grey:
    """The closing by a window one size wider than takes the whole ink away, shadows restored."""
    longest = max(small.shape)
    windows = sorted({odd(round(longest * share)) for share in WINDOWS})
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
    """Grey closing, and the true outline of what it left dark given back by geodesic erosion.

    A square window fills the bends of a shadow's edge, which then pass for ink; ink that the
    closing took away whole does not come back (Vincent, 1993). Half a window is as far as it goes:
    with a whole one, more is lost of rows whose digits touch than is won in shadows.
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
    """Grey closing; the picture goes on beyond its edge, or a darker corner would pass for ink."""
    # Half a window is enough: what would lie farther out repeats what is there.
    edge = window // 2 + 1
    padded = cv2.copyMakeBorder(grey, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    return np.asarray(closed[edge:-edge, edge:-edge], np.uint8)


def grain(ink: Map) -> tuple[Map, Map]:
    """The paper's own mean and standard deviation around each pixel, (H, W) float32 each.

    From the lower part of what each tile holds, which ink does not reach unless it covers two
    thirds of it; what a tile says is bounded by what the whole picture says.
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
