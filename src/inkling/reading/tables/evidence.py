"""Computes the evidence for ruled lines at each pixel, in any direction, from 0 to 1.

It finds dark ridges at several widths (eigenvalues of the Hessian: Lindeberg, 1998). The height of
a ridge is relative to the grain of the paper around it, so that a faint ruling gives the same
evidence as a black one.
"""

import cv2
import numpy as np

from inkling.reading.preprocess.pixels import Map, percentile, resize

HALF = 5.0  # a ridge this many times as high as the grain gives an evidence of one half
GRAIN_TILE = 48  # pixels; size of the tiles in which the grain is measured
QUIETEST = 0.0025  # of full ink; least grain of paper


def line_evidence(ink: Map, widths: tuple[float, ...]) -> Map:
    """The evidence for rulings (H, W) float32 in the ink (H, W) float32 of an image.

    `widths` are the standard deviations, in pixels, of the blurs before ridges are measured.
    """
    best = np.zeros(ink.shape, np.float32)
    for width in widths:
        ridge = ridge_height(ink, width)
        height = ridge / (HALF * _grain(ridge))
        height *= height
        best = np.maximum(best, height / (1 + height))
    return best


def ridge_height(ink: Map, width: float) -> Map:
    """The height of dark ridges about twice `width` pixels wide, (H, W) float32, 0 elsewhere."""
    blurred = np.asarray(cv2.GaussianBlur(ink, (0, 0), width), np.float32)
    across = np.asarray(cv2.Sobel(blurred, cv2.CV_32F, 2, 0), np.float32) / 4
    down = np.asarray(cv2.Sobel(blurred, cv2.CV_32F, 0, 2), np.float32) / 4
    mixed = np.asarray(cv2.Sobel(blurred, cv2.CV_32F, 1, 1), np.float32) / 4
    half = (across - down) / 2
    curvature = np.sqrt(half * half + mixed * mixed) - (across + down) / 2
    return np.maximum(curvature, 0) * np.float32(width * width)


def _grain(ridge: Map) -> Map:
    """The typical ridge height of bare paper around each pixel, (H, W) float32."""
    height, width = ridge.shape
    rows, columns = max(1, height // GRAIN_TILE), max(1, width // GRAIN_TILE)
    whole = percentile(ridge, 60)
    tiles = np.array(
        [
            [percentile(tile, 60) for tile in np.array_split(row, columns, axis=1)]
            for row in np.array_split(ridge, rows, axis=0)
        ],
        np.float32,
    )
    bounded = np.clip(tiles, 0.5 * whole, 2.0 * whole)
    return np.maximum(resize(bounded, ridge.shape), np.float32(QUIETEST))
