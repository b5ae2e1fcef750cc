"""Computes the darkness of each pixel under even light, in the colour in which ink is darkest."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.channels import to_grey
from inkling.reading.preprocess.light import DARKEST_PAPER
from inkling.reading.preprocess.paper import paper_brightness
from inkling.reading.preprocess.pixels import Map, shrink
from inkling.reading.preprocess.polarity import has_light_ink, stroke_balance

TABLE_SIDE = 2400  # pixels; greatest longer side at which tables are read
FINDING = 1200  # pixels; greatest longer side at which tables are found


@dataclass(frozen=True, eq=False)
class Darkness:
    """The darkness of an image (H, W) float32, from 0 for paper to about 1 for black.

    `found` is for finding lines, `ink` for reading strokes. `ink` is the darkest of the three
    channels, so that red print and blue pens both show. `zoom` is pixels of `ink` per pixel of the
    photo. `finding` is pixels of `found` per pixel of `ink`.
    """

    ink: Map
    found: Map
    zoom: float
    finding: float
    light_ink: bool


def see_darkness(pixels: NDArray[np.uint8], zoom: float = 1.0) -> Darkness:
    """Computes the darkness of a photo (H, W) or (H, W, 3) uint8 that was decoded at `zoom`."""
    smaller = min(1.0, TABLE_SIDE / max(pixels.shape[:2]))
    pixels = shrink(pixels, TABLE_SIDE)
    small = shrink(pixels, FINDING)
    grey = to_grey(small)
    light_ink = has_light_strokes(grey)
    if light_ink:
        pixels, grey = 255 - pixels, 255 - grey
    found = _above_paper(grey)
    ink = found if pixels.ndim == 2 and pixels.shape == grey.shape else _darkest(pixels)
    return Darkness(ink, found, zoom * smaller, max(grey.shape) / max(ink.shape), light_ink)


def has_light_strokes(grey: NDArray[np.uint8]) -> bool:
    """Whether the strokes and lines of an image (H, W) are lighter than what is beside them.

    Lines are thin, so thin strokes decide. Where there are none, the fractions of light and dark
    decide.
    """
    balance = stroke_balance(grey)
    return balance > 0 if balance else has_light_ink(grey)


def _darkest(pixels: NDArray[np.uint8]) -> Map:
    """The greatest darkness of each pixel over its channels, (H, W) float32."""
    if pixels.ndim == 2:
        return _above_paper(pixels)
    best: Map | None = None
    for channel in cv2.split(pixels):
        ink = _above_paper(np.asarray(channel, np.uint8))
        best = ink if best is None else np.maximum(best, ink, out=best)
    assert best is not None
    return best


def _above_paper(grey: NDArray[np.uint8]) -> Map:
    paper = paper_brightness(grey)
    ink = (paper - grey) / np.maximum(paper, np.float32(DARKEST_PAPER))
    np.maximum(ink, 0, out=ink)
    return ink.astype(np.float32, copy=False)
