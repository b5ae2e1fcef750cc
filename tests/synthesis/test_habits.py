import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkling.synthesis.fields import FIELD, UNIT, Glyph
from inkling.synthesis.habits import (
    TAILS,
    add_bar,
    add_foot,
    add_habit,
    add_slash,
    add_tail,
    add_upstroke,
    measure_segment,
)
from inkling.synthesis.strokes import glyph_of_lines

coordinates = st.floats(0, FIELD - 1)
STEM = glyph_of_lines([np.array([[0, 0], [0, 1]], np.float32)], 1, 0.08)
SEVEN = glyph_of_lines([np.array([[0, 0], [0.5, 0], [0.3, 1]], np.float32)], 7, 0.08)


@settings(max_examples=30)
@given(coordinates, coordinates, coordinates, coordinates)
def test_distance_to_a_segment_is_that_to_its_nearest_point(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    field = measure_segment((x0, y0), (x1, y1)) * UNIT
    t = np.linspace(0, 1, 2000)[:, None]
    points = np.array([[x0, y0]]) * (1 - t) + np.array([[x1, y1]]) * t
    for row, column in ((0, 0), (50, 70), (103, 103), (20, 90)):
        brute = np.hypot(points[:, 0] - column, points[:, 1] - row).min()
        assert field[row, column] == pytest.approx(brute, abs=0.1)


def ink_of(glyph: Glyph) -> NDArray[np.bool_]:
    return glyph.edge > 0


def test_an_upstroke_hangs_left_of_the_stem() -> None:
    added = ink_of(add_upstroke(STEM, np.random.default_rng(1))) & ~ink_of(STEM)
    columns = np.nonzero(added)[1]
    assert len(columns) > 20
    assert columns.mean() < FIELD / 2


def test_a_foot_lies_under_the_stem() -> None:
    added = ink_of(add_foot(STEM, np.random.default_rng(1))) & ~ink_of(STEM)
    assert np.nonzero(added)[0].min() > FIELD * 0.7


def test_a_bar_crosses_the_stem_of_a_seven() -> None:
    added = ink_of(add_bar(SEVEN, np.random.default_rng(1))) & ~ink_of(SEVEN)
    rows, columns = np.nonzero(added)
    assert np.ptp(columns) > 0.15 * UNIT
    assert np.ptp(rows) < 0.3 * UNIT


def test_a_slash_goes_up_to_the_right() -> None:
    added = ink_of(add_slash(SEVEN, np.random.default_rng(1))) & ~ink_of(SEVEN)
    rows, columns = np.nonzero(added)
    assert np.corrcoef(rows, columns)[0, 1] < -0.7


def test_a_tail_leaves_at_an_end_of_the_spine_and_only_of_digits_that_stay_themselves() -> None:
    rng = np.random.default_rng(3)
    five = glyph_of_lines([np.array([[0.6, 0], [0, 0], [0.5, 0.6], [0, 1]], np.float32)], 5, 0.08)
    seen = 0
    for _ in range(20):
        rows = np.nonzero(ink_of(add_tail(five, rng)) & ~ink_of(five))[0]
        assert (rows < FIELD * 0.4).all() or (rows > FIELD * 0.6).all()
        seen += len(rows) > 20
    assert seen > 10  # others lie along the five's own flag
    assert add_tail(STEM, rng) is STEM
    assert not {1, 4, 7, 9} & set(TAILS)


def test_habits_leave_label_and_ink_there() -> None:
    rng = np.random.default_rng(2)
    changed = 0
    for _ in range(40):
        for glyph in (STEM, SEVEN):
            other = add_habit(glyph, rng)
            assert other.label == glyph.label
            assert (other.edge >= glyph.edge).all()
            changed += other is not glyph
    assert 20 < changed < 60
