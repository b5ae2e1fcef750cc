"""The short way for drawings: all that differs from a ground of one colour is ink.

What comes from a canvas, a drawing program or a scanner's threshold needs no light evened and no
writing told from rulings. Where the network is then not sure of every part, the picture goes the
long way after all.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.light import Light
from inkling.reading.preprocess.pixels import percentile, shrink

FLAT_SIDE = 512  # pixels; a flat picture is looked at no larger than this
EVEN = 8  # grey levels by which a flat ground may vary, as JPEG leaves it
GROUND = 0.6  # of the picture, at least
CONTRAST = 72  # grey levels between the ground and the ink, at least
GAP = 0.35  # of the ink's contrast; above EVEN and below this hardly anything lies
SMEAR = 0.04  # of the picture that may lie there: the strokes' soft edges


def make_drawing_map(pixels: NDArray[np.uint8], zoom: float = 1.0) -> TextMap | None:
    """The writing of a picture (H, W) or (H, W, 3) uint8 on a flat ground; None for any other."""
    smaller = min(1.0, FLAT_SIDE / max(pixels.shape[:2]))
    pixels = shrink(pixels, FLAT_SIDE)
    ground = np.median(_sample(pixels), axis=0).round()
    away = cv2.absdiff(pixels, np.broadcast_to(ground.astype(np.uint8), pixels.shape).copy())
    differs = np.asarray(away if away.ndim == 2 else away.max(axis=2), np.uint8)
    inked = differs[differs > EVEN]
    if differs.size - inked.size < GROUND * differs.size or not inked.size:
        return None
    contrast = percentile(inked, 80)
    smeared = int((inked < GAP * contrast).sum())
    if contrast < CONTRAST or smeared > SMEAR * differs.size:
        return None
    ink = differs.astype(np.float32) / np.float32(255)
    ink[differs <= EVEN] = 0
    light_ink = bool(ground.mean() < 128)
    light = Light(ink, zoom * smaller, light_ink, np.zeros_like(ink), 255 - differs)
    return TextMap(light, np.minimum(ink * np.float32(255 / contrast), 1), 0)


def _sample(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels spread over the picture, (N,) or (N, 3)."""
    flat = pixels.reshape(-1, *pixels.shape[2:])
    return flat[:: max(1, len(flat) // 2048) | 1]
