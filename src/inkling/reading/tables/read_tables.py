"""Reads the tables of a photo: finds its grids and reads each cell."""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import InklingError
from inkling.reading.preprocess.photo import Photo, Source, open_photo
from inkling.reading.recognise.network import Network, load_network
from inkling.reading.tables.cells import CellInk, cut_cells, quad_of
from inkling.reading.tables.darkness import TABLE_SIDE, Darkness, see_darkness
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import FoundGrid, find_all
from inkling.reading.tables.orientation import quarter_turns, turn
from inkling.reading.tables.read_cells import CellText, read_cells, stack
from inkling.reading.tables.table_types import Cell, Corners, Table
from inkling.types import Box

LARGEST_PAGE = 40_000_000  # pixels; an A4 page at 600 dpi has 34.8 million


@dataclass(frozen=True)
class TableOptions:
    """What the user knows: the `cells` (rows, columns) of each table, the digits per cell."""

    cells: tuple[int, int] | None = None
    digits_per_cell: int | None = None

    def __post_init__(self) -> None:
        if self.cells is not None and (min(self.cells) < 1 or self.cells == (1, 1)):
            raise InklingError(
                f"{self.cells[0]}x{self.cells[1]} cells are not a grid. Use 1x2 or more"
            )
        if self.digits_per_cell is not None and self.digits_per_cell < 1:
            raise InklingError(f"digits per cell is {self.digits_per_cell}. It must be 1 or more")


def parse_cells(text: str) -> tuple[int, int]:
    """`9x9` as (9, 9), rows first. Raises `InklingError`."""
    found = re.fullmatch(r"(\d{1,4})\s*[xX×]\s*(\d{1,4})", text.strip())
    if not found:
        raise InklingError(f"'{text}' is not a grid size. Use ROWSxCOLUMNS, for example 9x9")
    cells = int(found[1]), int(found[2])
    TableOptions(cells)
    return cells


def read_tables(
    source: Source,
    *,
    model: str | Path | None = None,
    cells: tuple[int, int] | None = None,
    digits_per_cell: int | None = None,
) -> list[Table]:
    """Reads all ruled grids of one image, cell by cell.

    Parameters
    ----------
    source
        A path, the bytes of a file, an open binary file, a PIL image, or an array or tensor of
        shape (H, W), (H, W, C) or (C, H, W) with C of 1, 3 or 4.
    model
        An ONNX model to use instead of the bundled one.
    cells
        The size (rows, columns) of each table, if it is known.
    digits_per_cell
        The number of digits in each cell that is not blank, if it is known.

    Returns
    -------
    list of Table
        The largest table first. Empty if the image has no ruled grid.

    Raises
    ------
    ImageError
        The image does not exist, is damaged or too large, or has an unknown format.
    ModelError
        `model` cannot be used.
    InklingError
        `cells` or `digits_per_cell` is impossible.
    """
    options = TableOptions(cells, digits_per_cell)
    network = _bundled() if model is None else load_network(model)
    return read_tables_of(open_for_tables(source), network, options)


@cache
def _bundled() -> Network:
    return load_network()


def read_tables_of(photo: Photo, network: Network, options: TableOptions) -> list[Table]:
    """Reads the tables of a decoded photo, largest first."""
    zoom = photo.pixels.shape[1] / photo.width
    dark = see_darkness(photo.pixels, zoom)
    grids = find_all(dark)
    if options.cells is not None:
        grids = [matched for grid in grids if (matched := fit_size(grid, options.cells))]
    return [_read(dark, grid, network, options) for grid in grids]


def open_for_tables(source: Source, name: str = "the image") -> Photo:
    """Decodes an image at the size for reading tables. Raises `ImageError`."""
    return open_photo(source, name, side=TABLE_SIDE, max_pixels=LARGEST_PAGE)


def fit_size(grid: FoundGrid, cells: tuple[int, int]) -> FoundGrid | None:
    """Fits a grid to the known number of rows and columns. None if the sizes differ too much.

    Rows and columns may be exchanged. A grid of nearly that size is divided evenly.
    """
    sizes = (grid.rows, grid.columns)
    if sizes in (cells, cells[::-1]):
        return grid
    wanted = min(
        (cells, cells[::-1]), key=lambda size: abs(size[0] - sizes[0]) + abs(size[1] - sizes[1])
    )
    if any(abs(a - b) > max(1, round(0.25 * a)) for a, b in zip(wanted, sizes, strict=True)):
        return None
    return divide(grid.outline, (wanted[0], wanted[1]))


def divide(outline: NDArray[np.float64], cells: tuple[int, int]) -> FoundGrid:
    """Divides a quadrilateral (4, 2) evenly, in perspective, into rows and columns."""
    rows, columns = cells
    square = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    matrix = cv2.getPerspectiveTransform(square, outline.astype(np.float32))
    u, v = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    points = np.stack([u.ravel(), v.ravel()], axis=1)[None]
    corners = np.asarray(cv2.perspectiveTransform(points, matrix), np.float64)
    faces = tuple(Face(i, j, 1, 1) for i in range(rows) for j in range(columns))
    return FoundGrid(corners.reshape(rows + 1, columns + 1, 2), faces)


def _read(dark: Darkness, grid: FoundGrid, network: Network, options: TableOptions) -> Table:
    grid, cells, turns = cut_upright(dark, grid, network, options)
    texts = read_cells(cells, network, dark.zoom, options.digits_per_cell)
    return _table(grid, cells, texts, dark.zoom, turns)


def cut_upright(
    dark: Darkness, grid: FoundGrid, network: Network, options: TableOptions
) -> tuple[FoundGrid, list[CellInk], int]:
    """A grid in the pixels of the ink, its cells, and the quarter turns that made it upright."""
    grid = replace(grid, corners=(grid.corners + 0.5) / dark.finding - 0.5)
    cells = cut_cells(dark.ink, grid)
    turns = 0
    if options.cells is None or (grid.rows, grid.columns) == options.cells:
        turns = quarter_turns(stack([cell for cell in cells if not cell.blank]), network)
    if options.cells is not None:
        turns = _fitting_turns(grid, turns, options.cells)
    if turns:
        grid = turn(grid, turns)
        cells = cut_cells(dark.ink, grid)
    return grid, cells, turns


def _fitting_turns(grid: FoundGrid, turns: int, cells: tuple[int, int]) -> int:
    """The quarter turns after which a grid has the known size."""
    odd = (grid.rows, grid.columns) != cells
    return turns if (turns % 2 == 1) == odd else 1 if odd else 0


def _table(
    grid: FoundGrid, cells: list[CellInk], texts: list[CellText], zoom: float, turns: int
) -> Table:
    outline = (grid.outline + 0.5) / zoom
    low, high = outline.min(axis=0), outline.max(axis=0)
    box = Box(
        max(0, round(float(low[0]))), max(0, round(float(low[1]))),
        round(float(high[0] - low[0])), round(float(high[1] - low[1])),
    )  # fmt: skip
    out = tuple(
        Cell(
            cell.face.top,
            cell.face.left,
            text.text,
            text.verdict,
            text.confidence,
            _corners((quad_of(grid, cell.face) + 0.5) / zoom),
            text.digits,
            (cell.face.rows, cell.face.columns),
        )
        for cell, text in zip(cells, texts, strict=True)
    )
    return Table(grid.rows, grid.columns, box, _corners(outline), out, 90 * turns)


def _corners(points: NDArray[np.float64]) -> Corners:
    a, b, c, d = ((float(x), float(y)) for x, y in points)
    return a, b, c, d
