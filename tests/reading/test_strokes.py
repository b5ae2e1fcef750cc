"""Which strokes are one digit: what is stacked, a bar, a small piece beside; and how far apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.detect.parts import Part
from inkling.reading.detect.strokes import _gap, _is_bar, join_strokes
from tests.reading.maps import make_box

HEIGHT = 100.0
BODY = make_box(100, 100, 60, 80)


@pytest.mark.parametrize(
    ("other", "gap"),
    [
        (make_box(100, 80, 60, 10), 10.0),  # a bar above it
        (make_box(100, 66, 60, 10), 24.0),  # 0.25 of the digit's height is 25
        (make_box(100, 65, 60, 10), None),
        (make_box(128, 80, 60, 10), 10.0),  # 32 of 60 overlap: more than 0.45
        (make_box(133, 60, 60, 40), None),  # 27 of 60 overlap: no more than 0.45, no bar
        (make_box(100, 90, 60, 30), 0.0),  # they overlap both ways
        (make_box(100, 184, 20, 21), None),  # smaller than 0.22 of the height: a point
        (make_box(100, 184, 20, 22), 4.0),
        (make_box(100, 190, 60, 55), 10.0),  # 145 rows together
        (make_box(100, 190, 60, 56), None),
        (make_box(105, 82, 155, 10), 8.0),  # 160 columns together
        (make_box(105, 82, 156, 10), None),
    ],
)
def test_strokes_above_each_other(other: Part, gap: float | None) -> None:
    for one, two in ((BODY, other), (other, BODY)):
        assert _gap(one, two, HEIGHT, False) == gap
        assert _gap(one, two, HEIGHT, True) == gap


@pytest.mark.parametrize(
    ("bar", "gap"),
    [
        (make_box(144, 80, 60, 10), 10.0),  # 16 of 60 overlap: more than 0.25
        (make_box(145, 80, 60, 10), None),  # 15 do not do
        (make_box(144, 78, 60, 10), None),  # 12 rows apart: no closer than 0.12 of the height
        (make_box(144, 79, 60, 10), 11.0),
        (make_box(144, 55, 60, 35), 10.0),  # 0.6 of its width is 36
        (make_box(144, 54, 60, 36), None),
    ],
)
def test_a_bar_may_be_set_down_aside(bar: Part, gap: float | None) -> None:
    assert _gap(BODY, bar, HEIGHT, False) == gap
    assert _gap(bar, BODY, HEIGHT, False) == gap


@pytest.mark.parametrize(
    ("piece", "gap"),
    [
        (make_box(165, 120, 20, 47), 5.0),  # smaller than 0.6 of the other's 80
        (make_box(165, 120, 20, 48), None),
        (make_box(171, 120, 20, 40), 11.0),
        (make_box(172, 120, 20, 40), None),  # 0.12 of the height
        (make_box(165, 185, 20, 40), 10.0),
        (make_box(165, 191, 20, 40), 16.0),
        (make_box(165, 192, 20, 40), None),
    ],
)
def test_a_small_piece_beside_a_stroke(piece: Part, gap: float | None) -> None:
    for one, two in ((BODY, piece), (piece, BODY)):
        assert _gap(one, two, HEIGHT, True) == gap
        assert _gap(one, two, HEIGHT, False) is None


def test_what_a_bar_is() -> None:
    assert _is_bar(make_box(0, 0, 60, 35), BODY)
    assert not _is_bar(make_box(0, 0, 60, 36), BODY)  # too tall for its width
    assert not _is_bar(make_box(0, 0, 100, 48), BODY)  # too tall beside the other
    assert _is_bar(make_box(0, 0, 100, 47), BODY)


def test_the_taller_stroke_sets_what_is_too_large() -> None:
    """Of strokes taller than the line's digits, the taller one counts."""
    assert _gap(make_box(0, 0, 40, 200), make_box(0, 210, 40, 75), HEIGHT, False) == 10.0
    assert _gap(make_box(0, 0, 40, 200), make_box(0, 210, 40, 81), HEIGHT, False) is None


@given(st.integers(0, 2**16))
def test_joined_strokes_hold_all_labels_from_left_to_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strokes = [
        make_box(*rng.integers(0, 200, 2).tolist(), *rng.integers(4, 60, 2).tolist(), label=k)
        for k in range(1, 8)
    ]
    for side_by_side in (False, True):
        joined = join_strokes(strokes, side_by_side)
        assert sorted(label for part in joined for label in part.labels) == list(range(1, 8))
        middles = [part.x + part.w / 2 for part in joined]
        assert middles == sorted(middles)


def test_the_closest_strokes_are_joined_first() -> None:
    """A stroke between two bodies goes to the nearer one; both are then too tall for the other."""
    upper, lower = make_box(0, 0, 50, 90, label=1), make_box(0, 130, 50, 90, label=2)
    between = make_box(0, 95, 50, 24, label=3)
    joined = join_strokes([upper, lower, between], side_by_side=False)
    assert sorted(sorted(part.labels) for part in joined) == [[1, 3], [2]]
