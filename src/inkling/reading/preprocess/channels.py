"""Mixes the colour channels of an image into one grey channel."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Grey, Map, odd, percentile, shrink

OPPOSED = 1.4  # least gain of contrast by weights that follow a difference of colour


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
