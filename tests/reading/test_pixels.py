"""Helpers over OpenCV beside plain references: sizes, means, percentiles, windows."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.preprocess.pixels import (
    SAMPLE,
    closing,
    odd,
    percentile,
    percentiles,
    resize,
    shrink,
)

Greys = arrays(np.uint8, st.tuples(st.integers(3, 14), st.integers(3, 14)))


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 100))
def test_an_image_is_shrunk_to_its_longest_side(height: int, width: int, longest: int) -> None:
    image = np.zeros((height, width), np.uint8)
    made = shrink(image, longest)
    if max(height, width) <= longest:
        assert made is image
    else:
        assert max(made.shape) == longest
        scale = longest / max(height, width)
        assert made.shape == tuple(max(1, round(side * scale)) for side in (height, width))


def test_what_becomes_smaller_is_averaged_and_what_becomes_larger_interpolated() -> None:
    image = np.random.default_rng(0).integers(0, 256, (12, 16)).astype(np.float32)
    np.testing.assert_allclose(
        resize(image, (6, 4)), image.reshape(6, 2, 4, 4).mean(axis=(1, 3)), rtol=1e-5
    )
    larger = cv2.resize(image, (20, 24), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(resize(image, (24, 20)), larger)
    assert resize(image, (12, 16)) is image
    assert resize(image, (16, 12)).shape == (16, 12)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=200), st.floats(0, 100))
def test_a_percentile_is_one_of_the_values_in_its_place(values: list[int], percent: float) -> None:
    expected = sorted(values)[round((len(values) - 1) * percent / 100)]
    assert percentile(np.array(values), percent) == expected
    assert percentiles(np.array(values), percent, 0, 100) == [expected, min(values), max(values)]


def test_the_sample_of_a_large_array_is_spread_over_it() -> None:
    size = 10 * SAMPLE
    values = np.arange(size).reshape(64, -1)
    for percent in (0, 10, 50, 90, 100):
        assert abs(percentile(values, percent) - size * percent / 100) < 0.01 * size
    # Columns repeat with a width that is a multiple of the step: all of them are met.
    columns = np.tile(np.arange(10), (SAMPLE, 1))
    assert percentile(columns, 50) == pytest.approx(4.5, abs=1)
    assert percentile(columns, 100) == 9
    just_two = np.arange(2 * SAMPLE)
    assert percentile(just_two, 50) == pytest.approx(SAMPLE, abs=3)


@pytest.mark.parametrize(("number", "window"), [(0, 3), (1, 3), (2, 3), (3, 3), (4, 5), (7, 7)])
def test_a_window_is_odd_and_three_or_more(number: int, window: int) -> None:
    assert odd(number) == window


@settings(max_examples=60, deadline=None)
@given(Greys, st.sampled_from((3, 5, 9)))
def test_a_closing_is_that_of_an_image_without_end(grey: np.ndarray, window: int) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")  # the reference; the base extra lacks it
    far = np.pad(grey, 2 * window, mode="edge")
    closed = ndimage.grey_closing(far, (window, window))
    inner = closed[2 * window : -2 * window, 2 * window : -2 * window]
    np.testing.assert_array_equal(closing(grey, window), inner)
