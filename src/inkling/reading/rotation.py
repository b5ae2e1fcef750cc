"""Images that lie on a side or upside down: when to rotate them, and where their boxes stand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from inkling.reading.preprocess.photo import Photo
from inkling.types import Box, Reading, Rotation

ROTATIONS: tuple[Rotation, ...] = (90, 180, 270)  # degrees clockwise
FEWEST = 5  # parts; fewer digits say too little about how an image lies
COMPLETE = 0.9  # `completeness` of an answer that needs no other look, and that a rotation reaches
CLEARLY = 0.15  # by how much a rotation must be better than the image as it lies


def rotate_photo(photo: Photo, degrees: Rotation) -> Photo:
    """The photo rotated clockwise."""
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, -(degrees // 90)))
    width, height = photo.width, photo.height
    return Photo(pixels, height, width) if degrees % 180 else Photo(pixels, width, height)


def restore_boxes(reading: Reading, degrees: Rotation, width: int, height: int) -> Reading:
    """The reading of a rotated image with its boxes in the image as given, `width` x `height`."""
    if not degrees:
        return reading
    back = _inverse(degrees, width, height)
    return replace(
        reading,
        digits=tuple(replace(digit, box=back(digit.box)) for digit in reading.digits),
        others=tuple(replace(mark, box=back(mark.box)) for mark in reading.others),
        rotation=degrees,
    )


def _inverse(degrees: Rotation, width: int, height: int) -> Callable[[Box], Box]:
    if degrees == 90:
        return lambda box: Box(box.y, height - box.x - box.w, box.h, box.w)
    if degrees == 180:
        return lambda box: Box(width - box.x - box.w, height - box.y - box.h, box.w, box.h)
    return lambda box: Box(width - box.y - box.h, box.x, box.h, box.w)


def completeness(reading: Reading) -> float:
    """How much of an image was read, and how surely: confidences summed, divided by its parts."""
    parts = len(reading.digits) + len(reading.others)
    return sum(digit.confidence for digit in reading.digits) / max(parts, 1)


def may_be_rotated(reading: Reading) -> bool:
    """Whether an image holds several parts and too little of it was read as it lies."""
    several = len(reading.digits) + len(reading.others) >= FEWEST
    return several and reading.verdict != "digits" and completeness(reading) < COMPLETE


def choose_rotation(readings: dict[Rotation, Reading]) -> Rotation:
    """The rotation by which an image is read best; 0 unless another one is clearly better.

    A list of single digits is not taken for a row on its side, and 0000 not for itself upside down.
    Measured on `benchmarks/pages.py`, 12 sheets a kind: all 12 rotated pages, no other image.
    """
    best = max(readings, key=lambda degrees: completeness(readings[degrees]))
    found = readings[best]
    clear = completeness(found) >= max(COMPLETE, completeness(readings[0]) + CLEARLY)
    in_rows = len(found.digits) >= max(FEWEST, 2 * len(found.lines))  # a row on its side is a list
    return best if clear and in_rows else 0
