"""The short way for drawings: what may go it, and that it leads to the same answers."""

import cv2
import numpy as np
import pytest

from inkling.reading.detect.components import ink_mask
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.drawing import FLAT_SIDE, make_drawing_map
from tests.reading.pictures import as_jpeg, drawn_seven, drawn_zero, lit_from_side


@pytest.mark.parametrize("draw", [drawn_seven, drawn_zero])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_a_drawing_is_flat_and_all_of_it_is_ink(draw, inverted: bool, colour: bool) -> None:
    picture = 255 - draw() if inverted else draw()
    if colour:
        picture = np.stack([picture, picture // 2 + 60, picture], axis=2)
    writing = make_drawing_map(picture)
    assert writing is not None
    assert writing.plain
    assert writing.light.light_ink == inverted
    true = draw() < 128
    mask = ink_mask(writing) > 0
    assert (mask & true).sum() > 0.99 * true.sum()
    assert mask.sum() < 1.5 * true.sum()


def test_a_jpeg_of_a_drawing_is_flat_still() -> None:
    assert make_drawing_map(as_jpeg(drawn_seven(200, 160))) is not None


def grained(picture: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 8, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        grained(drawn_zero()),
        lit_from_side(drawn_zero()),
        np.full((90, 90), 255, np.uint8),
        np.full((1, 1), 7, np.uint8),
        (245 - (245 - drawn_zero()) // 6).astype(np.uint8),  # faint
    ],
    ids=["grain", "shade", "blank", "pixel", "faint"],
)
def test_other_pictures_go_the_long_way(picture: np.ndarray) -> None:
    assert make_drawing_map(picture) is None


def test_a_large_drawing_is_made_smaller_and_its_boxes_are_not(reader: Reader) -> None:
    large = drawn_seven(1600, 1200, 80)
    writing = make_drawing_map(large)
    assert writing is not None
    assert max(writing.ink.shape) == FLAT_SIDE
    (answer,) = reader.read([large])
    box = answer.digits[0].box
    assert answer.text == "7"
    assert abs(box.w - 0.5 * 1200 - 80) < 30
    assert abs(box.h - 0.62 * 1600 - 80) < 30


def test_what_is_in_doubt_goes_the_long_way(reader: Reader) -> None:
    framed = drawn_zero(160, 9)
    cv2.rectangle(framed, (8, 8), (151, 151), 30, 4)
    (trace,) = reader.trace([framed])
    assert trace.reading.text == "0"
    assert not trace.look.writing.plain


def test_both_ways_give_one_answer(reader: Reader) -> None:
    for draw in (drawn_seven, drawn_zero):
        picture = draw(180, 180, 12) if draw is drawn_seven else draw(180, 12)
        (short,) = reader.trace([picture])
        (long,) = reader.trace([grained(picture)])
        assert short.look.writing.plain
        assert not long.look.writing.plain
        assert short.reading.text == long.reading.text
        ours, theirs = short.reading.digits[0].box, long.reading.digits[0].box
        assert abs(ours.x - theirs.x) < 5
        assert abs(ours.h - theirs.h) < 8
    assert not make_text_map(drawn_seven()).plain
