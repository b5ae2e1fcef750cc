"""Digits cropped to their ink, as user code does it: small, soft, enlarged, or a cell's frame."""

import cv2
import numpy as np
import pytest

from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.thumbnails import preprocess_thumbnails, thumbnail_of
from inkling.types import Box, Reading
from tests.reading.pictures import Picture, drawn_seven, drawn_zero


def tight(digit: Picture) -> Picture:
    """Cut at the bounding box of the ink."""
    x, y, w, h = cv2.boundingRect((digit < 128).astype(np.uint8))
    return digit[y : y + h, x : x + w]


def soft_one(width: int, height: int = 20) -> Picture:
    """A light 1 whose soft edge alone reaches the sides of its crop."""
    stroke = np.zeros((height, 41), np.uint8)
    stroke[:, 19:22] = 255
    one = cv2.GaussianBlur(stroke, (0, 0), 1.0)
    left = (41 - width) // 2
    return np.ascontiguousarray(one[:, left : left + width])


@pytest.mark.parametrize("width", [5, 7, 9])
def test_a_soft_one_is_tight_and_read(width: int, reader: Reader) -> None:
    one = soft_one(width)
    assert preprocess_thumbnails(one[None]).tight.all()
    (reading,) = reader.read([one])
    assert isinstance(reading, Reading)
    assert (reading.verdict, reading.text) == ("digits", "1")


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(
    ("digit", "text"), [(drawn_zero(60, 6), "0"), (drawn_seven(70, 60, 5), "7")]
)
def test_an_enlarged_crop_is_read_and_fills_its_box(
    digit: Picture, text: str, invert: bool, scale: int, reader: Reader
) -> None:
    crop = cv2.resize(tight(digit), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    crop = np.asarray(255 - crop if invert else crop, np.uint8)
    (reading,) = reader.read([crop])
    assert isinstance(reading, Reading)
    assert (reading.verdict, reading.text) == ("digits", text)
    box, (height, width) = reading.digits[0].box, crop.shape
    assert box.w > 0.9 * width
    assert box.h > 0.9 * height
    assert Box(max(box.x, 0), max(box.y, 0), box.w, box.h) == box


@pytest.mark.parametrize("sides", [(0, 1), (0, 2), (1, 2), (2, 3)])
def test_a_frame_along_two_sides_is_no_tight_digit(sides: tuple[int, int]) -> None:
    cell = np.zeros((28, 28), np.uint8)
    parts = (np.s_[1], np.s_[-2], np.s_[:, 0], np.s_[:, -1])
    for side in sides:
        cell[parts[side]] = 230
    cell[6:22, 13:15] = 230  # a 1 in the cell
    assert not preprocess_thumbnails(cell[None]).tight.any()


def test_which_images_are_reduced_to_thumbnails() -> None:
    def shape(height: int, width: int) -> tuple[int, ...] | None:
        made = thumbnail_of(np.zeros((height, width), np.uint8))
        return None if made is None else made.shape

    assert shape(28, 20) == (28, 20)  # one already
    assert shape(112, 80) == (28, 20)
    assert shape(320, 200) == (28, 18)
    assert shape(100, 128) == (22, 28)
    assert shape(100, 140) is None  # wide enough for two digits
    assert shape(321, 200) is None
    colour = thumbnail_of(np.zeros((80, 60, 3), np.uint8))
    assert colour is not None
    assert colour.shape == (28, 21)
