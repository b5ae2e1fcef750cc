"""From a photo to ink: polarity decided, light evened out, paper gone, ink 0 to 1.

The paper's brightness at a place is what a grey closing leaves when its window is a little wider
than the strokes: it follows shadows, their edges, a dark desk beside the sheet, and forgets ink.
How wide the strokes are, the picture itself says: the ink stops growing once the window is wider.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WORK_SIDE = 1024  # pixels; a picture is looked at no larger than this
SMALL_SIDE = 40  # pixels; a picture up to this is a thumbnail of one thing
PAPER_SIDE = 256  # pixels; the paper's brightness is worked out at this size
DARKEST_PAPER = 56.0  # grey levels; on darker paper, contrast is measured as if on this

Grey = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Light:
    """Ink (H, W) float32, 0 paper to about 1 black, at working size.

    `zoom` is working pixels for one pixel of the picture as given; `light_ink` says that the
    picture had light ink on dark ground; `noise` is the paper's own standard deviation on the
    scale of the ink.
    """

    ink: NDArray[np.float32]
    zoom: float
    light_ink: bool
    noise: float


def even_light(pixels: NDArray[np.uint8]) -> Light:
    """The ink of a picture (H, W) or (H, W, 3) uint8 under even light."""
    zoom = min(1.0, WORK_SIDE / max(pixels.shape[:2]))
    if zoom < 1:
        size = (max(1, round(pixels.shape[1] * zoom)), max(1, round(pixels.shape[0] * zoom)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    grey = to_grey(pixels)
    light_ink = has_light_ink(grey)
    if light_ink:
        grey = 255 - grey
    paper = paper_brightness(grey)
    ink = (paper - grey) / np.maximum(paper, DARKEST_PAPER)
    return Light(np.maximum(ink, 0), zoom, light_ink, _noise(ink))


def to_grey(pixels: NDArray[np.uint8]) -> Grey:
    """One channel (H, W), along the colour in which ink and paper differ most.

    Blue on white, red on squared blue, chalk: the strongest differences from a blurred copy say
    which mixture of channels shows the ink best. Weights stay positive, so light stays light.
    """
    if pixels.ndim == 2:
        return pixels
    factor = max(1, max(pixels.shape[:2]) // 200)
    small = cv2.resize(
        pixels,
        (max(1, pixels.shape[1] // factor), max(1, pixels.shape[0] // factor)),
        interpolation=cv2.INTER_AREA,
    )
    window = _odd(min(255, max(3, max(small.shape[:2]) // 4)))
    blurred = cv2.medianBlur(small, window) if min(small.shape[:2]) >= 3 else small
    difference = np.abs(small.astype(np.float32) - blurred.astype(np.float32)).reshape(-1, 3)
    strength = difference.sum(axis=1)
    strongest = difference[strength >= np.percentile(strength, 98)].mean(axis=0)
    weights = strongest + 0.05 * strongest.sum() + 1e-3
    weights = (weights / weights.sum()).astype(np.float32)
    return cv2.transform(pixels, weights[None])


def has_light_ink(grey: Grey) -> bool:
    """Whether the ink is lighter than its ground, from the whole picture.

    Ink is what there is less of, and what the picture's edge shows less of. Shading is taken off
    first, so that a shadow over half the page has no vote.
    """
    factor = max(1, max(grey.shape) // 128)
    size = (max(1, grey.shape[1] // factor), max(1, grey.shape[0] // factor))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    values = small.astype(np.float32)
    if max(grey.shape) > SMALL_SIDE and min(small.shape) >= 3:
        values -= cv2.medianBlur(small, _odd(min(255, max(small.shape) // 2)))
    low, high = np.percentile(values, [1, 99])
    lighter = values > _threshold(values, low, high)
    depth = max(1, min(values.shape) // 14)
    edge = np.ones(values.shape, bool)
    edge[depth:-depth, depth:-depth] = False
    return bool(0.6 * lighter.mean() + 0.4 * lighter[edge].mean() < 0.5)


def _threshold(values: NDArray[np.float32], low: float, high: float) -> float:
    """Midway between the means of the two sides of itself (Ridler and Calvard, 1978)."""
    threshold = (low + high) / 2
    for _ in range(4):
        above = values > threshold
        if not above.any() or above.all():
            break
        threshold = (float(values[above].mean()) + float(values[~above].mean())) / 2
    return threshold


def paper_brightness(grey: Grey) -> NDArray[np.float32]:
    """What each pixel would show without ink, (H, W) float32, for dark ink on lighter paper."""
    if max(grey.shape) <= SMALL_SIDE:
        level = np.percentile(grey, 90) if grey.size else 0
        values = grey[grey >= _threshold(grey.astype(np.float32), float(grey.min()), level)]
        return np.full(grey.shape, np.median(values) if values.size else level, np.float32)
    factor = max(1.0, max(grey.shape) / PAPER_SIDE)
    size = (max(1, round(grey.shape[1] / factor)), max(1, round(grey.shape[0] / factor)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    small = cv2.medianBlur(small, 3) if min(small.shape) >= 3 else small
    paper = _closing(small, _stroke_window(small))
    paper = cv2.GaussianBlur(paper, (0, 0), 2.0)
    paper = cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return paper.astype(np.float32)


def _stroke_window(small: Grey) -> int:
    """The narrowest closing window that takes the whole ink away; it has about two strokes."""
    longest = max(small.shape)
    windows = [_odd(int(longest * share)) for share in (0.04, 0.07, 0.12, 0.2, 0.33, 0.5)]
    depths = [_closing(small, window).astype(np.int16) - small for window in windows]
    top = float(np.percentile(depths[-1], 99.8))
    areas = [float((depth > max(8.0, 0.5 * top)).mean()) for depth in depths]
    for now, after, window in zip(areas, areas[1:], windows[1:], strict=False):
        if now > 0.002 and now > 0.88 * after:
            return window
    return windows[-1]


def _closing(grey: Grey, window: int) -> Grey:
    return cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))


def _noise(ink: NDArray[np.float32]) -> float:
    """Standard deviation of the paper's grain: the median difference of neighbours, scaled."""
    if ink.shape[1] < 2:
        return 0.0
    return float(np.median(np.abs(ink[:, 1:] - ink[:, :-1]))) / 0.954


def _odd(number: int) -> int:
    return max(3, number | 1)
