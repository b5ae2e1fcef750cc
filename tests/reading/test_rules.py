"""Lines and frames go, digits stay."""

import numpy as np
import pytest

from inkling.reading.frames import remove_bands, remove_frames
from inkling.reading.rules import remove_rules
from tests.reading.pictures import drawn_seven, drawn_zero


def mask_of(picture: np.ndarray) -> np.ndarray:
    return (picture < 128).astype(np.uint8)


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.06])
def test_rulings_go_and_the_digit_stays(slope: float) -> None:
    digit = mask_of(drawn_zero(160, 9))
    ruled = digit.copy()
    columns = np.arange(160)
    for offset in (30, 80, 125):
        rows = np.rint(offset + slope * (columns - 80)).astype(int)
        ruled[rows, columns] = ruled[rows + 1, columns] = 1
    left = remove_rules(ruled).mask
    assert (left & digit).sum() > 0.93 * digit.sum()
    assert (left & ~digit & 1).sum() < 0.1 * (ruled & ~digit & 1).sum()


def test_squared_paper_goes_with_its_crossings() -> None:
    squared = np.zeros((150, 150), np.uint8)
    squared[20::32] = 1
    squared[:, 12::32] = 1
    assert remove_rules(squared).mask.sum() < 0.02 * squared.sum()


@pytest.mark.parametrize("draw", [drawn_seven, drawn_zero])
def test_a_digit_is_no_line(draw) -> None:
    digit = mask_of(draw())
    for step in (remove_bands, remove_frames, lambda mask: remove_rules(mask).mask):
        np.testing.assert_array_equal(step(digit), digit)


def test_a_seven_cut_out_along_its_box_keeps_its_bar() -> None:
    seven = mask_of(drawn_seven())
    rows, columns = np.flatnonzero(seven.any(axis=1)), np.flatnonzero(seven.any(axis=0))
    tight = np.ascontiguousarray(seven[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    np.testing.assert_array_equal(remove_rules(tight).mask, tight)


def test_a_frame_round_a_digit_goes() -> None:
    digit = mask_of(drawn_zero(160, 9))
    framed = digit.copy()
    framed[15:145, 15:18] = framed[15:145, 142:145] = 1
    framed[15:18, 15:145] = framed[142:145, 15:145] = 1
    np.testing.assert_array_equal(remove_frames(framed), digit)


def test_an_eight_of_straight_strokes_is_no_frame() -> None:
    eight = np.zeros((120, 100), np.uint8)
    eight[20:100, 30:36] = eight[20:100, 64:70] = 1
    for row in (20, 57, 94):
        eight[row : row + 6, 30:70] = 1
    np.testing.assert_array_equal(remove_frames(eight), eight)


def test_a_band_along_the_edge_goes() -> None:
    digit = mask_of(drawn_seven())
    banded = digit.copy()
    banded[:5] = 1
    banded[:, -4:] = 1
    np.testing.assert_array_equal(remove_bands(banded), digit)
