"""What is read from a ruled grid: `Table` and `Cell`, frozen."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inkling.errors import MissingExtraError
from inkling.files import write_text
from inkling.types import Box, Prediction, Verdict

if TYPE_CHECKING:
    import pandas as pd

Point = tuple[float, float]  # x, y in pixels of the image
Corners = tuple[Point, Point, Point, Point]  # clockwise from the top left, as the table is read


@dataclass(frozen=True)
class Cell:
    """One cell: `text` is its digits, "" where it is blank or holds no digit.

    `confidence` is that of its least sure digit; for a blank cell, how clearly it is blank.
    `span` is how many rows and columns it covers.
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
        """The entry that `read --table --json` prints; `span` only where a cell is merged."""
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
    """A ruled grid as it was read: `cells` in reading order, each at its first row and column.

    `rotation` is by how many degrees clockwise the image had to be turned for reading it.
    """

    rows: int
    columns: int
    box: Box
    corners: Corners
    cells: tuple[Cell, ...]
    rotation: int = 0

    def grid(self) -> list[list[Cell | None]]:
        """`rows` lists of `columns` cells; None where a merged cell goes on or no cell is."""
        out: list[list[Cell | None]] = [[None] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            out[cell.row][cell.column] = cell
        return out

    def texts(self) -> list[list[str]]:
        """The text at each place, "" where there is none."""
        return [[cell.text if cell else "" for cell in row] for row in self.grid()]

    @property
    def row_texts(self) -> list[str]:
        """The text of each row, its cells joined: what a row of boxes says."""
        return ["".join(row) for row in self.texts()]

    def to_numpy(self) -> NDArray[np.str_]:
        """The texts, (rows, columns) of str."""
        return np.array(self.texts(), np.str_).reshape(self.rows, self.columns)

    def to_csv(self, path: str | Path | None = None) -> str:
        """The texts as CSV, one line a row; written to `path` too where one is given."""
        content = io.StringIO()
        csv.writer(content, lineterminator="\n").writerows(self.texts())
        text = content.getvalue()
        if path is not None:
            write_text(Path(path), text)
        return text

    def to_pandas(self) -> "pd.DataFrame":
        """The texts as a DataFrame of strings. Raises `MissingExtraError` without pandas."""
        try:
            import pandas as pd
        except ModuleNotFoundError as error:
            raise MissingExtraError("tables", "pandas") from error
        return pd.DataFrame(self.texts())

    def as_json(self) -> dict[str, Any]:
        """The entry that `read --table --json` prints; null where a merged cell goes on."""
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
