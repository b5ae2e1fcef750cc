"""How dark pixels are for tables: sizes, polarity, and the colour that shows best."""

import cv2
import numpy as np
import pytest

from inkling.reading.tables.darkness import (
    FINDING,
    TABLE_SIDE,
    _above_paper,
    _darkest,
    see_darkness,
)
from tests.reading.tables.drawn import draw_grid


def test_a_small_sheet_keeps_its_size() -> None:
    sheet = draw_grid([["1", "2"], ["3", "4"]])
    dark = see_darkness(sheet, 0.5)
    assert dark.ink is dark.found
    assert dark.ink.shape == sheet.shape
    assert (dark.zoom, dark.finding, dark.light_ink) == (0.5, 1.0, False)
    assert dark.ink[sheet < 90].mean() > 0.5
    assert np.median(dark.ink[sheet > 220]) < 0.05


def test_light_ink_is_inverted() -> None:
    sheet = draw_grid([["1", "2"], ["3", "4"]])
    dark, light = see_darkness(sheet), see_darkness(255 - sheet)
    assert light.light_ink
    np.testing.assert_allclose(light.ink, dark.ink, atol=1e-6)
    colour = see_darkness(255 - np.stack([sheet] * 3, axis=2))
    np.testing.assert_allclose(colour.ink, dark.ink, atol=0.02)


@pytest.mark.parametrize("desk", [20, 90, 160, 200])
@pytest.mark.parametrize("room", [30, 400])
def test_the_polarity_is_of_the_strokes_and_not_of_the_desk(desk: int, room: int) -> None:
    sheet = draw_grid([["1", "2", "3"]] * 5, cell=(90, 90))
    photo = cv2.copyMakeBorder(sheet, *[room] * 4, cv2.BORDER_CONSTANT, value=desk)
    assert not see_darkness(photo).light_ink
    assert see_darkness(255 - photo).light_ink


@pytest.mark.parametrize(
    ("side", "ink", "found"),
    [(1000, 1000, 1000), (1800, 1800, FINDING), (3600, TABLE_SIDE, FINDING)],
)
def test_a_large_sheet_is_found_small_and_read_larger(side: int, ink: int, found: int) -> None:
    sheet = np.full((side // 3, side), 230, np.uint8)
    sheet[::40] = 60
    dark = see_darkness(sheet, 0.5)
    assert (max(dark.ink.shape), max(dark.found.shape)) == (ink, found)
    assert dark.finding == pytest.approx(found / ink)
    assert dark.zoom == pytest.approx(0.5 * ink / side)


def test_the_darkest_colour_counts() -> None:
    """A red line is dark in green and blue, a blue stroke in red and green."""
    sheet = np.full((90, 120, 3), 240, np.uint8)
    sheet[30:33] = (230, 60, 60)
    sheet[50:80, 60:63] = (40, 60, 220)
    ink = _darkest(sheet)
    expected = np.max([_above_paper(np.ascontiguousarray(sheet[..., k])) for k in range(3)], axis=0)
    np.testing.assert_allclose(ink, expected)
    assert ink[31, 20] > 0.6
    assert ink[65, 61] > 0.6
    np.testing.assert_array_equal(_darkest(sheet[..., 0]), _above_paper(sheet[..., 0]))


def test_darkness_is_a_fraction_of_the_paper_and_never_negative() -> None:
    sheet = np.full((100, 100), 200, np.uint8)
    sheet[40:60, 48:52] = 50
    sheet[10, 10] = 255
    ink = _above_paper(sheet)
    assert ink[50, 50] == pytest.approx(150 / 200, abs=0.03)
    assert ink.min() == 0
    dim = _above_paper((sheet // 5).astype(np.uint8))  # darker than any paper: as if on 56
    assert dim[50, 50] == pytest.approx(30 / 56, abs=0.03)
