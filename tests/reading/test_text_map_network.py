"""What the network that finds writing is shown, and that its map is one of probabilities."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.detect.text_map_network import (
    AREA,
    SMALL,
    map_window,
    network_input,
    network_shape,
    pad_input,
)
from inkling.reading.preprocess.light import even_light
from tests.reading.drawings import drawn_zero


@pytest.mark.parametrize(
    ("shape", "finer", "seen"),
    [
        ((64, 64), 1.0, (64, 64)),
        ((32, 32), 1.0, (64, 64)),  # small images are enlarged
        ((100, 400), 1.0, (100, 400)),
        ((400, 400), 1.0, (200, 200)),
        ((100, 1600), 1.0, (50, 800)),
        ((400, 400), 2.0, (400, 400)),
        ((800, 800), 2.0, (400, 400)),
        ((100, 100), 2.0, (100, 100)),  # no finer than it is
        ((100, 100), 0.5, (50, 50)),
        ((400, 400), 0.5, (100, 100)),
        ((1, 4000), 1.0, (8, 4048)),
    ],
)
def test_the_size_at_which_an_image_is_seen(
    shape: tuple[int, int], finer: float, seen: tuple[int, int]
) -> None:
    assert network_shape(*shape, finer) == seen


@given(st.integers(1, 2000), st.integers(1, 2000), st.sampled_from((0.5, 1.0, 2.0, 4.0)))
def test_proportions_are_kept_and_the_area_is_bounded(h: int, w: int, finer: float) -> None:
    height, width = network_shape(h, w, finer)
    if min(height, width) > 8:
        assert abs(height - width * h / w) <= 0.51 * (1 + h / w)
        area = min(max(h * w, SMALL) * min(finer, 1) ** 2, AREA * finer**2)
        scale = math.sqrt(area / (h * w))
        assert abs(height - h * scale) <= 0.51
        assert abs(width - w * scale) <= 0.51


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))
def test_images_are_padded_by_their_last_pixels(height: int, width: int, count: int) -> None:
    images = np.random.default_rng(height * width).random((count, height, width))
    padded = pad_input(images)
    assert padded.shape[0] == count
    for before, after in zip((height, width), padded.shape[1:], strict=True):
        assert after % 16 == 0
        assert before <= after < before + 16
    for y in range(padded.shape[1]):
        for x in range(0, padded.shape[2], 5):
            expected = images[:, min(y, height - 1), min(x, width - 1)]
            np.testing.assert_array_equal(padded[:, y, x], expected)


def test_the_network_sees_contrast_and_ink_on_fixed_scales() -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(40, 201, (40, 40)).astype(np.uint8)
    ink = rng.random((40, 40)).astype(np.float32)
    shown = network_input(grey, ink, (40, 40))
    low, middle, high = np.percentile(grey, [1, 50, 99], method="nearest")
    np.testing.assert_allclose(shown[0], (middle - grey.astype(float)) / (high - low), atol=0.02)
    np.testing.assert_allclose(shown[1], ink / np.percentile(ink, 99.8) - 0.2, atol=0.01)
    assert network_input(grey, ink, (20, 30)).shape == (2, 20, 30)


def test_an_image_of_one_grey_is_shown_as_bare() -> None:
    flat = np.full((30, 30), 90, np.uint8)
    shown = network_input(flat, np.zeros((30, 30), np.float32), (30, 30))
    np.testing.assert_allclose(shown[0], 0)
    np.testing.assert_allclose(shown[1], -0.2)
    flat[3, 3] = 92  # less than four levels of contrast count as four
    np.testing.assert_allclose(network_input(flat, flat * np.float32(0), (30, 30))[0, 3, 3], -0.5)
    faint = np.full((30, 30), 0.01, np.float32)
    np.testing.assert_allclose(network_input(flat, faint, (30, 30))[1], 0.5 - 0.2, rtol=1e-5)
    spot = np.zeros((30, 30), np.float32)
    spot[0, 0] = 1  # a single spot far above the rest is cut at twice the strongest
    np.testing.assert_allclose(network_input(flat, spot, (30, 30))[1, 0, 0], 2 - 0.2, rtol=1e-5)


def test_a_window_has_its_own_map_of_probabilities() -> None:
    image = np.full((300, 420), 240, np.uint8)
    image[40:140, 60:160] = drawn_zero()
    light = even_light(image)
    window = map_window(light, (50, 30, 120, 120))
    assert window.shape == network_shape(120, 120)
    assert window.dtype == np.float32
    assert 0 <= window.min() < 0.1
    assert 0.9 < window.max() <= 1
    whole = map_window(light, (0, 0, 420, 300))
    assert whole.shape == network_shape(300, 420)
    rows, columns = np.nonzero(whole > 0.5)
    scale = 420 / whole.shape[1]
    assert abs(columns.mean() * scale - 110) < 6
    assert abs(rows.mean() * scale - 90) < 6
    assert map_window(light, (0, 0, 420, 300), 0.5).shape == network_shape(300, 420, 0.5)
