"""Lines of text at any slope, from boxes alone."""

import numpy as np
import pytest

from inkling.reading.detect.layout import find_layout
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
