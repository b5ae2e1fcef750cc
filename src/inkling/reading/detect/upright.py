"""Finds upright strokes beside a row that the text map took for the side of a frame.

A 1 of one straight stroke may stand at either end of a row. A ruling is taller than the row,
reaches the edge of the image, or is thinner or paler than the pen.
"""

import cv2
import numpy as np

from inkling.reading.preprocess.pixels import Map, Mask

INK = 0.42  # of the ink's darkness; the threshold between ink and paper
SURE = 0.55  # least maximum of the text probability of a stroke of the row
ROW = 2  # least number of strokes of a row
SLIM = 1.6  # least height over width
TALL = (0.55, 1.2)  # height, relative to the row's height
NEAR = 1.0  # greatest gap to its neighbour, relative to the row's height
BESIDE = 0.75  # least fraction of its height beside its neighbour
DARK = 0.75  # least darkness, relative to the row's
PEN = (0.5, 1.8)  # stroke width, relative to the row's


def upright_strokes(ink: Map, prob: Map, likely: Mask) -> Mask:
    """The mask (H, W), 0 or 1, of upright strokes that belong to a row although the map is low.

    `ink` (H, W) is the darkness of each pixel, `prob` the map, `likely` the mask of likely ink.
    """
    strokes = np.zeros_like(likely)
    row = _row_boxes(prob, likely)
    if len(row) < ROW:
        return strokes
    inked = likely > 0
    level, pen = float(np.median(ink[inked])), _pen_width(likely)
    height = float(np.percentile(row[:, 3], 75))
    dark = (ink > INK * level).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    for label in _standing(stats, height, ink.shape):
        x, y, w, h = stats[label, :4].tolist()
        window = np.s_[y : y + h, x : x + w]
        own = labels[window] == label
        if (
            2 * int(likely[window][own].sum()) < own.sum()
            and _has_neighbour((x, y, w, h), row, height)
            and float(ink[window][own].mean()) > DARK * level
            and PEN[0] * pen < _pen_width(own.astype(np.uint8)) < PEN[1] * pen
        ):
            strokes[window] |= own
    return strokes


def _row_boxes(prob: Map, likely: Mask) -> np.ndarray:
    """Boxes (N, 4) x y w h of the components that are surely text and no specks."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    surest = np.zeros(count, np.float32)
    np.maximum.at(surest, np.asarray(labels, np.intp).ravel(), prob.ravel())
    boxes = stats[1:, :4][surest[1:] > SURE]
    return boxes[boxes[:, 3] > 0.5 * boxes[:, 3].max(initial=0)]


def _pen_width(mask: Mask) -> float:
    """The stroke width in pixels, about four times the mean distance of ink from its edge."""
    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)
    return 4 * float(depth[depth > 0].mean()) - 1


def _standing(stats: np.ndarray, height: float, shape: tuple[int, ...]) -> list[int]:
    """The labels of upright shapes as tall as the row that do not touch the image border."""
    x, y, w, h = stats[:, :4].T
    inside = (x > 0) & (y > 0) & (x + w < shape[1]) & (y + h < shape[0])
    tall = (h >= TALL[0] * height) & (h <= TALL[1] * height) & (h >= SLIM * w)
    return [int(label) for label in np.flatnonzero(inside & tall) if label]


def _has_neighbour(box: tuple[int, int, int, int], row: np.ndarray, height: float) -> bool:
    """Whether a shape is close beside a box of the row without overlapping it."""
    x, y, w, h = box
    gap = np.maximum(row[:, 0] - (x + w), x - (row[:, 0] + row[:, 2]))
    shared = np.minimum(row[:, 1] + row[:, 3], y + h) - np.maximum(row[:, 1], y)
    return bool(np.any((gap > 0) & (gap < NEAR * height) & (shared > BESIDE * h)))
