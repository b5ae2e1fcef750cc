import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.synthesis.render import Pen, Placement, draw_glyph, sample_pen, sample_placement
from inkling.synthesis.strokes import glyph_of_lines, write_digit

STEM = glyph_of_lines([np.array([[0, 0], [0, 1]], np.float32)], 1, 0.08)


@pytest.mark.parametrize("width", [0.06, 0.12, 0.2])
@pytest.mark.parametrize("size", [40, 90])
def test_a_pen_leaves_its_width_at_any_size(width: float, size: int) -> None:
    sheet = np.zeros((140, 140), np.float32)
    box = draw_glyph(
        sheet, STEM, Placement(70, 70, size, elastic=0), Pen(width), np.random.default_rng(0)
    )
    assert box is not None
    assert sheet[70].sum() == pytest.approx(width * size, abs=0.12 * width * size + 0.6)
    assert box[3] - box[1] == pytest.approx(size * (1 + width), abs=3)


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_the_box_holds_the_ink(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sheet = np.zeros((60, 80), np.float32)
    glyph = write_digit(int(rng.integers(10)), rng)
    pen = sample_pen(rng)
    box = draw_glyph(sheet, glyph, sample_placement(glyph, 40, 30, 40, rng), pen, rng)
    assert sheet.min() >= 0
    assert sheet.max() <= 1
    if box is None:
        return
    x0, y0, x1, y1 = box
    assert 0 <= x0 < x1 <= 80
    assert 0 <= y0 < y1 <= 60
    outside = sheet.copy()
    outside[y0:y1, x0:x1] = 0
    assert outside.max() <= 0.45  # what is left is the soft border of the ink


def test_nothing_falls_on_a_sheet_that_is_elsewhere() -> None:
    sheet = np.zeros((30, 30), np.float32)
    place = Placement(300, 300, 20)
    assert draw_glyph(sheet, STEM, place, Pen(0.1), np.random.default_rng(0)) is None
    assert not sheet.any()


def test_ink_is_never_taken_away() -> None:
    rng = np.random.default_rng(3)
    sheet = rng.random((60, 60), np.float32)
    before = sheet.copy()
    draw_glyph(sheet, STEM, Placement(30, 30, 40), Pen(0.2, pressure=0.6, grain=0.5), rng)
    assert (sheet >= before).all()
