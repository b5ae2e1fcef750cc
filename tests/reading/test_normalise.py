"""The normaliser: MNIST's geometry from any size, MNIST's own pictures left as they are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.preprocess.normalise import THICKEST, THINNEST, normalise, stroke_width
from tests.reading.pictures import drawn_seven, mnist_test


def ink_of(picture: np.ndarray) -> np.ndarray:
    return (1 - picture.astype(np.float32) / 245).clip(0, 1)


def centre_of_mass(pixels: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[0:28, 0:28] + 0.5
    return float((rows * pixels).sum() / pixels.sum()), float(
        (columns * pixels).sum() / pixels.sum()
    )


@pytest.mark.parametrize("height", [40, 90, 200, 640])
def test_every_size_ends_at_twenty_pixels_and_centred(height: int) -> None:
    seven = ink_of(drawn_seven(height, round(height * 0.8), max(2, height // 14)))
    pixels = normalise(seven[None]).pixels[0]
    rows = np.flatnonzero((pixels > 100).any(axis=1))
    assert 18 <= rows[-1] - rows[0] + 1 <= 21
    assert np.abs(np.array(centre_of_mass(pixels.astype(float))) - 14).max() < 0.6


def test_one_shape_gives_one_picture_at_any_size() -> None:
    small, large = (
        normalise(ink_of(drawn_seven(size, round(size * 0.8), size // 12))[None]).pixels[0]
        for size in (96, 480)
    )
    difference = np.abs(small.astype(int) - large.astype(int))
    assert difference.mean() < 6


@settings(max_examples=40)
@given(st.floats(1, 30), st.floats(0, np.pi))
def test_stroke_width_is_measured(width: float, angle: float) -> None:
    rows, columns = np.mgrid[-130:130, -130:130]
    along = rows * np.sin(angle) + columns * np.cos(angle)
    across = columns * np.sin(angle) - rows * np.cos(angle)
    outside = np.maximum(np.abs(across) - width / 2, np.abs(along) - 100)
    stroke = np.clip(0.5 - outside, 0, 1).astype(np.float32)
    measured = float(stroke_width(stroke[None])[0])
    # The two ends are outline too: 200 long, they take a share of width / 200.
    assert abs(measured - width / (1 + width / 200)) < 0.3 + 0.17 * width


@pytest.mark.parametrize("thick", [1, 3, 8, 20, 34])
def test_hairlines_and_markers_come_near_mnist(thick: int) -> None:
    made = normalise(ink_of(drawn_seven(200, 160, thick))[None])
    after = float(stroke_width(made.pixels.astype(np.float32) / 255)[0])
    assert THINNEST - 0.5 < after < THICKEST + 0.8


def test_a_stack_gives_what_each_gives_alone() -> None:
    stack = np.stack([ink_of(drawn_seven(60, 60, thick)) for thick in (1, 2, 4, 9, 15)])
    together = normalise(stack).pixels
    for index in range(len(stack)):
        np.testing.assert_array_equal(
            together[index], normalise(stack[index : index + 1]).pixels[0]
        )


def test_no_ink_stays_empty() -> None:
    assert not normalise(np.zeros((3, 20, 30), np.float32)).pixels.any()
    assert normalise(np.zeros((0, 20, 30), np.float32)).pixels.shape == (0, 28, 28)


@settings(max_examples=60)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_any_noise_fits_the_field(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).random((2, height, width), np.float32)
    made = normalise(noise)
    assert made.pixels.shape == (2, 28, 28)
    assert np.isfinite(made.stroke_width).all()


@pytest.mark.mnist
def test_mnist_itself_stays_about_as_it_is(mnist_folder: Path) -> None:
    images, _ = mnist_test(mnist_folder)
    made = normalise(images[:2000].astype(np.float32) / 255)
    assert (made.scale == 1).mean() > 0.98
    shifts = [
        min(
            np.abs(np.roll(after.astype(int), shift, axis) - before.astype(int)).mean()
            for axis in (0, 1)
            for shift in (-1, 0, 1)
        )
        for before, after in zip(images, made.pixels, strict=False)
    ]
    assert np.median(shifts) < 2  # grey levels of 255, up to one pixel of shift
