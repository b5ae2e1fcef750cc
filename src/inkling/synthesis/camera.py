"""Simulates a camera: blur, noise, exposure and compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import FloatImage


def blur(image: FloatImage, unit: float, rng: np.random.Generator) -> FloatImage:
    """Defocus or motion blur, up to a twelfth of the digit's height `unit` (pixels).

    One image in ten is so far out of focus that a thin stroke becomes a faint shade.
    """
    u = rng.random()
    if u < 0.75:
        far = 0.08 if u < 0.1 else 0.035
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 0.3 + far * unit)))
    length = max(2, int(unit * rng.uniform(0.02, 0.08)))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    for t in np.linspace(-middle, middle, 2 * length):
        kernel[round(middle + t * np.sin(angle)), round(middle + t * np.cos(angle))] = 1
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def add_noise(image: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Sensor noise, fine-grained or, as from small sensors, blotchy."""
    level = float(rng.uniform(0.003, 0.05))
    noise = rng.standard_normal(image.shape, np.float32)
    if rng.random() < 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), 1.0) * 2.5
    return image + noise * level


def compress(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The image after JPEG compression at quality 25 to 95."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))])
    flag = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, flag), dtype=np.uint8)


def expose(image: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Random contrast, brightness and gamma, as from automatic exposure."""
    if rng.random() < 0.4:
        image = image.clip(0, 1.2) ** np.float32(rng.uniform(0.7, 1.5))
    if rng.random() < 0.4:
        gain = np.float32(rng.uniform(0.6, 1.15))
        image = image * gain + np.float32(rng.uniform(0, 1 - min(gain, 1)))
    return image


def quantise(image: FloatImage) -> NDArray[np.uint8]:
    """0..1 float32 -> 0..255 uint8, values outside the range clipped."""
    return (image.clip(0, 1) * 255 + 0.5).astype(np.uint8)
