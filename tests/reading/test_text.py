"""Spaces between numbers: gaps on the line, what a mark fills, what is usual in it."""

import pytest

from inkling.reading.text import _gap, join_text
from inkling.types import Box, Prediction

ONE = Box(100, 50, 20, 40)


@pytest.mark.parametrize(
    ("other", "marks", "gap"),
    [
        (Box(130, 50, 20, 40), [], 10),
        (Box(110, 50, 20, 40), [], 0),  # they overlap
        (Box(150, 50, 20, 40), [Box(125, 70, 10, 10)], 20),  # a mark between them fills its width
        (Box(150, 50, 20, 40), [Box(125, 10, 10, 39)], 30),  # above both
        (Box(150, 50, 20, 40), [Box(125, 10, 10, 41)], 20),
        (Box(150, 50, 20, 40), [Box(125, 110, 10, 10)], 30),  # half a height below both
        (Box(150, 50, 20, 40), [Box(125, 109, 10, 10)], 20),
        (Box(150, 50, 20, 40), [Box(105, 70, 10, 10)], 30),  # no farther right than the first
        (Box(150, 50, 20, 40), [Box(106, 70, 10, 10)], 20),
        (Box(150, 50, 20, 40), [Box(155, 70, 10, 10)], 30),  # nor left of the second
        (Box(150, 50, 20, 40), [Box(154, 70, 10, 10)], 20),
        (Box(150, 50, 20, 40), [Box(122, 70, 8, 9), Box(135, 70, 8, 9)], 14),
        (Box(140, 80, 20, 40), [], 20 * (1 + (30 / 40) ** 2) ** 0.5),  # along the slope
        (Box(140, 60, 20, 60), [], 20 * (1 + (20 / 40) ** 2) ** 0.5),  # of their middles
    ],
)
def test_a_gap_is_measured_along_the_line(other: Box, marks: list[Box], gap: float) -> None:
    assert _gap(ONE, other, marks) == pytest.approx(gap)


def digits(*lefts: int, width: int = 20, labels: str = "0123456789") -> list[Prediction]:
    return [
        Prediction(None, 0.9, Box(x, 0, width, 40), label=labels[k]) for k, x in enumerate(lefts)
    ]


@pytest.mark.parametrize(
    ("lefts", "text"),
    [
        ((0, 52), "01"),  # one gap: 0.8 heights are 32 pixels, and four of them 160
        ((0, 180), "01"),
        ((0, 181), "0 1"),
        ((0, 30, 82), "012"),  # 32 pixels
        ((0, 30, 83), "01 2"),
        ((0, 40, 110), "012"),  # 2.5 times the usual 20 are 50
        ((0, 40, 111), "01 2"),
        ((0, 25, 50, 110, 135), "012 34"),
        ((0,), "0"),
    ],
)
def test_a_wide_gap_is_a_space(lefts: tuple[int, ...], text: str) -> None:
    each = digits(*lefts)
    assert join_text(each, [range(len(each))], []) == text


def test_lines_are_joined_by_line_breaks() -> None:
    each = digits(0, 25, 0, 25)
    assert join_text(each, [[0, 1], [2], [3]], []) == "01\n2\n3"
    assert join_text([], [], []) == ""


def test_a_long_label_has_spaces_on_both_sides() -> None:
    box = Box(0, 0, 20, 40)
    each = [
        Prediction(None, 0.9, Box(25 * k, 0, 20, 40), label=label)
        for k, label in enumerate(["1", "plus", "2", "3"])
    ]
    assert join_text(each, [range(4)], [box]) == "1 plus 23"
