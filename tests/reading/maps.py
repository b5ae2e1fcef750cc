"""Text maps and parts with known pixels, for tests of single steps."""

import numpy as np
from numpy.typing import ArrayLike

from inkling.reading.detect.parts import Part
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.light import Light


def text_map(
    ink: ArrayLike,
    prob: ArrayLike | None = None,
    *,
    detail: float = 0.0,
    zoom: float = 1.0,
    noise: float = 0.0,
) -> TextMap:
    """A map whose ink (H, W) and probabilities (H, W), by default the ink, are given."""
    dark = np.asarray(ink, np.float32)
    grey = np.clip(255 - 255 * dark, 0, 255).astype(np.uint8)
    light = Light(dark, zoom, False, np.full_like(dark, noise), grey)
    return TextMap(light, dark if prob is None else np.asarray(prob, np.float32), detail)


def make_box(
    x: int,
    y: int,
    w: int,
    h: int,
    *,
    label: int = 1,
    area: int | None = None,
    level: float = 1.0,
    prob: float = 1.0,
) -> Part:
    """A part by its box; it fills the box where no area is given."""
    return Part((label,), x, y, w, h, w * h if area is None else area, level, prob)
