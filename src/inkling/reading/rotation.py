"""Rotation of sideways and upside-down images: when to rotate, and how to map boxes back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from inkling.reading.decisions import DEFAULT, Decisions
from inkling.reading.preprocess.photo import Photo
from inkling.types import Box, Reading, Rotation

ROTATIONS: tuple[Rotation, ...] = (90, 180, 270)  # degrees clockwise
FEWEST = 5  # digits; with fewer, the rotation of an image is uncertain


def rotate_photo(photo: Photo, degrees: Rotation) -> Photo:
    """The photo rotated clockwise."""
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, -(degrees // 90)))
    decode = photo.decode
    turned = None if decode is None else lambda side: rotate_photo(decode(side), degrees)
    width, height = photo.width, photo.height
    if degrees % 180:
        width, height = height, width
    return Photo(pixels, width, height, turned)


def restore_boxes(reading: Reading, degrees: Rotation, width: int, height: int) -> Reading:
    """Maps the boxes of a rotated image back to the image as given, `width` x `height` pixels."""
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
    """The sum of the confidences of the digits, divided by the number of parts of the image."""
    parts = len(reading.digits) + len(reading.others)
    return sum(digit.confidence for digit in reading.digits) / max(parts, 1)


def may_be_rotated(reading: Reading, decisions: Decisions = DEFAULT) -> bool:
    """Whether an image has several parts and too few of them were read."""
    several = len(reading.digits) + len(reading.others) >= FEWEST
    poor = completeness(reading) < decisions.rotation_complete
    return several and reading.verdict != "digits" and poor


def choose_rotation(readings: dict[Rotation, Reading], decisions: Decisions = DEFAULT) -> Rotation:
    """Selects the rotation with the best reading; 0 unless another one is clearly better.

    A list of single digits is not rotated into a row, and 0000 is not turned upside down.
    Measured with `benchmarks/pages.py`, 12 sheets of each kind: it rotates all 12 rotated pages
    and no other image.
    """
    best = max(readings, key=lambda degrees: completeness(readings[degrees]))
    found = readings[best]
    needed = completeness(readings[0]) + decisions.rotation_gain
    clear = completeness(found) >= max(decisions.rotation_complete, needed)
    in_rows = len(found.digits) >= max(FEWEST, 2 * len(found.lines))  # a sideways row is a list
    return best if clear and in_rows else 0
