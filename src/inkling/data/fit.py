"""Converts images of other sizes to 28x28 by MNIST's rule.

The ink is scaled so that its longer side is 20 pixels, and its centre of mass is put in the
middle of 28x28 (LeCun, Cortes and Burges, 1998). In images with a side of over 64 pixels, which
are photos and scans, the reader finds the ink first. Images of 28x28 stay as they are.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.crops import to_thumbnail
from inkling.types import SIDE

DIGIT_SIDE = 20  # pixels; MNIST's digits fill 20 of 28
MAX_ARRAY_SIDE = 64  # pixels; larger images are treated as photos
MIN_CONTRAST = 24  # grey levels; least contrast of ink
INK_LEVEL = 0.2  # of the darkest ink; fainter ink does not count for the size
RULES = {
    "ink": "the ink is scaled to 20 pixels and its centre of mass moved to the middle of 28x28, "
    "as in MNIST",
    "whole": "the whole image is padded to a square and resized to 28x28",
}


def fit_images(images: NDArray[np.uint8], rule: str = "ink") -> NDArray[np.uint8]:
    """Converts images (N, H, W) uint8, light ink on dark, to (N, 28, 28) uint8."""
    if images.shape[1:] == (SIDE, SIDE):
        return images
    fit = _fit_whole if rule == "whole" else _fit_light
    return np.stack([fit(image) for image in images])


def fit_photo(image: NDArray[np.uint8], rule: str = "ink") -> NDArray[np.uint8]:
    """Converts a photo (H, W) or (H, W, 3) uint8 of either polarity to (28, 28) uint8."""
    if image.shape[:2] == (SIDE, SIDE) or (max(image.shape[:2]) > MAX_ARRAY_SIDE and rule == "ink"):
        return to_thumbnail(image)
    grey = (
        image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    )
    if dark_ink(grey[None]):
        grey = 255 - grey
    return fit_images(grey[None], rule)[0]


def dark_ink(images: NDArray[np.uint8]) -> bool:
    """Whether images (N, H, W) have dark ink: most of their border pixels are light."""
    edge = np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])
    return len(edge) > 0 and bool(np.median(edge) >= 128)


def _fit_light(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Converts one image (H, W), light ink on dark. Zeros if it has no ink."""
    edge = np.concatenate([image[[0, -1]].ravel(), image[:, [0, -1]].ravel()])
    background = min(int(np.median(edge)), 127)
    ink = np.clip(image.astype(np.float32) - background, 0, None)
    if float(ink.max(initial=0)) < MIN_CONTRAST:
        return np.zeros((SIDE, SIDE), np.uint8)
    return place_ink(ink * (255 / (255 - background)))


def place_ink(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Converts ink (H, W), 0 to 255, of any size up to 64 to (28, 28) uint8."""
    # The ink is measured on an enlarged image, because a pixel of 8x8 is an eighth of a digit.
    zoom = max(1, round(MAX_ARRAY_SIDE / max(ink.shape)))
    if zoom > 1:
        framed = cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        large = cv2.resize(framed, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
        ink = np.clip(np.asarray(large, np.float32), 0, 255)
    inside = ink > INK_LEVEL * ink.max()
    rows, columns = (np.nonzero(inside.any(axis=axis))[0] for axis in (1, 0))
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    scale = DIGIT_SIDE / extent
    if scale < 1:  # blur before sampling, so that thin strokes are not lost
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.4 / scale), np.float32)
    mass = ink.sum()
    y = float((np.arange(ink.shape[0]) @ ink.sum(axis=1)) / mass)
    x = float((np.arange(ink.shape[1]) @ ink.sum(axis=0)) / mass)
    middle = (SIDE - 1) / 2
    matrix = np.array([[scale, 0, middle - scale * x], [0, scale, middle - scale * y]], np.float32)
    placed = cv2.warpAffine(ink, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.clip(np.rint(np.asarray(placed)), 0, 255).astype(np.uint8)


def _fit_whole(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pads one image (H, W) to a square by repeating its border, and resizes it."""
    height, width = image.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = cv2.copyMakeBorder(
        image, top, side - height - top, left, side - width - left, cv2.BORDER_REPLICATE
    )
    method = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=method), np.uint8)
