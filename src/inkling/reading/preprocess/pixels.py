"""Array types for images; functions for resizing, percentiles and grey-scale closing."""

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (H, W), 0 black to 255 white
Map = NDArray[np.float32]  # (H, W), one number per pixel
Mask = NDArray[np.uint8]  # (H, W), 0 or 1
Labels = NDArray[np.int32]  # (H, W), the label of each pixel's component; 0 for none
SAMPLE = 4_096  # values; a percentile of this many has an error of about one percent
Pixel = TypeVar("Pixel", bound=np.generic)


def shrink(pixels: NDArray[Pixel], longest: int) -> NDArray[Pixel]:
    """Reduces an image to a longer side of at most `longest` pixels, by averaging areas."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    scale = longest / max(height, width)
    return resize(pixels, (max(1, round(height * scale)), max(1, round(width * scale))))


def resize(pixels: NDArray[Pixel], shape: tuple[int, ...]) -> NDArray[Pixel]:
    """Resizes an image to `shape` (height, width) by averaging areas or by interpolation."""
    if pixels.shape[:2] == tuple(shape):
        return pixels
    smaller = shape[0] * shape[1] < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    source: Any = pixels
    resized: Any = cv2.resize(source, (shape[1], shape[0]), interpolation=method)
    return resized


def percentile(values: NDArray[Any], rank: float) -> float:
    """A percentile of an array. For a large array, that of an evenly spaced sample."""
    return percentiles(values, rank)[0]


def percentiles(values: NDArray[Any], *ranks: float) -> list[float]:
    """Several percentiles of an array, as `percentile` computes them, with one sort."""
    flat = values.ravel()
    # An odd step avoids sampling only a few columns of an image of even width.
    step = max(1, flat.size // SAMPLE) | 1
    ordered = np.sort(flat[::step])
    last = len(ordered) - 1
    return [float(ordered[round(last * rank / 100)]) for rank in ranks]


def odd(number: int) -> int:
    """The next odd number, at least 3: the size of a filter window."""
    return max(3, number | 1)


def closing(grey: Grey, window: int) -> Grey:
    """Grey-scale closing of the padded image. Without padding, dark corners would count as ink."""
    # Half a window is enough: more padding would only repeat the same pixels.
    edge = window // 2 + 1
    padded = cv2.copyMakeBorder(grey, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    return np.asarray(closed[edge:-edge, edge:-edge], np.uint8)
