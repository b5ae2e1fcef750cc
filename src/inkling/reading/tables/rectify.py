"""Rectifies perspective: the projective map that makes a grid's lines horizontal and vertical."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.segments import Pieces

NEAREST = 1.3  # in units of half the longer side; least distance of a vanishing point
ROUNDS = 8  # iterations of the robust fit
STEEPEST = 2.6  # greatest ratio of the scales of the patch at its middle and elsewhere

Homography = NDArray[np.float64]  # (3, 3), image pixels to patch pixels


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectified view of `shape`. `to_patch` (3, 3) maps image pixels to patch pixels."""

    to_patch: Homography
    shape: tuple[int, int]

    def warp(self, image: Map) -> Map:
        """Warps an image to the patch. Pixels outside the image are 0."""
        size = (self.shape[1], self.shape[0])
        return np.asarray(
            cv2.warpPerspective(image, self.to_patch, size, flags=cv2.INTER_LINEAR), np.float32
        )


def rectify(across: Pieces, down: Pieces, shape: tuple[int, int], longest: int) -> Patch:
    """The patch, at most `longest` pixels, in which `across` is horizontal and `down` vertical."""
    v1, v2 = vanishing_point(across), vanishing_point(down)
    weight = np.concatenate([across.length, down.length])
    middle = (np.concatenate([across.middle, down.middle]) * weight[:, None]).sum(0) / weight.sum()
    core = _core(v1, v2, middle)
    height, width = shape
    half = max(height, width) / 2
    normal = np.array(
        [[1 / half, 0, -width / 2 / half], [0, 1 / half, -height / 2 / half], [0, 0, 1]]
    )
    whole = core @ normal
    low, high = _extent(whole, core[2] @ normal, shape)
    scale = longest / float((high - low).max())
    fit = np.array([[scale, 0, -scale * low[0]], [0, scale, -scale * low[1]], [0, 0, 1]])
    size = np.maximum(np.ceil((high - low) * scale), 8).astype(int)
    return Patch(fit @ whole, (int(size[1]), int(size[0])))


def vanishing_point(pieces: Pieces) -> NDArray[np.float64]:
    """The vanishing point of one family, homogeneous (3,). At infinity if it is uncertain."""
    direction = np.stack([np.cos(pieces.angle), np.sin(pieces.angle)], axis=1)
    ends = np.concatenate([pieces.middle, np.ones((len(direction), 1))], axis=1)
    ahead = np.concatenate([direction, np.zeros((len(direction), 1))], axis=1)
    lines = np.cross(ends, ahead)
    lines /= np.maximum(np.linalg.norm(lines[:, :2], axis=1, keepdims=True), 1e-9)
    doubled = (pieces.length * np.exp(2j * pieces.angle)).sum()
    mean = np.angle(doubled) / 2
    point = np.array([np.cos(mean), np.sin(mean), 0.0])
    # Long pieces have precise directions. The mean direction regularises the fit.
    weight = pieces.length.copy()
    for _ in range(ROUNDS):
        basis = _beside(point)
        # The error is the angle between a piece and the ray from its middle to the point.
        to_point = point[:2] - point[2] * pieces.middle
        norm = np.maximum(np.linalg.norm(to_point, axis=1), 1e-9)
        error = (lines @ point) / norm
        robust = weight / np.maximum(np.abs(error), 0.01)
        scaled = lines / norm[:, None] * np.sqrt(robust)[:, None]
        matrix = scaled @ basis
        target = -scaled @ point
        hold = 0.05 * weight.sum()
        step = np.linalg.solve(matrix.T @ matrix + hold * np.eye(2), matrix.T @ target)
        point = point + basis @ step
        point /= np.linalg.norm(point)
        reach = np.linalg.norm(point[:2])
        if abs(point[2]) * NEAREST > reach:
            point[2] = np.sign(point[2]) * reach / NEAREST
    return point


def _beside(point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two unit vectors (3, 2) that are orthogonal to a unit vector and to each other."""
    return np.linalg.svd(point[None])[2][1:].T


def _core(
    v1: NDArray[np.float64], v2: NDArray[np.float64], middle: NDArray[np.float64]
) -> Homography:
    """The map that sends `v1` to infinity along x and `v2` along y, with scale 1 at `middle`."""
    centre = np.array([*middle, 1.0])
    horizon = np.cross(v1, v2)
    if abs(horizon @ centre) < 1e-6:
        horizon = np.array([0.0, 0.0, 1.0])
    horizon = horizon / (horizon @ centre)
    right, below = np.cross(v2, centre), np.cross(v1, centre)
    right, below = right / np.linalg.norm(right[:2]), below / np.linalg.norm(below[:2])
    if right[0] < 0:
        right = -right
    if below[1] < 0:
        below = -below
    return np.stack([right, below, horizon])


def _extent(
    whole: Homography, depth: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lower and upper corner of the area to show, in units of half the longer side."""
    height, width = shape
    xs, ys = np.meshgrid(np.linspace(0, width, 33), np.linspace(0, height, 33))
    points = np.stack([xs.ravel(), ys.ravel(), np.ones(xs.size)])
    far = depth @ points
    near = (far > 1 / STEEPEST) & (far < STEEPEST)
    mapped = (whole @ points)[:2, near] / far[near]
    return mapped.min(axis=1), mapped.max(axis=1)
