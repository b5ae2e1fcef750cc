"""Upright strokes beside a row of writing, which the map takes for the side of a frame.

A 1 of one straight stroke, first or last of its row, is told from a ruling by what it is not:
taller than the row, a line that leaves the picture, thinner or paler than the pen.
"""

import cv2
import numpy as np

from inkling.reading.preprocess.pixels import Map, Mask

SHARE = 0.42  # of the ink's darkness; the threshold between ink and paper
SURE = 0.55  # chance of being written; a row's own strokes reach it somewhere
ROW = 2  # strokes of which a row consists at least
SLIM = 1.6  # height over width, at least
TALL = (0.55, 1.2)  # of the row's height
NEAR = 1.0  # of the row's height; the space to its neighbour
BESIDE = 0.75  # of its height that lies within its neighbour's
DARK = 0.75  # of the row's darkness
PEN = (0.5, 1.8)  # of the row's width of stroke


def upright_strokes(ink: Map, prob: Map, likely: Mask) -> Mask:
    """The strokes (H, W), of 0 and 1, that belong to a row though the map does not say so.

    `ink` (H, W) is how dark each pixel is, `prob` the map, `likely` what counts as ink by it.
    """
    strokes = np.zeros_like(likely)
    row = _row_boxes(prob, likely)
    if len(row) < ROW:
        return strokes
    inked = likely > 0
    level, pen = float(np.median(ink[inked])), _pen_width(likely)
    height = float(np.percentile(row[:, 3], 75))
    dark = (ink > SHARE * level).astype(np.uint8)
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
    """Boxes (N, 4) x y w h of what is surely written and no speck."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(likely, connectivity=8)
    surest = np.zeros(count, np.float32)
    np.maximum.at(surest, np.asarray(labels, np.intp).ravel(), prob.ravel())
    boxes = stats[1:, :4][surest[1:] > SURE]
    return boxes[boxes[:, 3] > 0.5 * boxes[:, 3].max(initial=0)]


def _pen_width(mask: Mask) -> float:
    """The width of strokes, in pixels: about four times the mean distance of ink from its edge."""
    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)
    return 4 * float(depth[depth > 0].mean()) - 1


def _standing(stats: np.ndarray, height: float, shape: tuple[int, ...]) -> list[int]:
    """The labels of shapes that stand upright, as tall as the row, off the picture's border."""
    x, y, w, h = stats[:, :4].T
    inside = (x > 0) & (y > 0) & (x + w < shape[1]) & (y + h < shape[0])
    tall = (h >= TALL[0] * height) & (h <= TALL[1] * height) & (h >= SLIM * w)
    return [int(label) for label in np.flatnonzero(inside & tall) if label]


def _has_neighbour(box: tuple[int, int, int, int], row: np.ndarray, height: float) -> bool:
    """Whether a shape stands beside another of the row, neither within it nor far from it."""
    x, y, w, h = box
    gap = np.maximum(row[:, 0] - (x + w), x - (row[:, 0] + row[:, 2]))
    shared = np.minimum(row[:, 1] + row[:, 3], y + h) - np.maximum(row[:, 1], y)
    return bool(np.any((gap > 0) & (gap < NEAR * height) & (shared > BESIDE * h)))
