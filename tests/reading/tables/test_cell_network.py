"""The cell network on cells that were drawn without the composer it was trained with."""

import cv2
import numpy as np
import pytest

from inkling.reading.tables.cell_network import BATCH, BLANK, CLASSES, NONE, SEVERAL, judge_cells
from inkling.reading.tables.cells import CellInk, cut_cells
from inkling.reading.tables.darkness import see_darkness
from inkling.reading.tables.read_tables import divide
from tests.reading.tables.drawn import draw_grid


def cells_of(texts: list[list[str]], cell: tuple[int, int] = (48, 48), **options) -> list[CellInk]:
    """The cells of a drawn grid, cut along its true lines."""
    sheet = draw_grid(texts, cell=cell, **options)
    rows, columns = len(texts), len(texts[0])
    right, bottom = 40 + columns * cell[1], 40 + rows * cell[0]
    outline = np.array([[40, 40], [right, 40], [right, bottom], [40, bottom]], np.float64)
    return cut_cells(see_darkness(sheet).ink, divide(outline, (rows, columns)))


def test_no_cells_have_no_probabilities() -> None:
    assert judge_cells([]).shape == (0, CLASSES)


@pytest.mark.parametrize("thick", [1, 2, 4])
@pytest.mark.parametrize("size", [24, 48, 80])
def test_printed_digits_and_blank_cells(thick: int, size: int) -> None:
    texts = [["0", "1", "2", "3"], ["4", "", "5", "6"], ["7", "8", "9", ""]]
    probs = judge_cells(cells_of(texts, (size, size), thick=thick))
    assert probs.sum(axis=1) == pytest.approx(np.ones(12), abs=1e-5)
    wanted = [int(text) if text else BLANK for row in texts for text in row]
    assert probs.argmax(axis=1).tolist() == wanted


def test_several_digits_and_letters_are_no_single_digit() -> None:
    probs = judge_cells(cells_of([["12", "305"], ["W", "K"]], (48, 100)))
    assert probs[0].argmax() == probs[1].argmax() == SEVERAL
    assert probs[2:, NONE].min() > 0.5


def test_a_batch_answers_as_its_cells_alone() -> None:
    cells = cells_of([["3", "7", ""]])
    many = judge_cells(cells * (BATCH // 3 + 2))
    assert len(many) > BATCH
    for k, cell in enumerate(cells):
        np.testing.assert_allclose(
            many[k::3], judge_cells([cell]).repeat(len(many[k::3]), 0), atol=1e-4
        )


def test_a_digit_over_a_thick_line_is_still_read() -> None:
    sheet = draw_grid([["3", "7"], ["4", "9"]], cell=(60, 60), grain=0)
    cv2.line(sheet, (40, 100), (160, 100), 60, 6)  # between the rows, thrice as thick
    outline = np.array([[40, 40], [160, 40], [160, 160], [40, 160]], np.float64)
    cells = cut_cells(see_darkness(sheet).ink, divide(outline, (2, 2)))
    assert judge_cells(cells).argmax(axis=1).tolist() == [3, 7, 4, 9]
