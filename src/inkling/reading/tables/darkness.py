"""How dark each pixel is under even light, in whichever colour its ink shows best."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.light import (
    DARKEST_PAPER,
    has_light_ink,
    paper_brightness,
    to_grey,
)
from inkling.reading.preprocess.pixels import Map, shrink

SIDE = 2400  # pixels; tables are read no larger than this
FINDING = 1200  # pixels; and found at no more than this


@dataclass(frozen=True, eq=False)
class Darkness:
    """Ink (H, W) float32, 0 paper to about 1 black: `found` for lines, `ink` for strokes.

    `ink` is the darkest of the three colours, so red print and blue pens both show; `zoom` is its
    pixels for one pixel of the photo, `finding` pixels of `found` for one of `ink`.
    """

    ink: Map
    found: Map
    zoom: float
    finding: float
    light_ink: bool


def see_darkness(pixels: NDArray[np.uint8], zoom: float = 1.0) -> Darkness:
    """The darkness of a photo (H, W) or (H, W, 3) uint8 that was decoded at `zoom`."""
    smaller = min(1.0, SIDE / max(pixels.shape[:2]))
    pixels = shrink(pixels, SIDE)
    small = shrink(pixels, FINDING)
    grey = to_grey(small)
    light_ink = has_light_ink(grey)
    if light_ink:
        pixels, grey = 255 - pixels, 255 - grey
    found = _above_paper(grey)
    ink = found if pixels.ndim == 2 and pixels.shape == grey.shape else _darkest(pixels)
    return Darkness(ink, found, zoom * smaller, max(grey.shape) / max(ink.shape), light_ink)


def _darkest(pixels: NDArray[np.uint8]) -> Map:
    """The largest darkness of each pixel over its colours, (H, W) float32."""
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
