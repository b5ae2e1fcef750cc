"""Arrays of any number and images of any mode as 8-bit pixels: every scale has its bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inkling.errors import ImageError
from inkling.reading.preprocess.eight_bit import (
    MAX_PIXELS,
    _channels_last,
    _grey_if_grey,
    array_to_pixels,
    as_array,
    image_to_pixels,
    stretch,
)


@pytest.mark.parametrize(
    ("values", "eight"),
    [
        (np.array([0, 100, 255], np.int32), [0, 100, 255]),
        (np.array([0, 128, 256], np.int32), [0, 0, 0]),  # on the scale of 16 bits
        (np.array([0, 32768, 65535], np.uint16), [0, 127, 255]),
        (np.array([0, 100_000, 200_000], np.int64), [0, 127, 255]),  # its own top
        (np.array([0.0, 0.5, 1.0]), [0, 127, 255]),
        (np.array([-1.0, 0.0, 1.0]), [0, 127, 255]),
        (np.array([-0.51, 0.0, 1.0]), [62, 127, 255]),
        (np.array([-0.5, 0.0, 1.0]), [0, 0, 255]),  # swings below black
        (np.array([-1.5, 0.0, 1.5]), [0, 127, 255]),
        (np.array([0.0, 1.5]), [0, 255]),
        (np.array([0.0, 1.6, 20.0]), [0, 1, 20]),
        (np.array([0.0, 128.0, 255.0]), [0, 128, 255]),
        (np.array([-10.0, 128.0, 382.0]), [0, 128, 255]),
        (np.array([0.0, 32768.0, 65535.0]), [0, 127, 255]),
        (np.array([0.0, 50_000.0, 100_000.0]), [0, 127, 255]),
        (np.array([np.nan, np.inf, 1.0]), [0, 0, 255]),
        (np.array([0.0, 0.0]), [0, 0]),
        (np.array([0.0, 1.6, 2.0]), [0, 1, 2]),
    ],
)
def test_a_scale_is_recognised_by_its_ends(values: np.ndarray, eight: list[int]) -> None:
    np.testing.assert_allclose(stretch(values, "x"), eight, atol=1)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (np.array([-1, 5], np.int16), "-1", "5"),
        (np.array([-1.6, 1.0]), "-1.6", "1"),
        (np.array([-0.06, 2.8]), "-0.06", "2.8"),  # standardised: the mean is 0
        (np.array([-0.06, 15.9]), "-0.06", "15.9"),
        (np.array([-128.0, 200.0]), "-128", "200"),
        (np.array([-40_000.0, 60_000.0]), "-4e+04", "6e+04"),
    ],
)
def test_an_unknown_scale_is_an_error(values: np.ndarray, low: str, high: str) -> None:
    with pytest.raises(ImageError) as caught:
        stretch(values, "the array")
    assert f"the array has values from {low} to {high}" in str(caught.value)


@pytest.mark.parametrize("low", [-0.0499, -0.01, 0.0])
def test_small_swings_below_zero_are_no_standardised_image(low: float) -> None:
    np.testing.assert_allclose(stretch(np.array([low, 7.0, 15.0]), "x"), [0, 7, 15], atol=1)


def test_the_ends_of_a_scale_belong_to_it() -> None:
    assert stretch(np.array([-127.5, 255.0]), "x").tolist() == [0, 255]
    assert stretch(np.array([-2.0, 16.0]), "x").tolist() == [0, 16]  # too large for standardised


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ((5, 7), (5, 7)), ((1, 5, 7), (5, 7)), ((3, 5, 7), (5, 7, 3)), ((4, 5, 7), (5, 7, 4)),
        ((5, 7, 1), (5, 7)), ((5, 7, 3), (5, 7, 3)), ((5, 7, 4), (5, 7, 4)), ((3, 3, 3), (3, 3, 3)),
        ((2, 5, 7), (2, 5, 7)), ((5, 7, 2), (5, 7, 2)), ((1, 1, 5, 7), (1, 1, 5, 7)), ((3,), (3,)),
    ],
)  # fmt: skip
def test_channels_come_last(shape: tuple[int, ...], made: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    found = _channels_last(array)
    assert found.shape == made
    if len(shape) == 3 and len(made) == 3 and shape != made:
        np.testing.assert_array_equal(found[2, 3], array[:, 2, 3])


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((0, 5)), "shape (0, 5)"),
        (np.zeros(5), "shape (5,)"),
        (np.zeros((5, 7, 2)), "shape (5, 7, 2)"),
        (np.array([["a"]]), "Pass numbers"),
        (np.zeros((2, 2), complex), "complex"),
        (np.broadcast_to(np.uint8(0), (5000, 5001)), "5001 x 5000 pixels; the limit is 25 million"),
    ],
)
def test_what_is_no_image_is_refused(array: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError) as caught:
        array_to_pixels(array, "it")
    assert words in str(caught.value)
    assert str(caught.value).startswith("it ")


def test_as_many_pixels_as_allowed_are_taken() -> None:
    assert array_to_pixels(np.zeros((5000, MAX_PIXELS // 5000), np.uint8), "x").shape[0] == 5000


def test_booleans_are_black_and_white_and_colour_keeps_its_order() -> None:
    assert array_to_pixels(np.array([[True, False]]), "x").tolist() == [[255, 0]]
    colour = np.array([[[10, 20, 30], [0, 0, 0]]], np.uint8)
    np.testing.assert_array_equal(array_to_pixels(colour, "x"), colour)
    np.testing.assert_array_equal(array_to_pixels(colour.transpose(2, 0, 1), "x"), colour)
    floats = colour / 255
    np.testing.assert_allclose(array_to_pixels(floats, "x"), colour, atol=1)


class Boxed:
    """What numpy takes by `__array__`."""

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.array([[1, 2]])


def test_what_is_an_array() -> None:
    array = np.zeros((2, 2))
    assert as_array(array) is array
    found = as_array(Boxed())
    assert found is not None
    assert found.tolist() == [[1, 2]]
    assert as_array("text") is None
    assert as_array([[1, 2]]) is None


@given(arrays(np.uint8, (20, 34, 3)), st.booleans())
def test_grey_in_three_channels_becomes_one(rgb: np.ndarray, grey: bool) -> None:
    if grey:
        rgb[..., 1] = rgb[..., 2] = rgb[..., 0]
    made = _grey_if_grey(rgb)
    same = (rgb == rgb[..., :1]).all()
    assert made.ndim == (2 if same else 3)
    np.testing.assert_array_equal(made, rgb[..., 0] if same else rgb)


@pytest.mark.parametrize("place", [(0, 0), (16, 16), (3, 5), (19, 33)])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_coloured_pixel_makes_an_image_coloured(place: tuple[int, int], channel: int) -> None:
    rgb = np.full((20, 34, 3), 9, np.uint8)
    rgb[(*place, channel)] = 10
    assert _grey_if_grey(rgb).ndim == 3


def clear(ink: int, covered: int) -> Image.Image:
    """An image (10, 10) that is clear but for some opaque pixels of one grey."""
    pixels = np.zeros((10, 10, 4), np.uint8)
    pixels.reshape(-1, 4)[:covered] = (ink, ink, ink, 255)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("ink", "covered", "background"), [(255, 20, 0), (200, 20, 0), (199, 20, 255), (0, 20, 255)]
)
def test_pale_ink_is_laid_on_black(ink: int, covered: int, background: int) -> None:
    pixels = image_to_pixels(clear(ink, covered), "x")
    assert pixels.ndim == 2
    assert pixels[-1, -1] == background
    assert pixels[0, 0] == ink


def test_nothing_opaque_and_nothing_clear_are_laid_on_white() -> None:
    assert (image_to_pixels(clear(255, 0), "x") == 255).all()
    whole = np.full((4, 4, 4), 255, np.uint8)
    whole[0, 0, 3] = 127  # half clear counts as clear
    whole[..., :3] = 210
    assert image_to_pixels(Image.fromarray(whole), "x")[0, 0] == pytest.approx(105, abs=1)
    whole[0, 0, 3] = 128
    assert image_to_pixels(Image.fromarray(whole), "x")[0, 0] == pytest.approx(232, abs=1)


def test_images_of_numbers_are_stretched() -> None:
    floats = Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))
    assert image_to_pixels(floats, "x").tolist() == [[0, 127, 255]]
    integers = Image.fromarray(np.array([[0, 65535]], np.int32))
    assert image_to_pixels(integers, "x").tolist() == [[0, 255]]
