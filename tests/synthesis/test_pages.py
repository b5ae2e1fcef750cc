"""Whole pages: their ink, their rules and the boxes of their digits."""

from collections.abc import Callable

import numpy as np
import pytest

from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.page_parts import MOST_PIXELS, LineSpec, draw_rule, sample_hand, write_line
from inkling.synthesis.pages import draw_comb, draw_lone, draw_page, draw_rows, draw_table
from inkling.synthesis.scene import compose_page
from inkling.synthesis.sheet import Sheet, new_sheet

Draw = Callable[[GlyphSource, float, np.random.Generator], Sheet]


@pytest.mark.parametrize("draw", [draw_page, draw_rows, draw_comb, draw_table, draw_lone])
def test_digits_have_ink_inside_their_boxes(draw: Draw, source: GlyphSource) -> None:
    drawn = 0
    for seed in range(6):
        sheet = draw(source, 40.0, np.random.default_rng(seed))
        assert sheet.ink.shape == sheet.lines.shape
        assert sheet.ink.size <= 1.05 * MOST_PIXELS
        assert 0 <= sheet.lines.min() <= sheet.lines.max() <= 1
        for truth in sheet.truths:
            x0, y0, x1, y1 = (round(v) for v in truth.box)
            assert sheet.ink[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1].max() > 0.3
        drawn += len(sheet.truths)
    assert drawn >= 6


def test_forms_have_rules_and_a_comb_has_separators(source: GlyphSource) -> None:
    for draw in (draw_comb, draw_table):
        sheet = draw(source, 40.0, np.random.default_rng(1))
        assert sheet.lines.max() > 0.3
        assert (sheet.lines > 0.3).any(axis=0).sum() > sheet.unit


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.5])
def test_a_line_rises_by_its_slope(slope: float, source: GlyphSource) -> None:
    rng = np.random.default_rng(2)
    sheet = new_sheet(500, 500, 40)
    line = LineSpec((20, 250), 8, 40, slope, marks=0, gap=0.2)
    write_line(sheet, source, sample_hand(rng), line, rng)
    boxes = np.array([truth.box for truth in sheet.truths])
    x, y = boxes[:, ::2].mean(axis=1), boxes[:, 1::2].mean(axis=1)
    assert np.polyfit(x, -y, 1)[0] == pytest.approx(slope, abs=0.12)
    assert (np.diff(x) > 0).all()


def test_a_broken_rule_has_gaps() -> None:
    whole, broken = np.zeros((20, 400), np.float32), np.zeros((20, 400), np.float32)
    draw_rule(whole, ((5, 10), (395, 10)), 2, np.random.default_rng(0))
    draw_rule(broken, ((5, 10), (395, 10)), 2, np.random.default_rng(0), broken=0.5)
    assert (whole.max(axis=0) > 0.5).sum() > 380
    assert 50 < (broken.max(axis=0) > 0.5).sum() < 330


def test_a_composed_page_knows_its_ink(source: GlyphSource) -> None:
    for seed in range(4):
        scene = compose_page(source, np.random.default_rng(seed))
        assert scene.pixels.dtype == np.uint8
        assert scene.pixels.shape[:2] == scene.ink.shape
        assert scene.truths
