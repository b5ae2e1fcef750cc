"""`inkling read --table`: its JSON, its files and the overlay, from drawn sheets."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from inkling.cli.main import app
from tests.reading.tables.drawn import PAPER, draw_grid

TEXTS = [["1", "", "3"], ["", "5", "2"], ["8", "4", ""]]


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sheets") / "grid.png"
    cv2.imwrite(str(path), draw_grid(TEXTS))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["read", "--table", *map(str, arguments)])


def test_json_has_the_rows_and_the_plain_reading(sheet: Path) -> None:
    (entry,) = json.loads(run(sheet, "--json").stdout)
    (table,) = entry["tables"]
    assert (table["rows"], table["columns"]) == (3, 3)
    assert [[cell["text"] for cell in row] for row in table["cells"]] == TEXTS
    assert table["cells"][0][1]["verdict"] == "blank"
    assert {"image", "verdict", "text", "digits"} < entry.keys()


def test_csv_is_what_the_csv_module_reads(sheet: Path, tmp_path: Path) -> None:
    assert run(sheet, "--out", tmp_path / "a.csv").exit_code == 0
    with (tmp_path / "a.csv").open(newline="") as file:
        assert list(csv.reader(file)) == TEXTS


def test_xlsx_holds_numbers_and_merged_cells(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    image = draw_grid([["1", "", "6"], ["5", "2", "7"], ["3", "4", "9"]], cell=(60, 60), grain=0)
    image[44:96, 94:107] = PAPER  # the first two cells of the first row are one
    cv2.imwrite(str(tmp_path / "merged.png"), image)
    assert run(tmp_path / "merged.png", "--out", tmp_path / "a.xlsx").exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [str(one) for one in sheet.merged_cells.ranges] == ["A1:B1"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        [5, 2, 7],
        [3, 4, 9],
    ]
    assert "confidence" in sheet["A2"].comment.text


def test_a_comb_field_is_one_row(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "comb.png"), draw_grid([list("20457")], cell=(48, 40)))
    (entry,) = json.loads(run(tmp_path / "comb.png", "--json").stdout)
    assert [[cell["text"] for cell in row] for row in entry["tables"][0]["cells"]] == [
        list("20457")
    ]


def test_explain_draws_the_grid_over_the_photo(sheet: Path, tmp_path: Path) -> None:
    assert run(sheet, "--explain", tmp_path / "seen.png").exit_code == 0
    seen, given = cv2.imread(str(tmp_path / "seen.png")), cv2.imread(str(sheet))
    assert seen is not None
    assert given is not None
    assert seen.shape == given.shape
    coloured = np.ptp(seen.astype(int), axis=2) > 60  # the sheet is grey
    assert coloured[40:160, 40].mean() > 0.8
    assert coloured.mean() < 0.2


def test_without_a_grid_the_tables_are_empty_and_no_file_is_written(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((200, 300), PAPER, np.uint8))
    result = run(tmp_path / "blank.png", "--json", "--out", tmp_path / "a.csv")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["tables"] == []
    assert not (tmp_path / "a.csv").exists()
