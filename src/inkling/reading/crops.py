"""All steps before the network: from a picture to the 28x28 crops that it is shown.

Training cuts its composed pictures with the same function, so that the network learns from what
it will see.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.light import Light, even_light
from inkling.reading.normalise import normalise
from inkling.reading.segment import Part, Segments, segment
from inkling.types import Box

PATCH = 64  # pixels; the longest side at which a part's strokes are measured and evened
MARGIN = 6  # pixels around it, room for a hairline to grow


@dataclass(frozen=True, eq=False)
class Crop:
    """One part of a picture: where it stands, and its ink as the network sees it.

    `pixels` is (28, 28) uint8, light ink on dark. `stroke_width` is in pixels of that field,
    before it was evened; `contrast` is the ink's darkness, 0 to 1; `row` counts lines of text.
    """

    box: Box
    pixels: NDArray[np.uint8]
    stroke_width: float
    contrast: float
    row: int


def find_crops(image: NDArray[np.uint8]) -> list[Crop]:
    """The crops of a picture (H, W) grey or (H, W, 3) RGB, uint8, in reading order.

    Empty where there is no ink. Box coordinates are the picture's own pixels.
    """
    light = even_light(image)
    return cut_crops(light, segment(light))


def cut_crops(light: Light, segments: Segments) -> list[Crop]:
    """The crop of each part that was found in a picture's ink."""
    if not segments.parts:
        return []
    patches = [patch_of(light, segments, part) for part in segments.parts]
    normalised = normalise(np.stack(patches))
    return [
        Crop(
            _box(part, light.zoom),
            normalised.pixels[index],
            float(normalised.stroke_width[index]),
            part.level,
            segments.rows[index],
        )
        for index, part in enumerate(segments.parts)
    ]


def patch_of(light: Light, segments: Segments, part: Part) -> NDArray[np.float32]:
    """A part's ink alone, at most 64 pixels long, in the middle of a (76, 76) float32 field."""
    height, width = light.ink.shape
    x, y = max(0, part.x - 2), max(0, part.y - 2)
    right, bottom = min(width, part.x + part.w + 2), min(height, part.y + part.h + 2)
    own = np.isin(segments.labels[y:bottom, x:right], part.labels).astype(np.uint8)
    # One pixel more on each side: the anti-aliased edge is below the threshold, yet ink.
    own = cv2.dilate(own, np.ones((3, 3), np.uint8))
    ink = np.minimum(light.ink[y:bottom, x:right] / max(part.level, 1e-3), 1) * own
    longest = max(ink.shape)
    if longest > PATCH:
        size = (
            max(1, round(ink.shape[1] * PATCH / longest)),
            max(1, round(ink.shape[0] * PATCH / longest)),
        )
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    field = np.zeros((PATCH + 2 * MARGIN, PATCH + 2 * MARGIN), np.float32)
    top, left = (len(field) - ink.shape[0]) // 2, (len(field) - ink.shape[1]) // 2
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return field


def _box(part: Part, zoom: float) -> Box:
    x, y = int(part.x / zoom), int(part.y / zoom)
    return Box(x, y, max(1, round(part.w / zoom)), max(1, round(part.h / zoom)))
