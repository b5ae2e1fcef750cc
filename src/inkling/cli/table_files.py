"""Writes tables to CSV, JSON and xlsx files, one file per table."""

import importlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling.errors import InklingError, MissingExtraError
from inkling.files import replacing, write_text

if TYPE_CHECKING:
    from inkling.reading.tables.table_types import Cell, Table

TABLE_SUFFIXES = (".csv", ".json", ".xlsx")
DOUBT_FILL = "FFFFD9B3"  # ARGB; background of an uncertain cell


def check_table_file(path: Path) -> None:
    """Checks, before reading, that tables can be written to `path`. Raises `InklingError`."""
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InklingError(f"{path} is not a .csv, .json or .xlsx file. Use one of these suffixes")
    if not path.parent.is_dir():
        raise InklingError(f"the folder {path.parent} does not exist")
    if path.suffix.lower() == ".xlsx":
        _openpyxl("")


def write_tables(tables: "Sequence[tuple[str, Table]]", path: Path) -> list[Path]:
    """Writes each (image name, table) and returns the files.

    One table is written to `path`. Several tables get names with a number before the suffix.
    Without a table, no file is written.
    """
    written = []
    for number, (name, table) in enumerate(tables, 1):
        own = path if len(tables) == 1 else path.with_stem(f"{path.stem}-{number}")
        kind = path.suffix.lower()
        if kind == ".csv":
            table.to_csv(own)
        elif kind == ".json":
            write_text(own, json.dumps({"image": name, **table.as_json()}, indent=1) + "\n")
        else:
            _write_xlsx(name, table, own)
        written.append(own)
    return written


def _write_xlsx(name: str, table: "Table", path: Path) -> None:
    """Writes one sheet with numbers, merged cells and coloured uncertain cells."""
    workbook = _openpyxl("").Workbook()
    sheet = workbook.active
    sheet.title = re.sub(r"[\[\]:*?/\\]", "_", Path(name).stem)[:31] or "table"
    for cell in table.cells:
        _fill(sheet, cell)
    with replacing(path) as beside:
        workbook.save(beside)


def _fill(sheet: Any, cell: "Cell") -> None:
    row, column = cell.row + 1, cell.column + 1
    place = sheet.cell(row=row, column=column)
    # Digits with a leading zero stay text, because a number would lose the zero.
    number = cell.text.isdigit() and str(int(cell.text)) == cell.text and len(cell.text) < 16
    place.value = int(cell.text) if number else (cell.text or None)
    if cell.verdict in ("unsure", "not-a-digit"):
        place.fill = _openpyxl(".styles").PatternFill("solid", fgColor=DOUBT_FILL)
    if cell.verdict != "blank":
        note = f"confidence {cell.confidence:.1%}, {cell.verdict}"
        place.comment = _openpyxl(".comments").Comment(note, "inkling")
    if cell.span != (1, 1):
        sheet.merge_cells(
            start_row=row,
            start_column=column,
            end_row=row + cell.span[0] - 1,
            end_column=column + cell.span[1] - 1,
        )


def _openpyxl(part: str) -> Any:
    try:
        return importlib.import_module("openpyxl" + part)
    except ModuleNotFoundError as error:
        raise MissingExtraError("tables", "openpyxl") from error
