"""Lines of text at any slope, from boxes alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.detect.layout import (
    _add_small,
    _find_slope,
    _join_chains,
    _link,
    _without_slope,
    digit_height,
    find_layout,
)
from inkling.reading.detect.parts import Part
from inkling.reading.detect.strokes import join_strokes
from inkling.reading.text import join_text
from inkling.types import Box, Prediction


def part(x: float, y: float, w: float = 18, h: float = 30) -> Part:
    return Part((1,), round(x - w / 2), round(y - h / 2), round(w), round(h), int(w * h), 1.0, 1.0)


def row(count: int, slope: float, x: float = 60, y: float = 400, pitch: float = 26) -> list[Part]:
    return [part(x + pitch * k, y + slope * pitch * k) for k in range(count)]


@pytest.mark.parametrize("degrees", [-28, -15, -8, -4, 0, 4, 8, 15, 28])
def test_a_row_is_one_line_at_any_slope(degrees: int) -> None:
    parts = row(12, float(np.tan(np.deg2rad(degrees))))
    shuffled = np.random.default_rng(1).permutation(12)
    layout = find_layout([parts[k] for k in shuffled])
    assert len(layout.lines) == 1
    assert [int(shuffled[k]) for k in layout.lines[0]] == list(range(12))


@pytest.mark.parametrize("gap", [0.15, 0.3, 1.0])
@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.1])
def test_close_rows_stay_apart(gap: float, slope: float) -> None:
    pitch = 30 * (1 + gap) / np.cos(np.arctan(slope)) + 30 * abs(slope)
    parts = [each for k in range(8) for each in row(7, slope, y=60 + pitch * k)]
    layout = find_layout(parts)
    assert [list(line) for line in layout.lines] == [
        list(range(7 * k, 7 * k + 7)) for k in range(8)
    ]


def test_a_list_of_single_digits_is_read_downwards() -> None:
    parts = [part(100 + 3 * (k % 3), 40 + 38 * k) for k in range(9)]
    assert [list(line) for line in find_layout(parts).lines] == [[k] for k in range(9)]


def test_a_curved_row_is_one_line() -> None:
    parts = [part(60 + 26 * k, 200 + 1.2 * (k - 5) ** 2) for k in range(11)]
    assert find_layout(parts).lines == (tuple(range(11)),)


@pytest.mark.parametrize("bend", [-1, 1])
@pytest.mark.parametrize("shift", [0, 2, 4])
def test_a_wavy_row_is_one_line(bend: int, shift: int) -> None:
    """Two digits beside each other differ by up to their height, as no two rows do."""
    parts = [
        part(60 + 30 * k, 200 + bend * 26 * float(np.sin((k + shift) * np.pi / 5)))
        for k in range(12)
    ]
    assert find_layout(parts).lines == (tuple(range(12)),)


def test_rows_of_which_one_starts_where_the_other_ends_stay_apart() -> None:
    parts = [*row(5, 0, x=60, y=100), *row(5, 0, x=60 + 26 * 5, y=100 + 33)]
    assert find_layout(parts).lines == (tuple(range(5)), tuple(range(5, 10)))


@pytest.mark.parametrize("seed", range(12))
def test_a_list_with_small_gaps_stays_a_list(seed: int) -> None:
    """Found in `benchmarks/pages.py`: a slope by chance put one digit beside the next."""
    rng = np.random.default_rng(seed)
    parts = [
        part(100 + float(rng.normal(0, 3)), 40 + 36 * k, 20 + float(rng.uniform(-6, 8)))
        for k in range(8)
    ]
    assert [list(line) for line in find_layout(parts).lines] == [[k] for k in range(8)]


def test_short_and_long_rows_below_each_other_stay_apart() -> None:
    parts = [*row(2, 0, y=100), *row(9, 0, y=135), *row(1, 0, y=170), *row(4, 0, y=205)]
    assert [len(line) for line in find_layout(parts).lines] == [2, 9, 1, 4]


def test_a_point_belongs_to_the_line_it_stands_on() -> None:
    parts = [*row(3, 0, y=100), *row(3, 0, y=160), part(73, 114, 4, 4)]
    assert 6 in find_layout(parts).lines[0]


def test_no_parts_have_no_lines() -> None:
    assert find_layout([]).lines == ()


def test_a_bar_joins_its_digit_and_a_neighbour_does_not() -> None:
    body, bar, other = part(60, 105, 18, 22), part(64, 88, 16, 4), part(86, 100)
    assert len(join_strokes([body, bar, other], side_by_side=False)) == 2


def test_stacked_digits_are_not_joined_without_limit() -> None:
    assert len(join_strokes([part(60, 40 + 33 * k) for k in range(5)], side_by_side=True)) == 5


def test_a_wide_gap_parts_two_numbers() -> None:
    boxes = [Box(x, 10, 16, 30) for x in (10, 30, 50, 130, 150)]
    digits = [Prediction(k, 0.99, box) for k, box in enumerate(boxes)]
    assert join_text(digits, [range(5)], []) == "012 34"
    assert join_text(digits, [range(5)], [Box(75, 10, 45, 30)]) == "01234"
    assert join_text(digits[:3], [range(2), [2]], []) == "01\n2"


@pytest.mark.parametrize(
    ("parts", "height"),
    [
        ([part(0, 0, 20, 30)], 30),
        ([part(0, 0, 20, 30), part(50, 0, 20, 40), part(90, 0, 20, 50)], 40),
        ([part(0, 0, 4, 4)] * 9 + [part(50, 0, 20, 40)] * 2, 40),  # dots weigh little
        ([part(0, 0, 2, 200)] + [part(50, 0, 20, 40)] * 2, 40),  # so does a long thin line
    ],
)
def test_the_height_of_digits_is_not_moved_by_dots_and_lines(
    parts: list[Part], height: float
) -> None:
    assert digit_height(parts) == height


def test_a_layout_says_slope_and_height() -> None:
    layout = find_layout(row(12, float(np.tan(np.deg2rad(10)))))
    assert np.rad2deg(np.arctan(layout.slope)) == pytest.approx(10, abs=1)
    assert layout.height == 30
    assert find_layout([part(10, 10)]).slope == 0
    assert find_layout([part(10, 10), part(10, 400)]).slope == 0  # no neighbours
    empty = find_layout([])
    assert (empty.slope, empty.height) == (0, 0)


def test_a_level_line_is_preferred_where_two_slopes_explain_it() -> None:
    parts = [part(60 + 40 * column, 60 + 40 * line) for line in range(5) for column in range(5)]
    assert find_layout(parts).slope == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("steep", "degrees"), [(23, 0), (30, 32)])
def test_a_steep_line_needs_a_third_more_neighbours(steep: int, degrees: int) -> None:
    """A quarter of the score is taken off at the steepest slope: 20 win over 23, not over 30."""
    boxes = []
    for number, angle in enumerate([0.0] * 20 + [32.0] * steep):
        y = 500.0 * number
        dx, dy = 60 * np.cos(np.deg2rad(angle)), 60 * np.sin(np.deg2rad(angle))
        boxes += [(0, y, 18, 30), (dx, y + dy, 18, 30)]
    slope = _find_slope(np.array(boxes, np.float64), 30)
    assert np.rad2deg(np.arctan(slope)) == pytest.approx(degrees, abs=0.5)


@given(st.floats(-0.6, 0.6), st.integers(0, 2**16))
def test_taking_the_slope_off_turns_the_image(slope: float, seed: int) -> None:
    boxes = np.random.default_rng(seed).uniform(0, 500, (6, 4))
    level = _without_slope(boxes, slope)
    turned = (boxes[:, 0] + 1j * boxes[:, 1]) * np.exp(-1j * np.arctan(slope))
    np.testing.assert_allclose(level[:, 0] + 1j * level[:, 1], turned)
    np.testing.assert_array_equal(level[:, 2:], boxes[:, 2:])


def linked(*boxes: tuple[float, float, float, float]) -> list[list[int]]:
    """The chains of boxes given by their middle and size."""
    level = np.array(boxes, np.float64)
    return _link(level, np.arange(len(level)))


def test_neighbours_on_a_line_are_linked() -> None:
    digit = (20.0, 30.0)
    assert linked((0, 0, *digit), (30, 0, *digit), (60, 0, *digit)) == [[0, 1, 2]]
    assert linked((60, 0, *digit), (0, 0, *digit), (30, 0, *digit)) == [[1, 2, 0]]
    assert linked((0, 0, *digit), (30, 19, *digit)) == [[0, 1]]  # 11 of 30 rows shared
    assert linked((0, 0, *digit), (30, 20, *digit)) == [[0], [1]]  # 10 are less than 0.35
    assert linked((0, 0, *digit), (379, 0, *digit)) == [[0, 1]]  # 359 pixels: below 12 heights
    assert linked((0, 0, *digit), (380, 0, *digit)) == [[0], [1]]


def test_of_two_followers_the_level_one_is_linked() -> None:
    digit = (20.0, 30.0)
    assert linked((0, 0, *digit), (32, 0, *digit), (30, 12, *digit)) == [[0, 1], [2]]


def joined(*chains: list[tuple[float, float, float, float]], height: float = 30.0) -> list:
    level = np.array([box for chain in chains for box in chain], np.float64)
    starts = np.cumsum([0, *map(len, chains)])
    indices = [list(range(a, b)) for a, b in itertools.pairwise(starts)]
    return sorted(sorted(line) for line in _join_chains(indices, level, height))


def test_chains_that_go_on_from_each_other_are_one_line() -> None:
    first = [(20.0 * k, 0.0, 16.0, 30.0) for k in range(3)]
    assert joined(first, [(100, 14, 16, 30)]) == [[0, 1, 2, 3]]
    assert joined(first, [(100, 15, 16, 30)]) == [[0, 1, 2], [3]]  # half a height off
    assert joined(first, [(40 + 16 + 359, 0, 16, 30)]) == [[0, 1, 2, 3]]
    assert joined(first, [(40 + 16 + 360, 0, 16, 30)]) == [[0, 1, 2], [3]]  # 12 heights apart
    assert joined(first) == [[0, 1, 2]]


def test_a_part_above_another_ones_middle_is_on_another_line() -> None:
    first = [(20.0 * k, 0.0, 16.0, 30.0) for k in range(3)]
    assert joined(first, [(33, 7, 16, 30)]) == [[0, 1, 2, 3]]
    assert joined(first, [(33, 8, 16, 30)]) == [[0, 1, 2], [3]]  # a quarter of a height off
    assert joined(first, [(32, 8, 16, 30)]) == [[0, 1, 2, 3]]  # beside the middle


def added(small: tuple[float, float, float, float]) -> list[list[int]]:
    level = np.array([(0, 0, 20, 40), (30, 0, 20, 40), (0, 100, 20, 40), small], np.float64)
    return _add_small([[0, 1], [2]], level, np.array([0, 1, 2]), 40.0)


@pytest.mark.parametrize(
    ("small", "lines"),
    [
        ((15, 18, 4, 4), [[0, 1, 3], [2]]),  # at the foot of the first line
        ((0, 77, 4, 4), [[0, 1], [2, 3]]),  # nearer to the second
        ((45, 37, 4, 4), [[0, 1, 3], [2]]),  # 35 rows below the middle: less than 0.9 heights
        ((100, 38, 4, 4), [[0, 1], [2], [3]]),
        ((521, 0, 4, 4), [[0, 1, 3], [2]]),  # 479 columns apart
        ((522, 0, 4, 4), [[0, 1], [2], [3]]),  # 12 heights
    ],
)
def test_small_parts_are_added_to_the_nearest_line(
    small: tuple[float, float, float, float], lines: list[list[int]]
) -> None:
    assert added(small) == lines


def test_lines_of_small_parts_alone_keep_them() -> None:
    level = np.array([(0, 0, 4, 4), (30, 0, 4, 4)], np.float64)
    assert _add_small([], level, np.array([], int), 40.0) == [[0], [1]]
