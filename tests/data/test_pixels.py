"""Stored pixels to 8-bit grey: each scale at its bounds, shapes, and the order of colours."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.options import Options
from inkling.data.pixels import (
    HIGH,
    LOW,
    SCALES,
    PixelScale,
    choose_scale,
    images_first,
    square_side,
    to_grey,
    unflatten,
)
from inkling.errors import DataError

NONE = Options()


def stored(low: float, high: float, dtype: str = "float64", size: int = 784) -> np.ndarray:
    """Two images (2, size) whose pixels run from `low` to `high`."""
    pixels = np.zeros((2, size), dtype)
    pixels[0, 0], pixels[1, 1] = low, high
    return pixels


@pytest.mark.parametrize(
    ("pixels", "scale"),
    [
        (stored(0, 1, "bool"), "0-1"),
        (stored(0, 1), "0-1"),
        (stored(0, 1, "uint8"), "0-1"),
        (stored(0, 0), "0-1"),
        (stored(0, 16, size=64), "0-16"),
        (stored(0, 1.5, size=64), "0-16"),
        (stored(0, 17), "0-255"),
        (stored(0, 255, "uint8"), "0-255"),
        (stored(0, 4097, "uint16"), "0-65535"),
        (stored(-1, 1), "-1-1"),
        (stored(-1.001, 1.001), "-1-1"),
        (stored(-0.3, 0.5), "-1-1"),
        (stored(LOW, HIGH), "mnist"),
        (stored(LOW - 0.009, HIGH - 0.049), "mnist"),
    ],
)
def test_a_scale_is_recognised_by_the_range_of_pixels(pixels: np.ndarray, scale: str) -> None:
    assert choose_scale(pixels, "x", NONE) is SCALES[scale]
    for name in ("0-1", "0-255"):
        assert choose_scale(pixels, "x", Options({"pixels": name})) is SCALES[name]


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.array([["a"]]), "pixels must be numbers"),
        (stored(0, math.nan), "x, row 12: a pixel is not a finite number"),
        (stored(math.inf, 1), "x, row 11: a pixel is not a finite number"),
        (stored(0, 16), "the largest pixel is 16"),
        (stored(0, 1.5), "the largest pixel is 1.5"),
        (stored(0, 256), "x, row 12: pixel 256 is not within 0..255"),
        (stored(0, 4096, "uint16"), "pixel 4096 is not within 0..255"),
        (stored(0, 9000, "int32"), "pixel 9000 is not within 0..255"),
        (stored(-1.002, 1), "from -1.002 to 1"),
        (stored(-1, 1.002), "from -1 to 1.002"),
        (stored(LOW - 0.011, HIGH), "pixels run from"),
        (stored(LOW, HIGH + 0.051), "pixels run from"),
        (stored(-1, 255), "from -1 to 255"),
    ],
)
def test_a_range_that_is_not_certain_is_an_error(pixels: np.ndarray, words: str) -> None:
    with pytest.raises(DataError) as caught:
        choose_scale(pixels, "x", NONE, 11)
    assert words in str(caught.value)


@given(st.sampled_from(sorted(SCALES)), st.integers(0, 2**16))
def test_stored_values_become_eight_bits(name: str, seed: int) -> None:
    scale = SCALES[name]
    levels = np.random.default_rng(seed).integers(0, 256, (2, 5, 5)).astype(np.uint8)
    values = levels / 255 * (scale.high - scale.low) + scale.low
    np.testing.assert_array_equal(scale.apply(values, "x"), levels)


def test_pixels_may_leave_their_range_by_a_rounding_error() -> None:
    scale = PixelScale("x", 0, 500)  # of which a five-hundredth is 1
    assert scale.apply(np.array([[-1.0, 501.0]]), "x").tolist() == [[0, 255]]
    for row, wrong in ((0, -1.1), (1, 501.1)):
        pixels = np.zeros((2, 3))
        pixels[row, 2] = wrong
        with pytest.raises(
            DataError, match=rf"x, row {row + 7}: pixel {wrong} is not within 0..500"
        ):
            scale.apply(pixels, "x", 7)
    eight = np.zeros((1, 2), np.uint8)
    assert SCALES["0-255"].apply(eight, "x") is eight


@pytest.mark.parametrize(
    ("count", "side"),
    [
        (784, (28, 1)), (3072, (32, 3)), (16, (4, 1)), (9, None), (48, (4, 3)), (27, None),
        (256 * 256, (256, 1)), (257 * 257, None), (256 * 256 * 3, (256, 3)), (785, None), (3, None),
        (0, None),
    ],
)  # fmt: skip
def test_how_many_values_are_a_square_image(count: int, side: tuple[int, int] | None) -> None:
    assert square_side(count) == side


def smooth_colour(count: int = 3) -> np.ndarray:
    """Images (N, 8, 8, 3) whose colours change slowly from pixel to pixel."""
    rows, columns = np.mgrid[0:8, 0:8]
    base = np.stack([10 * rows, 10 * columns, 200 - 10 * rows], axis=2)
    return np.stack([base + k for k in range(count)]).astype(np.uint8)


def test_flat_rows_become_images_in_the_order_that_looks_smooth() -> None:
    images = smooth_colour()
    last, first = images.reshape(3, -1), images.transpose(0, 3, 1, 2).reshape(3, -1)
    np.testing.assert_array_equal(unflatten(last, "x", NONE), images)
    np.testing.assert_array_equal(unflatten(first, "x", NONE), images)
    told = unflatten(last, "x", Options({"channels": "first"}))
    np.testing.assert_array_equal(told, last.reshape(3, 3, 8, 8).transpose(0, 2, 3, 1))
    grey = np.arange(32).reshape(2, 16)
    np.testing.assert_array_equal(unflatten(grey, "x", NONE), grey.reshape(2, 4, 4))
    with pytest.raises(DataError, match="order of colours"):
        unflatten(np.zeros((2, 192), np.uint8), "x", NONE)
    with pytest.raises(DataError, match="17 values per image"):
        unflatten(np.zeros((2, 17), np.uint8), "x", NONE)


@pytest.mark.parametrize(
    ("shape", "count", "made"),
    [
        ((5, 28, 28), 5, (5, 28, 28)),
        ((28, 28, 5), 5, (5, 28, 28)),
        ((28, 28, 28), 28, (28, 28, 28)),
        ((28, 28, 5), None, (28, 28, 5)),
        ((5, 1, 28, 28), 5, (5, 28, 28)),
        ((5, 28, 28, 1), 5, (5, 28, 28)),
        ((5, 3, 28, 28), 5, (5, 28, 28, 3)),
        ((5, 28, 28, 3), 5, (5, 28, 28, 3)),
        ((5, 28, 28, 4), 5, (5, 28, 28, 3)),
        ((28, 28, 3, 5), 5, (5, 28, 28, 3)),
        ((5, 784), 5, (5, 28, 28)),
        ((784, 5), 5, (5, 28, 28)),
        ((5, 4, 256), 5, (5, 4, 256)),
        ((5, 3, 256), 5, None),
        ((5, 4, 257), 5, None),
        ((5, 28, 28, 2), 5, None),
        ((5, 2, 28, 28, 3), 5, None),
        ((28,), None, None),
    ],
)
def test_images_come_first(
    shape: tuple[int, ...], count: int | None, made: tuple[int, ...] | None
) -> None:
    array = np.arange(math.prod(shape)).reshape(shape)
    if made is None:
        with pytest.raises(DataError):
            images_first(array, count, "x", NONE)
        return
    found = images_first(array, count, "x", NONE)
    assert found.shape == made
    if shape[-1] == count != shape[0]:
        assert found[2].ravel()[:3].tolist() == np.moveaxis(array, -1, 0)[2].ravel()[:3].tolist()
    if shape == (5, 3, 28, 28):
        np.testing.assert_array_equal(found[1, 2, 3], array[1, :, 2, 3])
    if shape[1:] == (28, 28, 4):
        np.testing.assert_array_equal(found, array[..., :3])


def test_colours_become_grey_by_their_luma() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3)).astype(np.uint8)
    np.testing.assert_allclose(to_grey(rgb), rgb @ np.array([0.299, 0.587, 0.114]), atol=1)
    grey = rgb[..., 0]
    assert to_grey(grey) is grey


def test_rows_are_counted_from_one() -> None:
    with pytest.raises(DataError, match="x, row 2: pixel 2"):
        SCALES["0-1"].apply(np.array([[0.5], [2.0]]), "x")
    with pytest.raises(DataError, match="x, row 2: pixel 300 is not within"):
        choose_scale(np.array([[255.0], [300.0]]), "x", NONE)
    with pytest.raises(DataError, match="x, row 2: a pixel is not"):
        choose_scale(stored(0, math.nan), "x", NONE)


@pytest.mark.parametrize(
    ("name", "stored", "grey"),
    [
        ("0-1", [0, 0.5, 1], [0, 128, 255]),
        ("-1-1", [-1, 0, 1], [0, 128, 255]),
        ("0-16", [0, 4, 16], [0, 64, 255]),
        ("0-255", [0, 77, 255], [0, 77, 255]),
        ("0-65535", [0, 257, 65535], [0, 1, 255]),
        ("mnist", [-0.42421296, 0, 2.8214867], [0, 33, 255]),
    ],
)
def test_each_scale_has_known_values(name: str, stored: list[float], grey: list[int]) -> None:
    assert SCALES[name].apply(np.array([stored], np.float64), "x").tolist() == [grey]
