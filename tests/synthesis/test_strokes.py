import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.synthesis.fields import FIELD, UNIT
from inkling.synthesis.stroke_styles import STYLES
from inkling.synthesis.strokes import bend_strokes, centre_lines, curve, write_digit

EVERY = [(digit, style) for digit, styles in STYLES.items() for style in styles]


@pytest.mark.parametrize(("digit", "style"), EVERY)
def test_every_style_fits_its_unit(digit: int, style: str) -> None:
    lines = centre_lines(bend_strokes(style, np.random.default_rng(digit)))
    points = np.concatenate(lines)
    assert np.ptp(points, axis=0).max() == pytest.approx(1, abs=1e-5)
    assert np.abs(points).max() <= 0.5 + 1e-5


def test_all_ten_digits_have_styles() -> None:
    assert sorted(STYLES) == list(range(10))


@given(st.integers(2, 12), st.integers(1, 9), st.integers(0, 1000))
def test_a_curve_goes_through_its_points(count: int, steps: int, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-1, 1, (count, 2)).astype(np.float32)
    np.testing.assert_allclose(curve(points, steps)[::steps], points, atol=1e-5)


@settings(max_examples=30)
@given(st.integers(0, 9), st.integers(0, 10_000))
def test_written_digits_stay_within_their_field(digit: int, seed: int) -> None:
    glyph = write_digit(digit, np.random.default_rng(seed))
    assert glyph.label == digit
    inked = np.argwhere(glyph.spine < 0.02)
    margin = (FIELD - UNIT) // 2 - 3
    assert len(inked) > 20
    assert inked.min() >= margin
    assert inked.max() < FIELD - margin
    np.testing.assert_array_equal(
        glyph.spine, write_digit(digit, np.random.default_rng(seed)).spine
    )
