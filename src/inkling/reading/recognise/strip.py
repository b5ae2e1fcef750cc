"""A line of writing as one picture: level, upright, its digits 20 pixels tall."""

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

HEIGHT = 32  # pixels of a strip
DIGIT = 20.0  # pixels; how tall the line's digits become
MARGIN = 8  # pixels of ground on either side
LONGEST = 4096  # pixels; a line of some 250 digits; a longer one is squeezed or cut
STEEPEST = 0.4  # rows for each column that a line may climb or fall
INKED = 0.3  # of full ink; where a line runs and how it leans is seen by what is darker


@dataclass(frozen=True, eq=False)
class Strip:
    """One line, (32, W) uint8, light ink on dark, and where it came from.

    `matrix` (2, 3) float64 takes a point (x, y) of the writing's map to one of the strip.
    """

    pixels: NDArray[np.uint8]
    matrix: NDArray[np.float64]

    def column_of(self, x: float, y: float) -> float:
        """The column of the strip in which a point of the writing's map lies."""
        return float(self.matrix[0] @ (x, y, 1.0))


def cut_strip(writing: TextMap, labels: Labels, strokes: Sequence[Part]) -> Strip:
    """The strip of one line of text, from the parts (one at least) that stand in it."""
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
    # Middles of pixels go to middles of pixels, as the resizing has it.
    left, top = (across - 1) / 2 - across * corner[0], (down - 1) / 2 - down * corner[1]
    place = np.array([[across, 0, left], [0, down, top], [0, 0, 1.0]])
    return Strip(pixels, shear @ place)


def _straighten(ink: Map) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The ink (h, w) of a line made level and upright, (32, W) uint8, and the map (2, 3) to it."""
    rows, columns = np.nonzero(ink > INKED)
    if not rows.size:
        rows, columns = np.nonzero(ink >= ink.max())
    y, x = float(rows.mean()), float(columns.mean())
    # As if the line were a digit's height longer than it is: a lone leaning 1 is no falling line.
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
