"""Crops of small images that hold one digit and little else, as data sets and user code make them.

The digit is fitted into a square of 8 to 28 pixels, with its proportions or stretched more or
less, in two levels or in grey, and often enlarged again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import Coverage, Glyph
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.render import draw_glyph, sample_pen, sample_placement, sample_slant
from inkling.types import SIDE, Digits

Crop = Callable[[NDArray[np.uint8]], NDArray[np.uint8] | None]

DRAWN_SIDE = 96  # pixels; side of the image in which a glyph is drawn before it is fitted
SIDES = (8, 10, 12, 14, 16, 20, 24, 28)  # pixels; sides of the square
SIDE_PROBS = (0.2, 0.06, 0.07, 0.07, 0.3, 0.1, 0.05, 0.15)
STRETCH_PROBS = (0.4, 0.25, 0.35)  # not at all, to the whole square, between
COUNTED = 14  # pixels; in a smaller square of bits, a pixel is the mean of 4 x 4 bits
LARGEST = 300  # pixels; greatest side of an enlarged image
MOST_INK = 0.85  # greatest fraction of ink; a narrow 1 that is stretched becomes a black square
WAYS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Fit:
    """How a digit is fitted into a small square."""

    side: int  # pixels
    stretch: float  # 0 keeps the proportions, 1 fills the square, 0.5 lies midway (geometric mean)
    bits: bool  # two levels, or means of them in a square smaller than `COUNTED`
    margin: int  # pixels
    larger: int  # factor by which the image is then enlarged
    way: int  # OpenCV's interpolation for that


def sample_fit(rng: np.random.Generator) -> Fit:
    """Samples one way to store a digit."""
    side = int(rng.choice(SIDES, p=SIDE_PROBS))
    larger = int(rng.integers(2, LARGEST // side + 1)) if rng.random() < 0.5 else 1
    margin = int(rng.integers(1, 4)) if rng.random() < 0.3 else 0
    stretch = float(rng.choice((0.0, 1.0, rng.random()), p=STRETCH_PROBS))
    bits = bool(rng.random() < 0.45)
    return Fit(side, stretch, bits, margin, larger, int(rng.choice(WAYS)))


def fit_glyph(glyph: Glyph, fit: Fit, rng: np.random.Generator) -> NDArray[np.uint8] | None:
    """The glyph as a small image (H, W), light ink on dark. None if it has hardly any form left."""
    ink = _crop_to_ink(_draw(glyph, rng))
    if ink is None:
        return None
    counted = fit.bits and fit.side < COUNTED
    square = _fit_square(ink, fit.side * (4 if counted else 1), fit.stretch)
    if fit.bits:
        square = (square > rng.uniform(0.35, 0.6)).astype(np.float32)
    if counted:
        square = cv2.resize(square, (fit.side, fit.side), interpolation=cv2.INTER_AREA)
    if not 0 < (square > 0.5).mean() < MOST_INK:
        return None
    image = np.pad(square, fit.margin)
    if fit.larger > 1:
        size = (image.shape[1] * fit.larger, image.shape[0] * fit.larger)
        image = np.asarray(cv2.resize(image, size, interpolation=fit.way), np.float32)
    return np.rint(255 * image.clip(0, 1)).astype(np.uint8)


def crop_fitted(
    source: GlyphSource, count: int, crop: Crop, negatives: float, rng: np.random.Generator
) -> Digits:
    """`count` crops that the reader takes from fitted glyphs, a fraction `negatives` of no digit.

    `crop` returns the network's input (28, 28) uint8 of a small image, or None if there is none.
    """
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.int64)
    filled = 0
    while filled < count:
        glyph = source.negative() if rng.random() < negatives else source.digit()
        image = fit_glyph(glyph, sample_fit(rng), rng)
        pixels = None if image is None else crop(image)
        if pixels is not None:
            images[filled], labels[filled] = pixels, glyph.label
            filled += 1
    return Digits(images, labels, (*"0123456789", "none"))


def _draw(glyph: Glyph, rng: np.random.Generator) -> Coverage:
    patch = np.zeros((DRAWN_SIDE, DRAWN_SIDE), np.float32)
    middle = DRAWN_SIDE / 2
    place = sample_placement(glyph, middle, middle, 64.0, rng, 0.0, sample_slant(rng))
    draw_glyph(patch, glyph, place, sample_pen(rng), rng)
    return patch / max(float(patch.max()), 1e-6)


def _crop_to_ink(ink: Coverage) -> Coverage | None:
    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    if len(rows) < 8:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fit_square(ink: Coverage, side: int, stretch: float) -> Coverage:
    """The ink scaled to a square of `side` pixels, in its middle unless it fills the square."""
    height, width = ink.shape
    longest = max(height, width)
    size = (_fit_length(width, longest, side, stretch), _fit_length(height, longest, side, stretch))
    small = cv2.resize(
        ink, size, interpolation=cv2.INTER_AREA if side < longest else cv2.INTER_LINEAR
    )
    square = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square


def _fit_length(length: int, longest: int, side: int, stretch: float) -> int:
    """The length in pixels of one side of the ink, of which the longer one fills the square."""
    return max(1, round(side * (length / longest) ** (1 - stretch)))
