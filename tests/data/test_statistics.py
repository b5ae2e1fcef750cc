"""Counts, mean and standard deviation of a part, against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.statistics import describe_part, first_of_each_class, pixel_statistics
from inkling.types import Digits


def random_digits(count: int, seed: int = 0) -> Digits:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, rng.integers(2, 256), (count, 28, 28), np.uint8)
    return Digits(images, rng.integers(0, 10, count))


@given(st.integers(1, 5), st.integers(0, 2**16))
def test_mean_and_deviation_are_numpys(count: int, seed: int) -> None:
    digits = random_digits(count, seed)
    scaled = digits.images / 255
    assert pixel_statistics(digits) == pytest.approx((scaled.mean(), scaled.std()), abs=1e-6)


def test_no_images_have_no_mean() -> None:
    assert pixel_statistics(random_digits(0)) == (0.0, 0.0)


def test_a_part_is_described() -> None:
    digits = random_digits(50)
    part = describe_part(digits)
    assert part.shape == (50, 28, 28)
    assert list(part.counts.values()) == np.bincount(digits.labels, minlength=10).tolist()
    assert (part.mean, part.std) == pixel_statistics(digits)
    assert part.sha256 == digits.sha256()


def test_the_first_images_of_each_class_in_their_order() -> None:
    digits = random_digits(80)
    chosen = first_of_each_class(digits, 3)
    assert (np.diff(chosen.labels) >= 0).all()
    for label in range(10):
        expected = digits.images[digits.labels == label][:3]
        np.testing.assert_array_equal(chosen.images[chosen.labels == label], expected)
