"""The short way for drawings: what may go it, and that it leads to the same answers."""

import cv2
import numpy as np
import pytest

from inkling.reading.detect.components import ink_mask
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.drawing import FLAT_SIDE, make_drawing_map
from tests.reading.drawings import as_jpeg, drawn_seven, drawn_zero, lit_from_side


@pytest.mark.parametrize("draw", [drawn_seven, drawn_zero])
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_a_drawing_is_flat_and_all_of_it_is_ink(draw, inverted: bool, colour: bool) -> None:
    image = 255 - draw() if inverted else draw()
    if colour:
        image = np.stack([image, image // 2 + 60, image], axis=2)
    writing = make_drawing_map(image)
    assert writing is not None
    assert writing.plain
    assert writing.light.light_ink == inverted
    true = draw() < 128
    mask = ink_mask(writing) > 0
    assert (mask & true).sum() > 0.99 * true.sum()
    assert mask.sum() < 1.5 * true.sum()


def test_a_jpeg_of_a_drawing_is_flat_still() -> None:
    assert make_drawing_map(as_jpeg(drawn_seven(200, 160))) is not None


def grained(image: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 8, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "image",
    [
        grained(drawn_zero()),
        lit_from_side(drawn_zero()),
        np.full((90, 90), 255, np.uint8),
        np.full((1, 1), 7, np.uint8),
        (245 - (245 - drawn_zero()) // 6).astype(np.uint8),  # faint
    ],
    ids=["grain", "shade", "blank", "pixel", "faint"],
)
def test_other_images_take_the_slow_path(image: np.ndarray) -> None:
    assert make_drawing_map(image) is None


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


def test_what_is_in_doubt_takes_the_slow_path(reader: Reader) -> None:
    underlined = drawn_zero(160, 9)
    cv2.line(underlined, (4, 136), (155, 136), 30, 4)
    (trace,) = reader.trace([underlined])
    assert trace.reading.text == "0"
    assert not trace.preprocessed.writing.plain


def test_a_frame_around_a_digit_is_left_out(reader: Reader) -> None:
    framed = drawn_zero(160, 9)
    cv2.rectangle(framed, (8, 8), (151, 151), 30, 4)
    (trace,) = reader.trace([framed])
    assert (trace.reading.text, trace.reading.verdict) == ("0", "digits")


def test_both_ways_give_one_answer(reader: Reader) -> None:
    for draw in (drawn_seven, drawn_zero):
        image = draw(180, 180, 12) if draw is drawn_seven else draw(180, 12)
        (short,) = reader.trace([image])
        (long,) = reader.trace([grained(image)])
        assert short.preprocessed.writing.plain
        assert not long.preprocessed.writing.plain
        assert short.reading.text == long.reading.text
        ours, theirs = short.reading.digits[0].box, long.reading.digits[0].box
        assert abs(ours.x - theirs.x) < 5
        assert abs(ours.h - theirs.h) < 8
    assert not make_text_map(drawn_seven()).plain


def blot(contrast: int, ink: int = 400, soft: int = 0, uneven: int = 0) -> np.ndarray:
    """Paper (50, 50) of 240 with `ink` pixels `contrast` darker and `soft` ones a little darker."""
    pixels = np.full(2500, 240, np.int64)
    pixels[:ink] -= contrast
    pixels[ink : ink + soft] -= contrast // 4
    pixels[-1000:] -= uneven
    return pixels.reshape(50, 50).astype(np.uint8)


@pytest.mark.parametrize(
    ("drawing", "flat"),
    [
        (blot(72), True),
        (blot(71), False),  # too faint
        (blot(200, ink=1000), True),
        (blot(200, ink=1001), False),  # more than 0.4 of it is ink
        (blot(200, soft=100), True),
        (blot(200, soft=101), False),  # more than 0.04 of it is a soft edge
        (blot(200, uneven=8), True),
        (blot(200, uneven=9), False),  # the paper is uneven
        (blot(200, ink=0), False),
    ],
)
def test_what_a_flat_drawing_is(drawing: np.ndarray, flat: bool) -> None:
    assert (make_drawing_map(drawing) is not None) is flat
    assert (make_drawing_map(255 - drawing) is not None) is flat


def test_ink_noise_and_zoom_of_a_drawing() -> None:
    drawing = blot(200, uneven=8)
    writing = make_drawing_map(drawing, zoom=0.5)
    assert writing is not None
    inked = drawing == 40
    np.testing.assert_allclose(writing.ink[inked], 192 / 255, rtol=1e-5)  # of the median
    assert not writing.ink[~inked].any()  # what the paper varies by is no ink
    np.testing.assert_allclose(writing.prob, inked, rtol=1e-5)
    assert not writing.light.noise.any()
    assert (writing.zoom, writing.light.light_ink) == (0.5, False)
    assert writing.light.grey[0, 0] == 255 - 192
    other = make_drawing_map(255 - drawing)
    assert other is not None
    assert other.light.light_ink
    np.testing.assert_allclose(other.ink, writing.ink)


def test_the_strongest_colour_is_the_ink() -> None:
    rgb = np.full((50, 50, 3), 240, np.uint8)
    rgb[10:20, 10:30] = (240, 200, 40)
    writing = make_drawing_map(rgb)
    assert writing is not None
    np.testing.assert_allclose(writing.ink[12, 12], 200 / 255, rtol=1e-5)


def test_a_large_drawing_keeps_its_place_in_the_image() -> None:
    large = np.kron(blot(200), np.ones((20, 20), np.uint8)).astype(np.uint8)
    writing = make_drawing_map(large, zoom=0.25)
    assert writing is not None
    assert writing.zoom == pytest.approx(0.25 * FLAT_SIDE / 1000)
