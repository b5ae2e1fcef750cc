"""The photographed sudokus of `$INKLING_DATA/dev` with their grids, cells and digits.

wichtounet/sudoku_dataset, CC BY 4.0. Every fifth photo by name is held out of every training.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.reading.recognise.network import load_network
from inkling.reading.tables.cells import CellInk
from inkling.reading.tables.darkness import Darkness, see_darkness
from inkling.reading.tables.find import FoundGrid, find_all
from inkling.reading.tables.read_tables import TableOptions, cut_upright, open_for_tables


@dataclass(frozen=True, eq=False)
class Sudoku:
    """One photo: its darkness map, the grid found, its cells, and their digits (0 for blank)."""

    dark: Darkness
    grid: FoundGrid
    cells: Sequence[CellInk]
    digits: tuple[int, ...]


def find_sudokus(held_out: bool) -> Iterator[Sudoku]:
    """The photos of one side of the split in which the grid is found; none without the folder."""
    folder, network = Path(os.environ.get("INKLING_DATA", "")) / "dev" / "sudoku", load_network()
    for number, path in enumerate(sorted(folder.glob("*.jpg"))):
        if (number % 5 == 0) != held_out:
            continue
        photo = open_for_tables(path)
        dark = see_darkness(photo.pixels, photo.pixels.shape[1] / photo.width)
        grids = [grid for grid in find_all(dark) if (grid.rows, grid.columns) == (9, 9)]
        if not grids:
            continue
        grid, cells, _ = cut_upright(dark, grids[0], network, TableOptions())
        with path.with_suffix(".csv").open() as file:
            rows = list(csv.reader(file))
        digits = tuple(int(rows[cell.face.top][cell.face.left]) for cell in cells)
        yield Sudoku(dark, grid, cells, digits)
