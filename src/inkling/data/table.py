"""The Kaggle form: a CSV with a header, a `label` column and 784 pixel columns."""

import csv
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.types import SIDE, Digits

LABEL = "label"
PIXELS = SIDE * SIDE
MAX_BYTES = 2 << 30  # of one file


def read_table(path: Path) -> Digits:
    """The pictures of a CSV, row by row.

    Raises `DataError` with the row's number (the header is row 1) where a cell is no whole
    number, a pixel lies outside 0..255, or a row is too short or too long.
    """
    label_column = _label_column(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy only warns where no row follows the header
            cells = np.loadtxt(path, np.int64, delimiter=",", skiprows=1, ndmin=2, encoding="utf-8")
    except (ValueError, UserWarning) as error:
        raise DataError(_first_fault(path) or f"{path}: {error}") from error
    if cells.shape[1] != PIXELS + 1:
        raise DataError(f"{path}, row 2: {cells.shape[1]} columns, not {PIXELS + 1}")
    pixels = np.delete(cells, label_column, axis=1)
    labels = cells[:, label_column]
    _check_range(path, pixels, 0, 255, "pixel")
    _check_range(path, labels[:, None], 0, 9, "label")
    return Digits(pixels.astype(np.uint8).reshape(-1, SIDE, SIDE), labels)


def _label_column(path: Path) -> int:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path} is larger than {MAX_BYTES:,} bytes")
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read {path} as CSV: {error}") from error
    names = [name.strip().lower() for name in header]
    if LABEL not in names:
        raise DataError(
            f"{path} has no column '{LABEL}' in its first row; expected: label,pixel0,...,pixel783"
        )
    if len(names) != PIXELS + 1:
        raise DataError(f"{path} has {len(names)} columns, expected a label and {PIXELS} pixels")
    return names.index(LABEL)


def _first_fault(path: Path) -> str | None:
    """Read again, slowly, for the first row that is wrong; None where the slow way finds none."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.reader(file)
        next(rows, None)
        number = 1
        try:
            for number, row in enumerate(rows, start=2):
                if fault := _fault(row):
                    return f"{path}, row {number}: {fault}"
        except csv.Error as error:  # such as a cell of more than 131,072 characters
            return f"{path}, row {number + 1}: {error}"
    return None if number > 1 else f"{path} has no row after its header"


def _fault(row: list[str]) -> str | None:
    if len(row) != PIXELS + 1:
        return f"{len(row)} columns, not {PIXELS + 1}"
    wrong = [cell for cell in row if not cell.strip().removeprefix("-").isdecimal()]
    return f"'{wrong[0][:40]}' is not a whole number" if wrong else None


def _check_range(path: Path, cells: NDArray[np.int64], low: int, high: int, what: str) -> None:
    bad = np.nonzero(((cells < low) | (cells > high)).any(axis=1))[0]
    if len(bad):
        row = cells[bad[0]]
        value = row[(row < low) | (row > high)][0]
        raise DataError(f"{path}, row {bad[0] + 2}: {what} {value} is not within {low}..{high}")
