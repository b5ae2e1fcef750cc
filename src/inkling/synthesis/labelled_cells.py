"""Cells of drawn forms as the cell network sees them, with their labels."""

import numpy as np
from numpy.typing import NDArray

from inkling.reading.tables.cell_windows import cell_windows
from inkling.reading.tables.cells import cut_cells
from inkling.reading.tables.darkness import see_darkness
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import FoundGrid
from inkling.synthesis.forms import draw_form
from inkling.synthesis.glyphs import GlyphSource

MISPLACED = 0.02  # of a cell; the deviation of corners as the reader finds them
Cells = tuple[NDArray[np.uint8], NDArray[np.int64]]  # windows (N, 2, 32, 32), labels (N,)


def compose_cells(source: GlyphSource, rng: np.random.Generator) -> Cells:
    """The windows and labels of all cells of one form."""
    form = draw_form(source, rng)
    return (
        cut_windows(form.pixels, misplace(form.corners, rng)),
        form.labels.ravel(),
    )


def misplace(corners: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Corners (R + 1, C + 1, 2) as a reader may find them: a little off, alone and together."""
    side = float(np.linalg.norm(corners[1, 1] - corners[0, 0])) / np.sqrt(2)
    own = rng.normal(0, MISPLACED * side, corners.shape)
    return corners + own + rng.normal(0, MISPLACED * side / 2, 2)


def cut_windows(pixels: NDArray[np.uint8], corners: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The windows (N, 2, 32, 32) of the cells between corners (R + 1, C + 1, 2) of a photo."""
    rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
    faces = tuple(Face(i, j, 1, 1) for i in range(rows) for j in range(columns))
    return cell_windows(cut_cells(see_darkness(pixels).ink, FoundGrid(corners, faces)))
