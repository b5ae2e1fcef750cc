"""Grids are found with their size, their cells read; what is no grid gives no table."""

import csv
import io
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inkling
from inkling.errors import InklingError
from inkling.reading.tables.find import FoundGrid
from inkling.reading.tables.read_tables import (
    TableOptions,
    _fitting_turns,
    divide,
    fit_size,
    parse_cells,
)
from inkling.reading.tables.table_types import Table
from tests.reading.tables.drawn import PAPER, draw_grid, tilt

TEXTS = [["1", "", "3", "7"], ["", "5", "2", ""], ["8", "4", "", "6"]]


def only(tables: list[Table]) -> Table:
    assert len(tables) == 1
    return tables[0]


@pytest.mark.parametrize(
    ("lean", "turn"),
    [(0, 0), (30, 0), (15, 12)],
)
def test_a_grid_is_read_cell_by_cell(lean: float, turn: float) -> None:
    table = only(inkling.read_tables(tilt(draw_grid(TEXTS), lean, turn)))
    assert (table.rows, table.columns) == (3, 4)
    assert table.texts() == TEXTS
    blank = [cell for cell in table.cells if not cell.text]
    assert all(cell.verdict == "blank" and not cell.digits for cell in blank)


def test_a_row_of_boxes_joins_its_digits() -> None:
    table = only(inkling.read_tables(draw_grid([list("20457")], cell=(48, 40))))
    assert table.row_texts == ["20457"]


def test_several_digits_stand_in_one_cell() -> None:
    texts = [["12", "7"], ["305", "48"]]
    table = only(inkling.read_tables(draw_grid(texts, cell=(44, 110))))
    assert table.texts() == texts


def test_a_missing_separator_merges_two_cells() -> None:
    sheet = draw_grid([["1", ""], ["5", "2"], ["3", "4"]], cell=(60, 60), grain=0)
    sheet[44:96, 94:107] = PAPER
    table = only(inkling.read_tables(sheet))
    merged = [cell for cell in table.cells if cell.span != (1, 1)]
    assert [(cell.row, cell.column, cell.span) for cell in merged] == [(0, 0, (1, 2))]
    assert table.as_json()["cells"][0][1] is None


def test_a_turned_grid_is_read_upright() -> None:
    table = only(inkling.read_tables(np.rot90(draw_grid(TEXTS)).copy()))
    assert table.rotation == 90
    assert table.texts() == TEXTS


def test_two_grids_are_two_tables_largest_first() -> None:
    large, small = draw_grid(TEXTS), draw_grid([["9", "2"], ["6", "3"]])
    page = np.full((large.shape[0], large.shape[1] + small.shape[1]), PAPER, np.uint8)
    page[:, : large.shape[1]] = large
    page[: small.shape[0], large.shape[1] :] = small
    sizes = [(table.rows, table.columns) for table in inkling.read_tables(page)]
    assert sizes == [(3, 4), (2, 2)]


@pytest.mark.parametrize("desk", [40, 120, 200])
def test_a_sheet_on_a_desk_is_read(desk: int) -> None:
    sheet = draw_grid(TEXTS, cell=(70, 70))
    photo = np.full((1100, 1300), desk, np.uint8)
    photo[300 : 300 + sheet.shape[0], 420 : 420 + sheet.shape[1]] = sheet
    table = only(inkling.read_tables(photo))
    assert table.texts() == TEXTS
    assert abs(table.box.x - 460) < 5


def test_of_two_overlapping_sheets_the_upper_one_is_read() -> None:
    sheet = draw_grid(TEXTS, cell=(70, 70))
    height, width = sheet.shape
    photo = np.full((1000, 1100), 90, np.uint8)
    photo[80 : 80 + height, 90 : 90 + width] = 255 - (255 - sheet) // 2 * 2
    photo[240 : 240 + height, 310 : 310 + width] = sheet
    texts = [table.texts() for table in inkling.read_tables(photo)]
    assert TEXTS in texts


@pytest.mark.parametrize("kind", ["blank", "noise", "digit", "ruled"])
def test_what_is_no_grid_gives_no_table(kind: str) -> None:
    rng = np.random.default_rng(5)
    image = np.full((300, 400), PAPER, np.uint8)
    if kind == "noise":
        image = rng.integers(0, 256, image.shape).astype(np.uint8)
    elif kind == "digit":
        cv2.putText(image, "8", (120, 250), cv2.FONT_HERSHEY_SIMPLEX, 8, 20, 18)
    elif kind == "ruled":
        image[30::30] = 120
    assert inkling.read_tables(image) == []


def test_a_known_size_must_match() -> None:
    sheet = draw_grid(TEXTS)
    assert only(inkling.read_tables(sheet, cells=(3, 4))).texts() == TEXTS
    assert inkling.read_tables(sheet, cells=(9, 9)) == []
    with pytest.raises(InklingError, match="not a grid"):
        TableOptions(cells=(1, 1))


@pytest.mark.parametrize(
    ("cells", "digits", "words"),
    [
        ((1, 2), 1, None),
        ((2, 1), None, None),
        (None, 5, None),
        ((1, 1), None, "1x1 cells"),
        ((0, 5), None, "0x5 cells"),
        ((5, 0), None, "5x0 cells"),
        (None, 0, "1 or more"),
        (None, -1, "1 or more"),
    ],
)
def test_options_that_are_no_grid_are_refused(
    cells: tuple[int, int] | None, digits: int | None, words: str | None
) -> None:
    if words is None:
        assert TableOptions(cells, digits).cells == cells
        return
    with pytest.raises(InklingError, match=words):
        TableOptions(cells, digits)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("9x9", (9, 9)), ("3X12", (3, 12)), (" 12 × 3 ", (12, 3)), ("1x9999", (1, 9999)),
        ("1x1", None), ("0x4", None), ("9", None), ("x9", None), ("9x", None), ("9x9x9", None),
        ("1x10000", None), ("-3x4", None),
    ],
)  # fmt: skip
def test_a_size_is_written_as_rows_and_columns(text: str, cells: tuple[int, int] | None) -> None:
    if cells is None:
        with pytest.raises(InklingError, match="grid"):
            parse_cells(text)
    else:
        assert parse_cells(text) == cells


def grid_of(rows: int, columns: int) -> FoundGrid:
    return divide(
        np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], float), (rows, columns)
    )


@pytest.mark.parametrize(
    ("size", "known", "fitted"),
    [
        ((3, 4), (3, 4), (3, 4)),
        ((4, 3), (3, 4), (4, 3)),  # on its side
        ((3, 5), (3, 4), (3, 4)),  # one more or less
        ((2, 4), (3, 4), (3, 4)),
        ((5, 3), (3, 4), (4, 3)),
        ((3, 6), (3, 4), None),
        ((1, 4), (3, 4), None),
        ((10, 10), (8, 8), (8, 8)),  # a quarter more
        ((11, 8), (8, 8), None),
        ((9, 13), (10, 10), None),
        ((8, 12), (10, 10), (10, 10)),
        ((7, 10), (10, 10), None),
    ],
)
def test_a_grid_of_nearly_the_known_size_is_divided_anew(
    size: tuple[int, int], known: tuple[int, int], fitted: tuple[int, int] | None
) -> None:
    grid = grid_of(*size)
    found = fit_size(grid, known)
    if fitted is None:
        assert found is None
        return
    assert found is not None
    assert (found.rows, found.columns) == fitted
    np.testing.assert_allclose(found.outline, grid.outline, atol=1e-4)
    assert (found is grid) is (size in (known, known[::-1]))


@pytest.mark.parametrize(
    ("size", "turns", "known", "fitting"),
    [
        ((3, 4), 0, (3, 4), 0), ((3, 4), 2, (3, 4), 2), ((3, 4), 1, (3, 4), 0),
        ((4, 3), 0, (3, 4), 1), ((4, 3), 3, (3, 4), 3), ((4, 3), 2, (3, 4), 1),
    ],
)  # fmt: skip
def test_a_known_size_says_which_way_a_table_lies(
    size: tuple[int, int], turns: int, known: tuple[int, int], fitting: int
) -> None:
    assert _fitting_turns(grid_of(*size), turns, known) == fitting


@pytest.mark.parametrize("zoom", [1, 2])
def test_boxes_and_corners_are_in_pixels_of_the_photo(zoom: int) -> None:
    sheet = np.kron(draw_grid(TEXTS), np.ones((zoom, zoom), np.uint8)).astype(np.uint8)
    table = only(inkling.read_tables(sheet))
    expected = np.array([40, 40, 160, 120]) * zoom
    assert np.abs(np.array(table.box.as_json()) - expected).max() <= 2 * zoom
    for cell in table.cells:
        corner = np.array(cell.corners[0])
        drawn = np.array([40 + 40 * cell.column, 40 + 40 * cell.row]) * zoom
        assert np.abs(corner - drawn).max() <= 1.5 * zoom
    seven = table.cells[3].digits[0].box
    assert 160 * zoom < seven.x < seven.x + seven.w < 200 * zoom
    assert 40 * zoom < seven.y < seven.y + seven.h < 80 * zoom


def test_an_outline_is_divided_evenly() -> None:
    grid = divide(np.array([[0, 0], [40, 0], [40, 20], [0, 20]], float), (2, 4))
    assert grid.corners.shape == (3, 5, 2)
    assert grid.corners[1, 3] == pytest.approx([30, 10])
    assert len(grid.faces) == 8


def test_a_table_gives_csv_arrays_and_frames() -> None:
    pytest.importorskip("pandas")
    table = only(inkling.read_tables(draw_grid(TEXTS)))
    assert list(csv.reader(io.StringIO(table.to_csv()))) == TEXTS
    assert table.to_numpy().tolist() == TEXTS
    assert table.to_pandas().shape == (3, 4)


# Derandomised: that one grid in a hundred is missed is a matter for the benchmark.
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    rows=st.integers(2, 9),
    columns=st.integers(2, 9),
    cell=st.tuples(st.integers(30, 60), st.integers(30, 80)),
    lean=st.sampled_from((-25.0, 0.0, 20.0)),
    turn=st.floats(-12, 12),
)
def test_a_grid_of_any_size_is_found(
    rows: int, columns: int, cell: tuple[int, int], lean: float, turn: float
) -> None:
    sheet = draw_grid([["" for _ in range(columns)] for _ in range(rows)], cell=cell)
    table = only(inkling.read_tables(tilt(sheet, lean, turn)))
    assert (table.rows, table.columns) == (rows, columns)
    assert all(cell.verdict == "blank" for cell in table.cells)


def test_squared_paper_is_no_table() -> None:
    sheet = np.full((600, 800), PAPER, np.uint8)
    sheet[10::24] = 150
    sheet[:, 10::24] = 150
    cv2.putText(sheet, "42", (300, 350), cv2.FONT_HERSHEY_SIMPLEX, 5, 20, 12)
    assert inkling.read_tables(sheet) == []


def test_a_grid_cut_off_by_the_edge_keeps_its_whole_cells() -> None:
    sheet = draw_grid(TEXTS)
    table = only(inkling.read_tables(np.ascontiguousarray(sheet[:, :180])))  # half of a column
    assert (table.rows, table.columns) == (3, 3)


def test_more_than_ten_thousand_cells_end_in_bounded_time() -> None:
    sheet = np.full((2100, 2100), PAPER, np.uint8)
    sheet[40:2061:20, 40:2061] = 60
    sheet[40:2061, 40:2061:20] = 60
    started = time.perf_counter()
    inkling.read_tables(sheet)
    assert time.perf_counter() - started < 120
