import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.compose.crops import Shares, cut_composed, cut_inked, cut_plain, name_cut, overlap
from inkling.data.compose.fonts import Face
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.negatives import NONE
from inkling.data.compose.sheet import Truth
from inkling.reading.crops import find_candidates, find_crops
from inkling.reading.normalise import normalise
from inkling.types import Box, Digits

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
        (Box(10, 10, 44, 40), NONE),  # two digits in one
        (Box(10, 10, 20, 14), NONE),  # the top of a digit
        (Box(70, 10, 20, 40), NONE),  # a stain
        (Box(70, 10, 8, 40), None),  # a stick: only its surroundings tell it from a 1
        (Box(10, 10, 20, 29), None),  # most of a digit: no lesson
    ],
)
def test_a_cut_is_named_by_what_it_holds(box: Box, label: int | None) -> None:
    assert name_cut(box, (FIVE, EIGHT)) == label


def test_half_of_a_pair_may_be_a_digit_and_gives_no_lesson() -> None:
    pair = Truth(NONE, (10, 10, 54, 50))
    assert name_cut(Box(10, 10, 20, 40), (pair,)) is None
    assert name_cut(Box(10, 10, 44, 40), (pair,)) == NONE


def test_a_truth_that_is_not_to_be_learnt_gives_no_lesson() -> None:
    assert name_cut(Box(10, 10, 20, 40), (Truth(-1, FIVE.box),)) is None


def test_composed_crops_come_by_the_number_and_by_the_seed(
    few: Digits, faces: tuple[Face, ...]
) -> None:
    def crops() -> Digits:
        rng = np.random.default_rng(9)
        source = GlyphSource(few, faces, rng)
        return cut_composed(source, 120, (find_crops, find_candidates), Shares(), rng)

    first = crops()
    assert len(first) == 120
    assert first.sha256() == crops().sha256()
    assert 0.05 < (first.labels == NONE).mean() < 0.6
    assert len(np.unique(first.labels)) >= 9


def test_inked_crops_have_ink(source: GlyphSource) -> None:
    made = cut_inked(
        source, 150, lambda ink: normalise(ink).pixels, Shares(), np.random.default_rng(2)
    )
    assert len(made) == 150
    assert made.images.sum(axis=(1, 2)).min() > 2_000
    assert made.classes[NONE] == "none"


def test_plain_digits_keep_their_labels(few: Digits) -> None:
    made = cut_plain(few, 60, find_crops, np.random.default_rng(0))
    assert len(made) > 50
    assert set(made.labels.tolist()) <= set(range(10))
