"""Rows of digits and marks: a window shows what its class says."""

import numpy as np
import pytest

from inkling.reading.recognise.mark_network import DIGIT, HEIGHT, KINDS, WIDTH
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_marks import CLASSES, compose_marks
from inkling.synthesis.marks import draw_mark
from inkling.types import MarkKind


def test_every_class_comes_and_a_part_is_ink_of_its_line(source: GlyphSource) -> None:
    rng = np.random.default_rng(4)
    made = [pair for _ in range(150) for pair in compose_marks(source, rng)]
    assert {label for _, label in made} == set(range(CLASSES))
    for window, _ in made:
        assert window.shape == (2, HEIGHT, WIDTH)
        assert (window[0] <= window[1]).all()


def test_the_digits_of_a_row_are_about_as_tall_as_the_window_says(source: GlyphSource) -> None:
    rng = np.random.default_rng(5)
    tall = [
        np.ptp(np.nonzero(window[0] > 100)[0]) + 1
        for _ in range(60)
        for window, label in compose_marks(source, rng)
        if label == 0 and (window[0] > 100).any()
    ]
    assert abs(float(np.median(tall)) - DIGIT) < 2


def test_points_are_small_and_low_and_slashes_tall(source: GlyphSource) -> None:
    rng = np.random.default_rng(6)
    points = [w[0] for _ in range(200) for w, k in compose_marks(source, rng) if k == kind("point")]
    slashes = [
        w[0] for _ in range(200) for w, k in compose_marks(source, rng) if k == kind("slash")
    ]
    heights = [np.ptp(np.nonzero(ink > 100)[0]) + 1 for ink in points if (ink > 100).any()]
    assert np.median(heights) < 0.35 * DIGIT
    rows = [np.nonzero(ink > 100)[0].mean() for ink in points if (ink > 100).any()]
    assert np.median(rows) > HEIGHT / 2 + 0.2 * DIGIT
    heights = [np.ptp(np.nonzero(ink > 100)[0]) + 1 for ink in slashes if (ink > 100).any()]
    assert np.median(heights) > DIGIT


@pytest.mark.parametrize("name", KINDS)
def test_the_same_seed_draws_the_same_mark(name: MarkKind, source: GlyphSource) -> None:
    one = draw_mark(name, source, np.random.default_rng(8))
    assert 0.05 < one.size < 2
    assert -0.5 < one.drop < 0.7
    if name in ("point", "comma", "minus", "colon"):  # no font has a part in these
        other = draw_mark(name, source, np.random.default_rng(8))
        assert one[1:] == other[1:]
        np.testing.assert_array_equal(one.glyph.edge, other.glyph.edge)


def kind(name: MarkKind) -> int:
    return 1 + KINDS.index(name)
