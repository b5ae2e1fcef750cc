"""Cuts a line of text out of an image as a strip: level, upright, its digits 20 pixels tall."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part, union
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.pixels import Labels, Map, resize
from inkling.reading.recognise.crops import own_ink
from inkling.reading.recognise.cuts import find_slant
from inkling.reading.recognise.lattice import line_height

HEIGHT = 32  # pixels; height of a strip
DIGIT = 20.0  # pixels; height of the line's digits in the strip
MARGIN = 8  # pixels of background at each end
LONGEST = 4096  # pixels; about 250 digits; longer lines are squeezed or cut
CURVED = 5.0  # pixels; a line whose digits are never further from the middle stays as it is
SMOOTH = 16.0  # columns; the standard deviation of the weights along a curved line
STEEPEST = 0.4  # greatest slope of a line, in rows per column
INKED = 0.3  # of full ink; only darker pixels are used to find the slope


@dataclass(frozen=True, eq=False)
class Strip:
    """One line, (32, W) uint8, light ink on dark, and its position in the image.

    `matrix` (2, 3) float64 maps a point (x, y) of the text map to the strip.
    """

    pixels: NDArray[np.uint8]
    matrix: NDArray[np.float64]

    def column_of(self, x: float, y: float) -> float:
        """The column of the strip at a point of the text map."""
        return float(self.matrix[0] @ (x, y, 1.0))


def cut_strip(writing: TextMap, labels: Labels, strokes: Sequence[Part]) -> Strip:
    """The strip of one line of text, given its parts (at least one)."""
    whole = reduce(union, strokes)
    owner = np.zeros(int(labels.max(initial=0)) + 1, np.uint8)
    owner[list(whole.labels)] = 1
    ink = own_ink(writing, labels, whole, owner)
    height, width = ink.shape
    scale = min(DIGIT / max(line_height(strokes), 1.0), LONGEST / width)
    small = resize(ink, (max(2, round(height * scale)), max(2, round(width * scale))))
    pixels, shear = _straighten(small)
    across, down = small.shape[1] / width, small.shape[0] / height
    corner = max(0, whole.x - 2), max(0, whole.y - 2)
    # Centres of pixels map to centres of pixels, as in `resize`.
    left, top = (across - 1) / 2 - across * corner[0], (down - 1) / 2 - down * corner[1]
    place = np.array([[across, 0, left], [0, down, top], [0, 0, 1.0]])
    return _uncurve(Strip(pixels, shear @ place), small, shear, strokes)


def _uncurve(strip: Strip, ink: Map, shear: NDArray[np.float64], strokes: Sequence[Part]) -> Strip:
    """The strip with its digits moved to the middle, column by column, if the line is curved.

    `shear` (2, 3) maps the ink (h, w) to the strip.
    """
    tall = 0.5 * line_height(strokes)
    centres = [(p.x + p.w / 2, p.y + p.h / 2, 1.0) for p in strokes if p.h >= tall]
    x, y = strip.matrix @ np.array(centres).T
    columns = np.arange(strip.pixels.shape[1])
    curve = _smooth(columns.astype(np.float64), x, y - (HEIGHT - 1) / 2)
    if np.abs(curve).max() < CURVED:
        return strip
    inverse = cv2.invertAffineTransform(shear)
    to = np.stack(np.broadcast_arrays(columns[None], np.arange(HEIGHT)[:, None] + curve[None], 1.0))
    source = np.einsum("ij,jhw->ihw", inverse, to).astype(np.float32)
    level = cv2.remap(ink, source[0], source[1], cv2.INTER_LINEAR)
    return Strip(np.rint(np.clip(level, 0, 1) * 255).astype(np.uint8), strip.matrix)


def _smooth(
    at: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The values (W,) at columns `at` (W,) of a smooth curve through points x, y (N,).

    A local linear regression (Cleveland, 1979), its slope regularised by one digit.
    """
    away = x - at[:, None]
    weights = np.exp(-((away / SMOOTH) ** 2) / 2) + 1e-9
    weights /= weights.sum(axis=1, keepdims=True)
    middle, level = (weights * away).sum(axis=1), weights @ y
    centred = away - middle[:, None]
    slope = (weights * centred * y).sum(axis=1)
    slope /= (weights * centred**2).sum(axis=1) + (DIGIT / 4) ** 2
    return level - slope * middle


def _straighten(ink: Map) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Makes the ink (h, w) of a line level and upright: (32, W) uint8, and the matrix (2, 3)."""
    rows, columns = np.nonzero(ink > INKED)
    if not rows.size:
        rows, columns = np.nonzero(ink >= ink.max())
    y, x = float(rows.mean()), float(columns.mean())
    # The regularisation by one digit height keeps a lone slanted 1 from looking like a slope.
    slope = float(((rows - y) * (columns - x)).mean() / (((columns - x) ** 2).mean() + DIGIT**2))
    slope = float(np.clip(slope, -STEEPEST, STEEPEST))
    slant = find_slant(ink)
    level = np.array([[1, 0, -x], [-slope, 1, slope * x - y]])
    shear = np.array([[1, slant], [0, 1]]) @ level
    at = shear[0] @ np.stack([columns, rows, np.ones(rows.size)])
    shear[0, 2] += MARGIN - float(at.min())
    shear[1, 2] += (HEIGHT - 1) / 2
    width = min(int(at.max() - at.min()) + 1 + 2 * MARGIN, LONGEST)
    upright = cv2.warpAffine(ink, shear, (width, HEIGHT), flags=cv2.INTER_LINEAR)
    return np.rint(np.clip(upright, 0, 1) * 255).astype(np.uint8), shear
