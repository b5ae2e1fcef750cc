"""From the sheet to the file: turning, lens, sensor, size and compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.compose.fields import Map


def blur(picture: Map, unit: float, rng: np.random.Generator) -> Map:
    """Out of focus, or moved during the shot, by up to a twelfth of the digit's height `unit`.

    One in ten is so far out of focus that a thin stroke is a shade.
    """
    luck = rng.random()
    if luck < 0.75:
        far = 0.08 if luck < 0.1 else 0.035
        return cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.3 + far * unit)))
    length = max(2, int(unit * rng.uniform(0.02, 0.08)))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    for t in np.linspace(-middle, middle, 2 * length):
        kernel[round(middle + t * np.sin(angle)), round(middle + t * np.cos(angle))] = 1
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def add_noise(picture: Map, rng: np.random.Generator) -> Map:
    """A sensor's noise, fine or, as in small phones, in lumps."""
    level = float(rng.uniform(0.003, 0.05))
    noise = rng.standard_normal(picture.shape, np.float32)
    if rng.random() < 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), 1.0) * 2.5
    return picture + noise * level


def compress(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture after a trip through JPEG at quality 25 to 95."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))])
    flag = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, flag), dtype=np.uint8)


def expose(picture: Map, rng: np.random.Generator) -> Map:
    """Contrast, brightness and gamma of a camera that decides for itself."""
    if rng.random() < 0.4:
        picture = picture.clip(0, 1.2) ** np.float32(rng.uniform(0.7, 1.5))
    if rng.random() < 0.4:
        gain = np.float32(rng.uniform(0.6, 1.15))
        picture = picture * gain + np.float32(rng.uniform(0, 1 - min(gain, 1)))
    return picture


def quantise(picture: Map) -> NDArray[np.uint8]:
    """0..1 float32 -> 0..255 uint8, what is beyond cut off."""
    return (picture.clip(0, 1) * 255 + 0.5).astype(np.uint8)
