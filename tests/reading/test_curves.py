"""Pieces of curved lines, from the middles and sizes of boxes alone."""

import numpy as np
import pytest

from inkling.reading.detect.curves import MOST, _bend, _end_slope, _neighbours, continue_curves


def boxes(*middles: tuple[float, float], w: float = 18, h: float = 30) -> np.ndarray:
    return np.array([(x, y, w, h) for x, y in middles], np.float64)


def test_a_piece_on_the_curve_of_another_continues_it() -> None:
    level = boxes((0, 0), (30, 2), (60, 8), (90, 18), (120, 32), (150, 50))
    assert continue_curves([[0, 1, 2], [3, 4, 5]], level, 0.0, 30.0) == [[0, 1, 2, 3, 4, 5]]
    assert continue_curves([[3, 4, 5], [2, 0, 1]], level, 0.0, 30.0) == [[0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("gap", "down", "joined"),
    [(10, 0, True), (47, 0, True), (49, 0, False), (10, 28, True), (10, 29, False)],
)
def test_a_piece_is_near_and_about_level(gap: float, down: float, joined: bool) -> None:
    """Gaps of 1.6 heights and offsets of 0.95 heights."""
    level = boxes((0, 0), (18 + gap, down))
    assert (len(continue_curves([[0], [1]], level, 0.0, 30.0)) == 1) is joined


def test_a_line_level_in_the_image_continues_at_any_slope() -> None:
    slope = 0.3
    level = boxes((0, 0), (40, -slope * 40))
    assert _bend([0], [1], level, slope, 30.0) < 0.1
    assert _bend([0], [1], level, 0.0, 30.0) == pytest.approx(slope * 40 / 30 + 0.1 * 22 / 30)


def test_pieces_above_each_other_are_no_neighbours() -> None:
    level = boxes((0, 0), (30, 0), (60, 0), (30, 40), (60, 40))
    assert _neighbours([[0, 1, 2], [3, 4]], level, 30.0) == []
    assert continue_curves([[0, 1, 2], [3, 4]], level, 0.0, 30.0) == [[0, 1, 2], [3, 4]]


def test_of_two_continuations_the_nearest_is_taken() -> None:
    level = boxes((0, 0), (30, 0), (60, 22), (60, 4))
    assert continue_curves([[0, 1], [2], [3]], level, 0.0, 30.0) == [[0, 1, 3], [2]]


def test_the_slope_at_an_end_is_regularised_by_a_digit() -> None:
    level = boxes((0, 0), (30, 15), (60, 30))
    assert _end_slope([0, 1, 2], level, 0.0) == pytest.approx(0.5)
    assert _end_slope([0, 1, 2], level, 30.0) == pytest.approx(0.5 * 1800 / (1800 + 900))
    assert _end_slope([0], level, 30.0) == 0


def test_a_texture_is_left_as_it_is() -> None:
    rng = np.random.default_rng(0)
    level = np.column_stack([rng.uniform(0, 900, (MOST + 1, 2)), rng.uniform(5, 40, (MOST + 1, 2))])
    chains = [[index] for index in range(MOST + 1)]
    assert continue_curves(chains, level, 0.0, 20.0) is chains
    assert continue_curves([], level, 0.0, 20.0) == []
    assert len(continue_curves(chains[:MOST], level, 0.0, 20.0)) < MOST
