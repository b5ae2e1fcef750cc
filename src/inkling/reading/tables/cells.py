"""Extracts the ink of each cell of a grid without its frame, warped upright from the photo."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import percentile
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import FoundGrid

TALL = 48  # pixels; greatest shorter side of a warped cell
WIDEST = 12  # greatest aspect ratio; longer cells are squeezed
FRAME = 0.22  # of a side; the frame's ink ends within this distance of the edge
EDGE = 0.06  # of a side; the frame's ink begins within this distance of the edge
WHOLE = 0.8  # of a row of pixels; a row with more ink is always part of the frame
DARK = 0.3  # of the cell's darkest ink; threshold of ink when looking for the frame
LINE = 0.4  # of a row or column of pixels; least fraction of ink in a row of the frame
STROKE = 0.45  # of the cell's darkest ink; threshold of strokes
GRAIN = 5.0  # standard deviations of bare paper; least darkness of ink
FAINTEST = 0.25  # of the table's usual ink; fainter ink shows through from the back
PALEST = 0.15  # of the frame's darkness; the same limit where all cells are blank
TALLEST = 0.9  # quantile over the cells that defines the usual ink
SHORT = 0.2  # of the cell's shorter side; least size of a digit
SPECK = 0.15  # of the longest stroke; shorter strokes are specks
LOW = 0.35  # of the strokes' darkness; lighter pixels are background, such as the hole of a 9
SHARPEN = 1.0  # weight of the sharpening
BLUR = 0.07  # of the cell's shorter side; standard deviation of the blur for sharpening
RIM = 0.12  # of a side; strokes completely within this distance of the edge are frame


@dataclass(frozen=True, eq=False)
class CellInk:
    """One warped cell: its darkness (h, w) float32 with and without the frame, and its strokes.

    `strokes` (h, w) is their mask. `level` is their darkness, 0 if there are none. `full` is the
    least darkness of a full stroke. `to_photo` (3, 3) maps pixels of the cell to the photo.
    """

    face: Face
    warped: NDArray[np.float32]
    ink: NDArray[np.float32]
    strokes: NDArray[np.uint8]
    level: float
    full: float
    to_photo: NDArray[np.float64]

    @property
    def blank(self) -> bool:
        """Whether the cell has no strokes."""
        return not self.strokes.any()


def cut_cells(ink: NDArray[np.float32], grid: FoundGrid) -> list[CellInk]:
    """Cuts out the cells of a grid whose corners are in pixels of `ink` (H, W), by its faces."""
    warped = [_warp(ink, grid, face) for face in grid.faces]
    inner = [_without_frame(cell) for cell, _ in warped]
    noise = float(np.median([_noise(cell) for cell in inner]))
    peaks = np.array([percentile(cell, 98) for cell in inner])
    usual = float(np.quantile(peaks, TALLEST))
    # If all cells are blank, the frame gives the darkness of ink on this sheet.
    frame = float(np.median([percentile(cell, 98) for cell, _ in warped]))
    floor = max(GRAIN * noise, FAINTEST * usual, PALEST * frame, 0.02)
    return [
        _find_strokes(face, outer, cell, to_photo, peak, floor)
        for face, cell, (outer, to_photo), peak in zip(
            grid.faces, inner, warped, peaks.tolist(), strict=True
        )
    ]


def quad_of(grid: FoundGrid, face: Face) -> NDArray[np.float64]:
    """The corners (4, 2) of a cell, clockwise from its top left."""
    bottom, right = face.top + face.rows, face.left + face.columns
    rows, columns = [face.top, face.top, bottom, bottom], [face.left, right, right, face.left]
    return grid.corners[rows, columns]


def _warp(
    ink: NDArray[np.float32], grid: FoundGrid, face: Face
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    quad = quad_of(grid, face)
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    scale = min(2.0, TALL / max(min(width, height), 1.0))
    shorter = min(width, height) * scale
    w = round(float(np.clip(width * scale, 6, WIDEST * shorter)))
    h = round(float(np.clip(height * scale, 6, WIDEST * shorter)))
    square = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(square, quad.astype(np.float32))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # A cell that becomes much smaller must be averaged first, because warping only samples.
    if scale < 0.6:
        return _shrunk(ink, quad, np.asarray(matrix, np.float64), scale, (w, h)), np.asarray(
            matrix, np.float64
        )
    cell = cv2.warpPerspective(ink, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cell, np.float32), np.asarray(matrix, np.float64)


def _shrunk(
    ink: NDArray[np.float32],
    quad: NDArray[np.float64],
    matrix: NDArray[np.float64],
    scale: float,
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """Warps a cell from a reduced part of the photo."""
    x, y, w, h = cv2.boundingRect(quad.astype(np.float32))
    x, y = max(0, x - 2), max(0, y - 2)
    part = ink[y : y + h + 4, x : x + w + 4]
    small_size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    small = cv2.resize(part, small_size, interpolation=cv2.INTER_AREA)
    ax, ay = small_size[0] / part.shape[1], small_size[1] / part.shape[0]
    move = np.array([[ax, 0, -x * ax], [0, ay, -y * ay], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(
            small, move @ matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        ),
        np.float32,
    )


def _without_frame(cell: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtracts the background of the cell, and sets the frame along its sides to 0."""
    out = cell - np.float32(np.median(cell))
    np.maximum(out, 0, out=out)
    height, width = out.shape
    inked = out > max(DARK * percentile(out, 98), 1e-3)
    middle = inked[height // 6 : height - height // 6]
    beside = inked[:, width // 6 : width - width // 6]
    left, right = _depth(middle.T), _depth(middle.T[::-1])
    top, bottom = _depth(beside), _depth(beside[::-1])
    out[:top], out[height - bottom :] = 0, 0
    out[:, :left], out[:, width - right :] = 0, 0
    return out


def _depth(inked: NDArray[np.bool_]) -> int:
    """The number of rows from the edge that belong to the frame, plus one.

    A run of dark rows that begins at the edge is the frame. Farther inside it may be the foot of a
    2, unless it extends from side to side.
    """
    reach = max(2, round(FRAME * len(inked)))
    near = inked[: reach + 1]
    pooled = near.copy()
    pooled[1:] |= near[:-1]
    pooled[:-1] |= near[1:]
    lined = (near.mean(axis=1) > LINE)[:reach]
    whole = (pooled.mean(axis=1) > WHOLE)[:reach]
    start = int(lined.argmax())
    stop = 0
    if lined.any() and start <= max(1, round(EDGE * len(inked))):
        stop = start + (
            int((~lined[start:]).argmax()) if not lined[start:].all() else reach - start
        )
    if whole.any():
        stop = max(stop, int(np.flatnonzero(whole)[-1]) + 1)
    return stop + 1


def _noise(cell: NDArray[np.float32]) -> float:
    """The standard deviation of a cell's background, from a percentile above the median."""
    return percentile(cell, 65) / 0.385


def _find_strokes(
    face: Face,
    warped: NDArray[np.float32],
    cell: NDArray[np.float32],
    to_photo: NDArray[np.float64],
    peak: float,
    floor: float,
) -> CellInk:
    """Finds the strokes of a cell: dark, not along the frame, of the size of a digit."""
    full = floor / STROKE
    none = CellInk(face, warped, cell, np.zeros(cell.shape, np.uint8), 0.0, full, to_photo)
    if peak < floor:
        return none
    mask = (cell > max(STROKE * peak, floor)).astype(np.uint8)
    count, raw, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return none
    labels = np.asarray(raw)
    x, y, w, h = (stats[:, k] for k in range(4))
    height, width = cell.shape
    side = min(height, width)
    rim_x, rim_y = RIM * side, RIM * side
    beside = (x + w <= rim_x) | (x >= width - rim_x) | (y + h <= rim_y) | (y >= height - rim_y)
    longest = np.maximum(w, h)
    kept = ~beside
    kept[0] = False
    if not kept.any() or longest[kept].max() < SHORT * side:
        return none
    kept &= longest >= SPECK * longest[kept].max()
    strokes = kept[labels].astype(np.uint8)
    level = percentile(cell[strokes > 0], 80)
    return CellInk(face, warped, cell, strokes, level, max(level, floor), to_photo)


def crop_ink(cell: CellInk) -> NDArray[np.float32]:
    """The strokes of a cell, cropped, (h, w) float32, about 1 where they are fully dark."""
    x, y, w, h = cv2.boundingRect(cell.strokes)
    top, left = max(0, y - 2), max(0, x - 2)
    window = np.s_[top : y + h + 2, left : x + w + 2]
    own = cv2.dilate(cell.strokes[window], np.ones((3, 3), np.uint8))
    part = cell.ink[window] / max(cell.level, 1e-3)
    around = np.asarray(cv2.GaussianBlur(part, (0, 0), BLUR * min(cell.ink.shape)), np.float32)
    dark = np.clip((part + SHARPEN * (part - around) - LOW) / (1 - LOW), 0, 1)
    return (dark * own).astype(np.float32)
