import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.synthesis.labels import is_pair, label_crop, overlap
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.sheet import Truth
from inkling.types import Box

FIVE = Truth(5, (10, 10, 30, 50))
EIGHT = Truth(8, (34, 10, 54, 50))
sizes = st.integers(1, 60)


@given(sizes, sizes, sizes, sizes)
def test_overlap_is_one_with_itself_and_nothing_far_away(x: int, y: int, w: int, h: int) -> None:
    box = Box(x, y, w, h)
    assert overlap(box, (x, y, x + w, y + h), 1.0) == pytest.approx(1)
    assert overlap(box, (x + 200, y, x + w + 200, y + h), 1.0) == 0


@pytest.mark.parametrize(
    ("box", "label"),
    [
        (Box(10, 10, 20, 40), 5),  # the digit itself
        (Box(9, 11, 21, 38), 5),  # nearly
        (Box(8, 8, 24, 60), 5),  # the digit and a piece of a line below it
        (Box(10, 10, 44, 40), NONE_LABEL),  # two digits in one
        (Box(10, 10, 20, 14), NONE_LABEL),  # the top of a digit
        (Box(70, 10, 20, 40), NONE_LABEL),  # a stain
        (Box(70, 10, 8, 40), None),  # a stick: only its surroundings tell it from a 1
        (Box(10, 10, 20, 29), None),  # most of a digit: no lesson
    ],
)
def test_a_cut_is_named_by_what_it_holds(box: Box, label: int | None) -> None:
    assert label_crop(box, (FIVE, EIGHT)) == label


def test_half_of_a_pair_may_be_a_digit_and_gives_no_lesson() -> None:
    pair = Truth(NONE_LABEL, (10, 10, 54, 50))
    assert label_crop(Box(10, 10, 20, 40), (pair,)) is None
    assert label_crop(Box(10, 10, 44, 40), (pair,)) == NONE_LABEL


def test_a_truth_that_is_not_to_be_learnt_gives_no_lesson() -> None:
    assert label_crop(Box(10, 10, 20, 40), (Truth(-1, FIVE.box),)) is None


@pytest.mark.parametrize(
    ("box", "whether"),
    [
        (Box(10, 10, 44, 40), True),
        (Box(10, 10, 20, 40), False),  # the first alone
        (Box(10, 10, 24, 40), False),  # and the edge of the second
        (Box(30, 10, 24, 40), False),
    ],
)
def test_a_pair_holds_two_digits(box: Box, whether: bool) -> None:
    assert is_pair(box, (FIVE, EIGHT)) is whether


def test_a_digit_and_a_mark_or_a_letter_are_no_pair() -> None:
    for beside in (Truth(NONE_LABEL, EIGHT.box), Truth(-1, EIGHT.box), Truth(1, (34, 40, 40, 50))):
        assert not is_pair(Box(10, 10, 44, 40), (FIVE, beside))
