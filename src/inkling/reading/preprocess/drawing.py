"""The fast path for drawings: on a uniform background, everything of another colour is ink.

Images from a canvas, a drawing program or a thresholded scan need neither even light nor the text
map network. If the digit network is then unsure of any part, the image takes the slow path.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.light import Light
from inkling.reading.preprocess.pixels import percentile, shrink

FLAT_SIDE = 512  # pixels; greatest longer side at which a drawing is processed
EVEN = 8  # grey levels by which a uniform background may vary, for example after JPEG
BACKGROUND = 0.6  # least fraction of the image that is background
CONTRAST = 72  # least contrast between the background and the ink, in grey levels
GAP = 0.35  # of the ink's contrast; between EVEN and this lie only the soft edges of strokes
SMEAR = 0.04  # greatest fraction of the image that lies there


def make_drawing_map(pixels: NDArray[np.uint8], zoom: float = 1.0) -> TextMap | None:
    """The text map of a drawing (H, W) or (H, W, 3) uint8. None for all other images."""
    smaller = min(1.0, FLAT_SIDE / max(pixels.shape[:2]))
    pixels = shrink(pixels, FLAT_SIDE)
    background = np.median(_sample(pixels), axis=0).round()
    away = cv2.absdiff(pixels, np.broadcast_to(background.astype(np.uint8), pixels.shape).copy())
    differs = np.asarray(away if away.ndim == 2 else away.max(axis=2), np.uint8)
    inked = differs[differs > EVEN]
    if differs.size - inked.size < BACKGROUND * differs.size or not inked.size:
        return None
    contrast = percentile(inked, 80)
    smeared = int((inked < GAP * contrast).sum())
    if contrast < CONTRAST or smeared > SMEAR * differs.size:
        return None
    ink = differs.astype(np.float32) / np.float32(255)
    ink[differs <= EVEN] = 0
    light_ink = bool(background.mean() < 128)
    light = Light(ink, zoom * smaller, light_ink, np.zeros_like(ink), 255 - differs)
    return TextMap(light, np.minimum(ink * np.float32(255 / contrast), 1), 0)


def _sample(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An evenly spaced sample of the pixels, (N,) or (N, 3)."""
    flat = pixels.reshape(-1, *pixels.shape[2:])
    return flat[:: max(1, len(flat) // 2048) | 1]
