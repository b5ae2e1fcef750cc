"""Removes shading and paper from a photo: returns the ink, from 0 to 1, under even light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.channels import to_grey
from inkling.reading.preprocess.paper import CLOSE_BY, grain, paper_brightness
from inkling.reading.preprocess.pixels import Grey, Map, shrink
from inkling.reading.preprocess.polarity import has_light_ink

WORK_SIDE = 800  # pixels; greatest longer side at which an image is processed
DARKEST_PAPER = 56.0  # grey level; contrast on darker paper is measured relative to this level


@dataclass(frozen=True, eq=False)
class Light:
    """Ink (H, W) float32 at working size, from 0 for paper to about 1 for black.

    `zoom` is working pixels per pixel of the image as given. `light_ink` is true if the image has
    light ink on a dark background. `noise` (H, W) is the local standard deviation of the paper's
    grain, on the scale of the ink. `grey` (H, W) uint8 is the image before its light was evened,
    inverted if the ink is light.
    """

    ink: Map
    zoom: float
    light_ink: bool
    noise: Map
    grey: Grey


def even_light(
    pixels: NDArray[np.uint8], zoom: float = 1.0, light_ink: bool | None = None
) -> Light:
    """Extracts the ink of an image (H, W) or (H, W, 3) uint8 under even light.

    `zoom` is pixels passed here per pixel of the user's image; it is below 1 if the decoder reduced
    the image. `light_ink` is the polarity, or None to decide it from the image.
    """
    smaller = min(1.0, WORK_SIDE / max(pixels.shape[:2]))
    pixels = shrink(pixels, WORK_SIDE)
    grey = to_grey(pixels)
    if light_ink is None:
        light_ink = has_light_ink(grey)
    if light_ink:
        grey = 255 - grey
    paper = paper_brightness(grey)
    ink = ((paper - grey) / np.maximum(paper, DARKEST_PAPER)).astype(np.float32, copy=False)
    if max(ink.shape) > CLOSE_BY:
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8), np.float32)
    mean, noise = grain(ink)
    return Light(np.maximum(ink - mean, 0), zoom * smaller, light_ink, noise, grey)
