"""What the cell network sees of a cell: its strokes from near, and the cell around them.

The strokes only say where to look. The windows show the ink as it was photographed, frame and
shades included: whether a faint stroke is a frame, dirt or a digit is the network's decision.
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
    """Windows (N, 2, 32, 32) uint8, 0 for paper: the strokes from near, and the cell."""
    out = np.zeros((len(cells), 2, SIDE, SIDE), np.uint8)
    for index, cell in enumerate(cells):
        dark = _above_paper(cell)
        height, width = dark.shape
        x, y, w, h = cv2.boundingRect(cell.strokes) if not cell.blank else (0, 0, width, height)
        shorter, longer = min(height, width), max(w, h)
        middle = (x + w / 2, y + h / 2)
        side = AROUND * max(shorter, longer) if not cell.blank else AROUND * shorter
        near = max(NEAR * longer, SMALLEST * shorter) if not cell.blank else side
        if cell.blank:
            middle = (width / 2, height / 2)
        around = (
            _clamp(middle[0], side, width),
            _clamp(middle[1], side, height),
        )
        out[index, 0] = _cut(dark, middle, near)
        out[index, 1] = _cut(dark, around, side)
    return out


def _above_paper(cell: CellInk) -> Map:
    """The ink of a cell above its median, 200 where it is as dark as the strokes."""
    dark = (cell.warped - np.float32(np.median(cell.warped))) * np.float32(FULL / cell.full)
    return np.asarray(np.clip(dark, 0, 255), np.float32)


def _clamp(middle: float, side: float, length: int) -> float:
    """The middle of a window that reaches no farther beyond the cell than it must."""
    if side >= length:
        return length / 2
    return min(max(middle, side / 2), length - side / 2)


def _cut(dark: Map, middle: tuple[float, float], side: float) -> NDArray[np.uint8]:
    """The square of `side` pixels around `middle`, at 32 x 32; 0 beyond the cell."""
    scale = SIDE / side
    if scale < 0.6:  # else pixels between the samples would be left out
        dark = np.asarray(cv2.GaussianBlur(dark, (0, 0), 0.4 / scale), np.float32)
    move = np.array(
        [
            [scale, 0, SIDE / 2 - scale * middle[0] + 0.5 * (scale - 1)],
            [0, scale, SIDE / 2 - scale * middle[1] + 0.5 * (scale - 1)],
        ]
    )
    seen = cv2.warpAffine(dark, move, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.rint(seen).astype(np.uint8)
