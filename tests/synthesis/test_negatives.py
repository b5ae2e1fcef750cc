from collections.abc import Callable

import numpy as np
import pytest

from inkling.synthesis import negatives
from inkling.synthesis.fields import FIELD, Glyph
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.strokes import write_digit

MAKERS = [negatives.scribble, negatives.doodle, negatives.silhouette]


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_no_digit_has_ink_and_says_so(
    make: Callable[[np.random.Generator], Glyph],
) -> None:
    rng = np.random.default_rng(5)
    for _ in range(25):
        glyph = make(rng)
        assert glyph.label == negatives.NONE_LABEL
        assert (glyph.spine < 0.05).any()
        assert glyph.edge.shape == glyph.spine.shape == (FIELD, FIELD)


def test_shapes_that_are_digits_in_themselves_are_left_out() -> None:
    forbidden = set("OoQlIiSsZzBqg01^|/()οιθΘΟΙΛ")
    assert not forbidden & set(negatives.LETTERS + negatives.SIGNS)


def test_turning_four_times_changes_nothing() -> None:
    glyph = write_digit(4, np.random.default_rng(1))
    turned = glyph
    for _ in range(4):
        turned = negatives.turn(turned, 1, flip=False)
    np.testing.assert_array_equal(turned.edge, glyph.edge)
    assert turned.label == negatives.NONE_LABEL


def test_a_pair_is_wider_than_either_and_a_piece_smaller() -> None:
    rng = np.random.default_rng(4)
    left, right = write_digit(5, rng), write_digit(8, rng)
    both = negatives.pair(left, right, rng)
    columns = np.nonzero((both.edge > 0).any(0))[0]
    rows = np.nonzero((both.edge > 0).any(1))[0]
    assert np.ptp(columns) > 0.75 * np.ptp(rows)
    part = negatives.piece(left, rng)
    assert part is not None
    assert 0 < (part.edge > 0).sum() < 0.85 * (left.edge > 0).sum()
    assert negatives.piece(write_digit(1, rng), rng) is None


def test_a_source_gives_every_class(source: GlyphSource) -> None:
    seen = {source.digit().label for _ in range(300)}
    assert seen == set(range(10))
    assert {source.negative().label for _ in range(60)} == {negatives.NONE_LABEL}
