"""Tables as JSON, CSV, arrays and frames; places without a cell."""

from pathlib import Path

import pytest

from inkling.reading.tables.table_types import Cell, Table
from inkling.types import Box, Prediction

CORNERS = ((0.04, 1.0), (10.06, 1.0), (10.0, 5.25), (0.0, 5.0))


def table() -> Table:
    digit = Prediction(7, 0.5, Box(1, 2, 3, 4))
    cells = (
        Cell(0, 0, "7", "digits", 0.123456789, CORNERS, (digit,), (1, 2)),
        Cell(1, 0, "", "blank", 1.0, CORNERS),
        Cell(1, 1, "42", "unsure", 0.5, CORNERS),
    )
    return Table(2, 3, Box(5, 6, 7, 8), CORNERS, cells, 90)


def test_places_without_a_cell_are_empty() -> None:
    grid = table().grid()
    assert [[cell is not None for cell in row] for row in grid] == [
        [True, False, False],
        [True, True, False],
    ]
    assert table().texts() == [["7", "", ""], ["", "42", ""]]
    assert table().row_texts == ["7", "42"]
    assert table().to_numpy().tolist() == table().texts()
    empty = Table(2, 2, Box(0, 0, 1, 1), CORNERS, ())
    assert empty.to_numpy().shape == (2, 2)
    assert empty.rotation == 0


def test_json_has_what_the_contract_says() -> None:
    entry = table().as_json()
    assert {k: entry[k] for k in ("rows", "columns", "box", "rotation")} == {
        "rows": 2, "columns": 3, "box": [5, 6, 7, 8], "rotation": 90,
    }  # fmt: skip
    assert entry["corners"] == [[0.0, 1.0], [10.1, 1.0], [10.0, 5.2], [0.0, 5.0]]
    first, second, third = entry["cells"][0]
    assert (second, third) == (None, None)
    assert first["span"] == [1, 2]
    assert (first["text"], first["verdict"], first["confidence"]) == ("7", "digits", 0.123457)
    assert first["digits"][0]["digit"] == 7
    assert first["corners"] == entry["corners"]
    assert "span" not in entry["cells"][1][0]


def test_csv_is_returned_and_written(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    assert table().to_csv() == "7,,\n,42,\n"
    assert table().to_csv(path) == path.read_text()


def test_a_frame_holds_strings() -> None:
    pandas = pytest.importorskip("pandas")
    frame = table().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.to_numpy().tolist() == table().texts()
