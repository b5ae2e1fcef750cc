"""Rows of digits and marks: a window shows what its class says."""

import numpy as np
import pytest

from inkling.reading.recognise.mark_network import CLASSES, DIGIT, HEIGHT, KINDS, WIDTH
from inkling.synthesis import marked_rows
from inkling.synthesis.fields import UNIT
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_marks import compose_marks
from inkling.synthesis.marks import draw_mark
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.units import draw_beside
from inkling.types import MarkKind


def test_every_class_comes_and_a_part_is_ink_of_its_line(source: GlyphSource) -> None:
    rng = np.random.default_rng(4)
    made = [pair for _ in range(150) for pair in compose_marks(source, rng)]
    assert {label for _, label in made} == set(range(len(CLASSES)))
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


def test_separators_stand_between_all_glyphs_of_a_comb_field(
    source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marked_rows, "SEPARATED", 1.0)
    rng = np.random.default_rng(9)
    for _ in range(20):
        row = marked_rows.write_marked_row(source, rng)
        bars = [stamped.truth.label == marked_rows.RULING_LABEL for stamped in row]
        assert bars == [k % 2 == 0 for k in range(len(row))]
        boxes = [stamped.truth.box for stamped, bar in zip(row, bars, strict=True) if bar]
        heights = [y1 - y0 for _, y0, _, y1 in boxes]
        assert np.ptp(heights) <= 0.25 * max(heights)


def test_letters_of_a_unit_stand_on_the_line(source: GlyphSource) -> None:
    rng = np.random.default_rng(10)
    words = [letters for _ in range(300) if len(letters := draw_beside(source, rng)) > 1]
    assert words
    for letters in words:
        assert {each.glyph.label for each in letters} == {NONE_LABEL}
        for each in letters:
            inked = np.flatnonzero((each.glyph.edge > 0).any(axis=1))
            half = np.ptp(inked) / UNIT / 2 * each.size
            assert 0.2 < each.drop + half < 1.0  # the foot, below the middle of the line


def test_ones_of_mnist_are_ones(source: GlyphSource) -> None:
    assert {source.one().label for _ in range(200)} == {1}


def kind(name: MarkKind) -> int:
    return 1 + KINDS.index(name)
