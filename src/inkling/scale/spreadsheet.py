"""Writes rows to an Excel file (Office Open XML), row by row."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from inkling.errors import RunError

MOST_ROWS = 1_048_576  # limit of a sheet, with its header
MOST_TEXT = 32_767  # characters; limit of a cell


def write_spreadsheet(header: Sequence[str], rows: Iterable[Sequence[Any]], out: Path) -> None:
    """Writes one sheet. Texts stay texts: 007 keeps its zeros, and =1+1 does not become a formula.

    Raises `RunError` if there are too many rows or a text is too long for Excel.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("answers")
    sheet.freeze_panes = "A2"
    sheet.append(list(header))
    try:
        for number, row in enumerate(rows, 2):
            if number > MOST_ROWS:
                raise RunError(
                    f"a spreadsheet has at most {MOST_ROWS - 1:,} rows. Write .parquet or .csv"
                )
            cells = []
            for name, value in zip(header, row, strict=True):
                cell = WriteOnlyCell(sheet, _clean(value, f"{name} of row {number}"))
                if isinstance(value, str):
                    cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    finally:
        sheet.close()  # otherwise the writer's generator would end with a warning
    book.save(out)


def _clean(value: Any, where: str) -> Any:
    """A valid value for a cell. Control characters become question marks."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return value
    if len(value) > MOST_TEXT:
        raise RunError(
            f"{where} has {len(value):,} characters, too many for a cell of a spreadsheet. "
            "Write .jsonl or .parquet"
        )
    return ILLEGAL_CHARACTERS_RE.sub("?", value)
