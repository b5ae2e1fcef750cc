"""Rotated images: their boxes, when they are tried, which rotation wins."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.decisions import DEFAULT
from inkling.reading.explain import step_images
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.photo import Photo
from inkling.reading.rotation import (
    choose_rotation,
    completeness,
    may_be_rotated,
    restore_boxes,
    rotate_photo,
)
from inkling.reading.trace import Trace
from inkling.types import Box, Mark, Prediction, Reading, Rotation, Verdict
from tests.reading.drawings import mnist_test, write_page

ANY: tuple[Rotation, ...] = (90, 180, 270)


def reading(confidences: list[float], others: int = 0, verdict: Verdict = "unsure") -> Reading:
    box = Box(0, 0, 4, 9)
    digits = tuple(Prediction(3, confidence, box) for confidence in confidences)
    marks = tuple(Mark("other", box) for _ in range(others))
    return replace(Reading("x", "unsure", "3", digits, (), marks), verdict=verdict)


@given(st.sampled_from(ANY), st.integers(3, 20), st.integers(3, 20), st.data())
def test_boxes_come_back_to_where_they_stand(
    degrees: Rotation, width: int, height: int, data: st.DataObject
) -> None:
    x, y = data.draw(st.integers(0, width - 2)), data.draw(st.integers(0, height - 2))
    w, h = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
    pixels = np.zeros((height, width), np.uint8)
    pixels[y : y + h, x : x + w] = 255
    rotated = rotate_photo(Photo(pixels, width, height), degrees)
    assert rotated.pixels.shape == (rotated.height, rotated.width)
    rows, columns = np.nonzero(rotated.pixels)
    box = Box(
        int(columns.min()),
        int(rows.min()),
        int(np.ptp(columns)) + 1,
        int(np.ptp(rows)) + 1,
    )
    found = Reading("x", "digits", "1", (Prediction(1, 0.9, box),), ((0,),), (Mark("comma", box),))
    back = restore_boxes(found, degrees, width, height)
    assert back.digits[0].box == back.others[0].box == Box(x, y, w, h)
    assert back.rotation == degrees


def test_a_clockwise_rotation_moves_the_top_to_the_right() -> None:
    pixels = np.zeros((4, 6), np.uint8)
    pixels[0, 0] = 255  # top left
    assert rotate_photo(Photo(pixels, 6, 4), 90).pixels[0, -1] == 255


@pytest.mark.parametrize(
    ("found", "tried"),
    [
        (reading([0.5] * 5), True),
        (reading([0.99] * 5, others=9), True),  # most was not read
        (reading([0.99] * 5), False),  # one doubtful digit, but read
        (reading([0.5] * 5, verdict="digits"), False),
        (reading([0.5] * 2, others=1), False),  # too few to tell
    ],
)
def test_which_images_are_tried_rotated(found: Reading, tried: bool) -> None:
    assert may_be_rotated(found) is tried


def test_a_rotation_must_be_clearly_better() -> None:
    poor, fair, good = reading([0.6] * 5), reading([0.85] * 5), reading([0.97] * 5)
    assert choose_rotation({0: poor, 90: good, 180: poor, 270: fair}) == 90
    assert choose_rotation({0: poor, 90: fair, 180: poor, 270: poor}) == 0
    assert choose_rotation({0: fair, 90: good, 180: fair, 270: fair}) == 0
    assert choose_rotation({0: poor, 90: reading([0.99] * 4), 180: poor, 270: poor}) == 0
    column = replace(good, lines=tuple((k,) for k in range(5)))
    assert choose_rotation({0: poor, 90: column, 180: poor, 270: poor}) == 0


def test_a_completeness_of_exactly_the_threshold_is_enough() -> None:
    poor, least = reading([0.5] * 5), reading([0.9] * 5)
    assert completeness(least) == DEFAULT.rotation_complete
    assert choose_rotation({0: poor, 90: least, 180: poor, 270: poor}) == 90


def test_what_is_decoded_again_is_rotated_too() -> None:
    fine = np.arange(24, dtype=np.uint8).reshape(4, 6)
    whole = Photo(fine[::2, ::2].copy(), 6, 4)
    assert rotate_photo(whole, 90).decode is None
    asked: list[int] = []

    def decode(side: int) -> Photo:
        asked.append(side)
        return Photo(fine, 6, 4)

    rotated = rotate_photo(replace(whole, decode=decode), 90)
    assert rotated.decode is not None
    again = rotated.decode(6)
    assert asked == [6]
    np.testing.assert_array_equal(again.pixels, np.rot90(fine, -1))


LINES = ["52743", "90356", "2475"]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_rotated_page_is_read_like_the_upright_one(
    degrees: int, reader: Reader, mnist_folder: Path
) -> None:
    page = write_page(*mnist_test(mnist_folder), LINES)
    turned = np.ascontiguousarray(np.rot90(page, degrees // 90))  # anticlockwise
    (trace,) = reader.trace([turned])
    assert isinstance(trace, Trace)
    answer = trace.reading
    assert answer == reader.read([turned])[0]
    assert answer.rotation == degrees
    assert answer.text.split("\n") == LINES
    height, width = turned.shape
    assert trace.size == (width, height)
    for digit in answer.digits:
        box = digit.box
        assert 0 <= box.x < box.x + box.w <= width
        assert turned[box.y : box.y + box.h, box.x : box.x + box.w].min() < 128
    title, _ = step_images(trace)[0]
    assert (f"rotated by {degrees}" in title) is (degrees > 0)
