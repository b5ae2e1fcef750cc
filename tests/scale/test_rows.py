"""Rows as a spreadsheet; the other formats are read back in test_bulk."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from inkling.errors import ImageError, RunError
from inkling.scale import spreadsheet
from inkling.scale.rows import FORMATS, Row, make_row
from inkling.types import Box, Prediction, Reading


def reading(name: str, text: str) -> Reading:
    digits = tuple(Prediction(int(letter), 0.75, Box(1, 2, 3, 4)) for letter in text)
    return Reading(name, "digits", text, digits)


def write(rows: list[Row], folder: Path) -> Path:
    """All rows, in parts of two."""
    kind, out = FORMATS[".xlsx"], folder / "answers.xlsx"
    parts = []
    for start in range(0, len(rows), 2):
        parts.append(folder / f"{start}.part")
        parts[-1].write_bytes(kind.encode(rows[start : start + 2]))
    kind.join(parts, out)
    return out


def test_a_spreadsheet_keeps_texts_as_they_are(tmp_path: Path) -> None:
    rows = [
        make_row("=1+1.png", reading("=1+1.png", "007")),
        make_row("bell\a\u2028.png", ImageError("damaged")),
        make_row("b.png", Reading("b.png", "blank", "")),
    ]
    sheet = load_workbook(write(rows, tmp_path))["answers"]
    header, first, second, third = sheet.iter_rows(values_only=True)
    assert header == Row._fields
    assert first[:4] == ("=1+1.png", "digits", "007", 0.75)
    assert sheet["A2"].data_type == "s"
    assert [digit["digit"] for digit in json.loads(str(first[4]))] == [0, 0, 7]
    assert (second[0], second[1], second[5]) == ("bell?\u2028.png", None, "damaged")
    assert third[1] == "blank"


def test_more_than_a_sheet_holds_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match=r"digits of row 2 has .* characters"):
        write([make_row("long.png", reading("long.png", "1" * 400))], tmp_path)
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    row = make_row("b.png", Reading("b.png", "blank", ""))
    assert write([row] * 2, tmp_path).exists()
    with pytest.raises(RunError, match="at most 2 rows"):
        write([row] * 3, tmp_path)
