"""Converts stored pixel values to 8-bit grey: value ranges, colour channels, flat rows."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.options import Options, ask
from inkling.errors import DataError
from inkling.types import MEAN, STD

SIDE_RANGE = (4, 256)  # pixels; least and greatest side of an image in an array
# How much rougher the wrong order of colour channels must be. Measured on CIFAR-like images and on
# digits in colour: at least 2.1 times.
ROUGHER = 1.3
LOW, HIGH = -MEAN / STD, (1 - MEAN) / STD  # MNIST's pixels after torchvision's Normalize


@dataclass(frozen=True)
class PixelScale:
    """Maps a stored value v to (v - `low`) / (`high` - `low`) * 255. `name` is a description."""

    name: str
    low: float
    high: float

    def apply(self, pixels: NDArray, label: str, first_row: int = 1) -> NDArray[np.uint8]:
        """Converts pixels to uint8. Raises `DataError` if one is outside the range."""
        if pixels.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return pixels
        slack = (self.high - self.low) / 500
        smallest, largest = float(pixels.min(initial=0)), float(pixels.max(initial=0))
        if not (smallest >= self.low - slack and largest <= self.high + slack):
            wrong = np.argwhere(~((pixels >= self.low - slack) & (pixels <= self.high + slack)))[0]
            raise DataError(
                f"{label}, row {wrong[0] + first_row}: pixel {pixels[tuple(wrong)]} is not within "
                f"{self.low:g}..{self.high:g}"
            )
        values = (pixels.astype(np.float32) - self.low) * (255 / (self.high - self.low))
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)


SCALES = {
    "0-1": PixelScale("0 to 1", 0, 1),
    "-1-1": PixelScale("-1 to 1", -1, 1),
    "0-16": PixelScale("0 to 16", 0, 16),
    "0-255": PixelScale("0 to 255", 0, 255),
    "0-65535": PixelScale("0 to 65535", 0, 65535),
    "mnist": PixelScale("normalised with mean 0.1307 and sd 0.3081", LOW, HIGH),
}


def choose_scale(pixels: NDArray, name: str, options: Options, first_row: int = 1) -> PixelScale:
    """Decides the range of the stored values. Raises `DataError` if it is uncertain."""
    wanted = options.get("pixels")
    if wanted:
        return SCALES[wanted]
    if pixels.dtype == bool:
        return SCALES["0-1"]
    if pixels.dtype.kind not in "uif":
        raise DataError(f"{name}: pixels must be numbers, got {pixels.dtype}")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        row = int(np.argwhere(~np.isfinite(pixels))[0][0])
        raise DataError(f"{name}, row {row + first_row}: a pixel is not a finite number")
    low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
    return _negative(low, high, name) if low < 0 else _positive(pixels, high, name, first_row)


def _positive(pixels: NDArray, high: float, name: str, first_row: int) -> PixelScale:
    if high <= 1:
        return SCALES["0-1"]
    if high > 255:
        return _wide(pixels, high, name, first_row)
    if high <= 16:
        if pixels[0].size == 64:  # 8x8 scans of scikit-learn and UCI: 0 to 16
            return SCALES["0-16"]
        raise ask(name, f"{name}: the largest pixel is {high:g}", "pixels", "0-16", "0-255")
    return SCALES["0-255"]


def _negative(low: float, high: float, name: str) -> PixelScale:
    if low >= -1.001 and high <= 1.001:
        return SCALES["-1-1"]
    if abs(low - LOW) < 0.01 and abs(high - HIGH) < 0.05:
        return SCALES["mnist"]
    raise DataError(
        f"{name}: pixels run from {low:g} to {high:g}; expected 0..1, -1..1, 0..255, or MNIST's "
        "own normalisation. Convert them to 0..255 first"
    )


def _wide(pixels: NDArray, high: float, name: str, first_row: int) -> PixelScale:
    if pixels.dtype == np.uint16 and high > 4096:
        return SCALES["0-65535"]
    row = int(np.argwhere(pixels > 255)[0][0])
    raise DataError(
        f"{name}, row {row + first_row}: pixel {high:g} is not within 0..255 "
        f"(for 16-bit data, use --data '{name}#pixels=0-65535')"
    )


def square_side(count: int) -> tuple[int, int] | None:
    """Side and channels of square images of `count` values: k*k or 3*k*k. None for other counts."""
    for channels in (1, 3):
        side = math.isqrt(count // channels)
        if side * side * channels == count and SIDE_RANGE[0] <= side <= SIDE_RANGE[1]:
            return side, channels
    return None


def unflatten(rows: NDArray, name: str, options: Options) -> NDArray:
    """Reshapes rows (N, k*k) or (N, 3*k*k) to (N, k, k) or (N, k, k, 3). Raises `DataError`."""
    shape = square_side(rows.shape[1])
    if shape is None:
        raise DataError(
            f"{name}: {rows.shape[1]:,} values per image are not a square image "
            "(28x28 has 784, 32x32 in colour 3,072)"
        )
    side, channels = shape
    if channels == 1:
        return rows.reshape(-1, side, side)
    last = rows.reshape(-1, side, side, 3)
    first = rows.reshape(-1, 3, side, side).transpose(0, 2, 3, 1)
    order = options.get("channels") or _channel_order(first, last)
    if order is None:
        raise ask(name, f"{name}: the order of colours and pixels is ambiguous", "channels",
                  "first", "last")  # fmt: skip
    return first if order == "first" else last


def _channel_order(first: NDArray, last: NDArray) -> str | None:
    """The order in which neighbouring pixels are similar. None if both orders are alike."""
    rough = [
        float(np.abs(np.diff(images[:200].astype(np.float32), axis=2)).mean())
        for images in (first, last)
    ]
    if rough[1] > ROUGHER * rough[0]:
        return "first"
    return "last" if rough[0] > ROUGHER * rough[1] else None


def images_first(array: NDArray, count: int | None, name: str, options: Options) -> NDArray:
    """Converts a common array of images to (N, H, W) or (N, H, W, 3).

    `count` is the number of labels, if any: it separates (28, 28, N) from (N, 28, 28).
    Raises `DataError` for other shapes.
    """
    if array.ndim > 1 and count and len(array) != count and array.shape[-1] == count:
        array = np.moveaxis(array, -1, 0)
    if array.ndim == 2:
        return unflatten(array, name, options)
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    if array.ndim == 4 and array.shape[1] == 3 != array.shape[3]:
        array = array.transpose(0, 2, 3, 1)
    if array.ndim == 4 and array.shape[3] == 4:
        array = array[..., :3]
    sides = array.shape[1:3]
    good = array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)
    if not good or not all(SIDE_RANGE[0] <= side <= SIDE_RANGE[1] for side in sides):
        raise DataError(
            f"{name}: images have the shape {array.shape}; expected (N, height, width), "
            "(N, 784), or with colours (N, height, width, 3)"
        )
    return array


def to_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Converts (N, H, W) or (N, H, W, 3) uint8 to (N, H, W) by the luma of ITU-R BT.601."""
    if pixels.ndim == 3:
        return pixels
    flat = np.ascontiguousarray(pixels).reshape(len(pixels), -1, 3)
    grey = np.asarray(cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY), np.uint8)
    return grey.reshape(pixels.shape[:3])
