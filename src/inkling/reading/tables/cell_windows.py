"""Cuts the two windows of a table's cell that the cell network sees.

One shows the strokes from near, the other the cell around them. The strokes only say where to look:
the windows show the ink as photographed, with the frame and shades. Whether a faint stroke is a
frame, dirt or a digit is the decision of the network.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.cells import CellInk

SIDE = 32  # pixels of a window
NEAR = 1.35  # times the longer side of the strokes
SMALLEST = 0.35  # of the cell's shorter side; no window shows less of it
AROUND = 1.15  # times the cell's shorter side, where the strokes are no longer than that
FULL = 200.0  # value of ink as dark as the strokes; darker ink is up to 255


def cell_windows(cells: Sequence[CellInk]) -> NDArray[np.uint8]:
    """Cuts windows (N, 2, 32, 32) uint8, 0 for paper: the strokes from near, then the cell."""
    out = np.zeros((len(cells), 2, SIDE, SIDE), np.uint8)
    for index, cell in enumerate(cells):
        dark = _above_paper(cell)
        height, width = dark.shape
        middle, near, side = _places(cell)
        around = _clamp(middle[0], side, width), _clamp(middle[1], side, height)
        out[index, 0] = _cut(dark, middle, near)
        out[index, 1] = _cut(dark, around, side)
    return out


def _places(cell: CellInk) -> tuple[tuple[float, float], float, float]:
    """The middle of the strokes, and the sides of the near and the wide window, in pixels.

    A cell without strokes is shown from its middle, twice alike.
    """
    height, width = cell.strokes.shape
    shorter = min(height, width)
    if cell.blank:
        return (width / 2, height / 2), AROUND * shorter, AROUND * shorter
    x, y, w, h = cv2.boundingRect(cell.strokes)
    near = max(NEAR * max(w, h), SMALLEST * shorter)
    return (x + w / 2, y + h / 2), near, AROUND * max(shorter, w, h)


def _above_paper(cell: CellInk) -> Map:
    """The ink of a cell above its median; `FULL` where it is as dark as the strokes."""
    dark = (cell.warped - np.float32(np.median(cell.warped))) * np.float32(FULL / cell.full)
    return np.asarray(np.clip(dark, 0, 255), np.float32)


def _clamp(middle: float, side: float, length: int) -> float:
    """Moves the middle of a window so that the window stays in the cell, if it is not larger."""
    if side >= length:
        return length / 2
    return min(max(middle, side / 2), length - side / 2)


def _cut(dark: Map, middle: tuple[float, float], side: float) -> NDArray[np.uint8]:
    """Scales the square of `side` pixels around `middle` to (32, 32). Pixels outside are 0."""
    scale = SIDE / side
    if scale < 0.6:  # against aliasing
        dark = np.asarray(cv2.GaussianBlur(dark, (0, 0), 0.4 / scale), np.float32)
    move = np.array(
        [
            [scale, 0, SIDE / 2 - scale * middle[0] + 0.5 * (scale - 1)],
            [0, scale, SIDE / 2 - scale * middle[1] + 0.5 * (scale - 1)],
        ]
    )
    seen = cv2.warpAffine(dark, move, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.rint(seen).astype(np.uint8)
