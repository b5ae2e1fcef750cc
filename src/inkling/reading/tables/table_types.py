"""The results of reading a table: the frozen types `Table` and `Cell`."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inkling.errors import InklingError
from inkling.files import write_text
from inkling.types import Box, Prediction, Verdict

if TYPE_CHECKING:
    import pandas as pd

Point = tuple[float, float]  # x, y in pixels of the image
Corners = tuple[Point, Point, Point, Point]  # clockwise from the top left, as the table is read


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    row, column
        The position of the cell, from 0. For a merged cell, that of its top left place.
    text
        The digits, or "" if the cell is blank or holds no digit.
    verdict
        `digits`, `unsure`, `not-a-digit` or `blank`.
    confidence
        The probability of the least certain digit. For a blank cell, the confidence that it is
        blank.
    corners
        Four (x, y) in pixels of the image, clockwise from the top left as the table is read.
    digits
        A `Prediction` per digit.
    span
        The number of rows and columns that the cell covers.
    """

    row: int
    column: int
    text: str
    verdict: Verdict
    confidence: float
    corners: Corners
    digits: tuple[Prediction, ...] = ()
    span: tuple[int, int] = (1, 1)

    def as_json(self) -> dict[str, Any]:
        """The entry in the output of `read --table --json`. Only merged cells have `span`."""
        entry: dict[str, Any] = {
            "text": self.text,
            "verdict": self.verdict,
            "confidence": round(self.confidence, 6),
            "corners": _points(self.corners),
            "digits": [digit.as_json() for digit in self.digits],
        }
        if self.span != (1, 1):
            entry["span"] = list(self.span)
        return entry


@dataclass(frozen=True)
class Table:
    """A ruled grid of an image with the text of its cells.

    Attributes
    ----------
    rows, columns
        The size of the table in cells.
    box
        The bounding box, in pixels of the image.
    corners
        The four corners (x, y) in pixels, clockwise from the top left as the table is read.
    cells
        The cells in reading order. A merged cell occurs once, at its first row and column.
    rotation
        The clockwise rotation of the image, in degrees, at which the table was read.
    """

    rows: int
    columns: int
    box: Box
    corners: Corners
    cells: tuple[Cell, ...]
    rotation: int = 0

    def grid(self) -> list[list[Cell | None]]:
        """The cells as `rows` lists of `columns`. None where a merged cell continues."""
        out: list[list[Cell | None]] = [[None] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            out[cell.row][cell.column] = cell
        return out

    def texts(self) -> list[list[str]]:
        """The texts as `rows` lists of `columns` strings, "" for blank cells."""
        return [[cell.text if cell else "" for cell in row] for row in self.grid()]

    @property
    def row_texts(self) -> list[str]:
        """The joined texts of the cells of each row."""
        return ["".join(row) for row in self.texts()]

    def to_numpy(self) -> NDArray[np.str_]:
        """The texts as an array (rows, columns) of str."""
        return np.array(self.texts(), np.str_).reshape(self.rows, self.columns)

    def to_csv(self, path: str | Path | None = None) -> str:
        """The texts as CSV, one line per row.

        Parameters
        ----------
        path
            A file to write the CSV to. Default: write no file.
        """
        content = io.StringIO()
        csv.writer(content, lineterminator="\n").writerows(self.texts())
        text = content.getvalue()
        if path is not None:
            write_text(Path(path), text)
        return text

    def to_pandas(self) -> "pd.DataFrame":
        """The texts as a DataFrame (rows, columns) of strings.

        Raises
        ------
        InklingError
            pandas is not installed.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError as error:
            raise InklingError(
                "the package 'pandas' is not installed. Install it with: pip install pandas"
            ) from error
        return pd.DataFrame(self.texts())

    def as_json(self) -> dict[str, Any]:
        """The entry in the output of `read --table --json`. Null where a merged cell continues."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "box": self.box.as_json(),
            "corners": _points(self.corners),
            "rotation": self.rotation,
            "cells": [[cell.as_json() if cell else None for cell in row] for row in self.grid()],
        }


def _points(corners: Corners) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in corners]
