"""Small helpers over OpenCV: arrays in, arrays of the same kind out."""

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # (H, W), 0 black to 255 white
Map = NDArray[np.float32]  # (H, W), one number a pixel
Mask = NDArray[np.uint8]  # (H, W) of 0 and 1
Labels = NDArray[np.int32]  # (H, W), which part each pixel belongs to; 0 none
SAMPLE = 4_096  # values; a percentile of so many is right to one percent
Pixel = TypeVar("Pixel", bound=np.generic)


def shrink(pixels: NDArray[Pixel], longest: int) -> NDArray[Pixel]:
    """The picture with its longer side at most `longest` pixels, by averaging areas."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    scale = longest / max(height, width)
    return resize(pixels, (max(1, round(height * scale)), max(1, round(width * scale))))


def resize(pixels: NDArray[Pixel], shape: tuple[int, ...]) -> NDArray[Pixel]:
    """The picture at `shape` (height, width): averaged when smaller, interpolated when larger."""
    if pixels.shape[:2] == tuple(shape):
        return pixels
    smaller = shape[0] * shape[1] < pixels.shape[0] * pixels.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    source: Any = pixels
    resized: Any = cv2.resize(source, (shape[1], shape[0]), interpolation=way)
    return resized


def percentile(values: NDArray[Any], share: float) -> float:
    """A percentile of any array; of a large one, of an evenly spread sample."""
    return percentiles(values, share)[0]


def percentiles(values: NDArray[Any], *shares: float) -> list[float]:
    """Some percentiles of any array, each as `percentile` gives it, at the price of one."""
    flat = values.ravel()
    # A step that shares no factor with the width does not run down a few columns only.
    step = max(1, flat.size // SAMPLE) | 1
    ordered = np.sort(flat[::step])
    last = len(ordered) - 1
    return [float(ordered[round(last * share / 100)]) for share in shares]


def odd(number: int) -> int:
    """The next odd number that can be a window: 3 or more."""
    return max(3, number | 1)
