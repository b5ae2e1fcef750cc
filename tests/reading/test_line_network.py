"""What the line's network is shown, and that its frames are logarithms of probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.recognise.line_network import (
    BLANK,
    CLASSES,
    STRIDE,
    _log_probs,
    _normalise,
    read_strip,
    read_strip_again,
    strip_input,
)
from inkling.reading.recognise.strip import Strip
from inkling.reading.recognise.tta import move_diagonally


@given(st.integers(1, 40), st.integers(0, 2**16))
def test_strips_are_padded_on_the_right_to_whole_frames(width: int, seed: int) -> None:
    strips = np.random.default_rng(seed).integers(0, 256, (2, 32, width)).astype(np.uint8)
    shown = strip_input(strips)
    assert shown.shape == (2, 1, 32, -(-width // STRIDE) * STRIDE)
    assert shown.dtype == np.float32
    np.testing.assert_allclose(shown[:, 0, :, :width], strips / 255, rtol=1e-6)
    assert not shown[..., width:].any()
    np.testing.assert_array_equal(strip_input(strips[0]), shown[:1])


@given(st.integers(0, 2**16), st.floats(-500, 500))
def test_logits_become_logarithms_that_sum_to_one(seed: int, shift: float) -> None:
    logits = np.random.default_rng(seed).normal(0, 5, (3, 4, 11))
    found = _normalise(logits + shift)
    expected = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-6)


def one() -> Strip:
    pixels = np.zeros((32, 30), np.uint8)
    pixels[6:26, 13:16] = 255
    return Strip(pixels, np.eye(3)[:2])


def test_a_stroke_is_a_one_between_blanks() -> None:
    frames = read_strip(one())
    assert frames.shape == (8, CLASSES)
    np.testing.assert_allclose(np.exp(frames).sum(axis=1), 1, rtol=1e-6)
    said = frames.argmax(axis=1)
    assert set(said.tolist()) == {1, BLANK}
    assert said[0] == said[-1] == BLANK


def test_the_second_opinion_is_the_mean_over_five_copies() -> None:
    strip = one()
    copies = np.concatenate([strip.pixels[None], *move_diagonally(strip.pixels[None])])
    expected = _normalise(np.stack([_log_probs(copy[None])[0] for copy in copies]).mean(axis=0))
    np.testing.assert_allclose(read_strip_again(strip), expected, atol=1e-4)


def test_a_point_of_the_map_has_its_column() -> None:
    strip = Strip(one().pixels, np.array([[2.0, 0.5, 3.0], [0.0, 1.0, 0.0]]))
    assert strip.column_of(4, 6) == pytest.approx(2 * 4 + 0.5 * 6 + 3)
