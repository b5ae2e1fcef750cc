"""Flattens bent paper: fits a smooth map in which each ruled line has a constant coordinate.

For horizontal lines, v(x, y) = y + sum of c_ab x^a y^b is fitted by least squares so that v is
constant along each chain; for vertical lines u likewise. The fit does not need to know which chains
belong to one line.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.chains import Chains

ALONG = 6  # highest power along the lines
ACROSS = 3  # highest power across the lines
HOLD = 0.00001  # weight of the smoothness term, relative to one chain as long as the patch
ROUNDS = 6  # iterations of the robust fit
TOLERANCE = 0.006  # of the patch; chains with a larger error get a lower weight
MESH = 32  # nodes per side at which the map is inverted
TURNS = 12  # iterations of the inversion
BEYOND = 0.25  # of a side; greatest extension beyond the patch


@dataclass(frozen=True, eq=False)
class Flattening:
    """u(x, y) and v(x, y) of a patch of `shape`, as coefficients over powers."""

    shape: tuple[int, int]
    level: NDArray[np.float64]
    upright: NDArray[np.float64]

    def forward(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Flat coordinates (u, v) of patch points (x, y), in pixels."""
        half = max(self.shape) / 2
        xn, yn = (x - self.shape[1] / 2) / half, (y - self.shape[0] / 2) / half
        u = x + half * (powers(yn, xn) @ self.upright)
        v = y + half * (powers(xn, yn) @ self.level)
        return u, v

    def backward(
        self, u: NDArray[np.float64], v: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Patch points (x, y) of flat coordinates (u, v), by fixed-point iteration."""
        x, y = u.astype(np.float64).copy(), v.astype(np.float64).copy()
        far = max(self.shape)
        for _ in range(TURNS):
            at_u, at_v = self.forward(x, y)
            x = np.clip(x + 0.8 * (u - at_u), -far, 2 * far)
            y = np.clip(y + 0.8 * (v - at_v), -far, 2 * far)
        return x, y

    def extent(self) -> tuple[int, int, int, int]:
        """The flat area that shows the whole patch: first u and v, width and height.

        It extends at most a quarter beyond each side, because the map is not reliable there.
        """
        height, width = self.shape
        along, down = np.linspace(0, width, 17), np.linspace(0, height, 17)
        x = np.concatenate([along, along, np.zeros(17), np.full(17, width)])
        y = np.concatenate([np.zeros(17), np.full(17, height), down, down])
        u, v = self.forward(x, y)
        left, right = max(u.min(), -BEYOND * width), min(u.max(), (1 + BEYOND) * width)
        top, bottom = max(v.min(), -BEYOND * height), min(v.max(), (1 + BEYOND) * height)
        return int(left), int(top), int(right - left) + 1, int(bottom - top) + 1

    def maps(self) -> tuple[Map, Map]:
        """The patch coordinates x and y (H, W) of each flat pixel of `extent`."""
        first_u, first_v, width, height = self.extent()
        nodes_u = np.linspace(0, width - 1, MESH) + first_u
        nodes_v = np.linspace(0, height - 1, MESH) + first_v
        u, v = np.meshgrid(nodes_u, nodes_v)
        x, y = self.backward(u.ravel(), v.ravel())
        fields = [(x - u.ravel()).reshape(u.shape), (y - v.ravel()).reshape(u.shape)]
        at_u = np.arange(width, dtype=np.float32) * np.float32((MESH - 1) / max(width - 1, 1))
        at_v = np.arange(height, dtype=np.float32) * np.float32((MESH - 1) / max(height - 1, 1))
        gu, gv = np.meshgrid(at_u, at_v)
        dx, dy = (
            np.asarray(cv2.remap(f.astype(np.float32), gu, gv, cv2.INTER_LINEAR), np.float32)
            for f in fields
        )
        us, vs = np.meshgrid(
            np.arange(width, dtype=np.float32) + first_u,
            np.arange(height, dtype=np.float32) + first_v,
        )
        return us + dx, vs + dy


def powers(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """The terms (N, K) of the map: along^a across^b with a from 1 and b from 0."""
    return np.stack(
        [along**a * across**b for a in range(1, ALONG + 1) for b in range(ACROSS + 1)], axis=1
    )


def _order() -> NDArray[np.float64]:
    return np.array([a + b for a in range(1, ALONG + 1) for b in range(ACROSS + 1)], np.float64)


def flatten(level: Chains, upright: Chains, shape: tuple[int, int]) -> Flattening:
    """Fits the flattening of a patch to its horizontal and its (transposed) vertical chains."""
    return Flattening(shape, _fit(level, shape), _fit(upright, (shape[1], shape[0])))


def _fit(chains: Chains, shape: tuple[int, int]) -> NDArray[np.float64]:
    half = max(shape) / 2
    x, y = (chains.x - shape[1] / 2) / half, (chains.y - shape[0] / 2) / half
    terms = powers(x, y)
    count = len(chains.start)
    if count == 0:
        return np.zeros(terms.shape[1])
    size = np.maximum(np.bincount(chains.owner, minlength=count), 1)

    def centred(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values - (np.bincount(chains.owner, values, count) / size)[chains.owner]

    matrix = np.stack([centred(column) for column in terms.T], axis=1)
    target = -centred(y)
    hold = HOLD * 2 * half * np.diag(_order() ** 2)
    weight = np.ones(count)
    found = np.zeros(terms.shape[1])
    for _ in range(ROUNDS):
        each = weight[chains.owner]
        weighted = matrix * each[:, None]
        found = np.linalg.solve(weighted.T @ matrix + hold, weighted.T @ target)
        left = matrix @ found - target
        error = np.sqrt(np.bincount(chains.owner, left * left, count) / size)
        weight = 1 / np.maximum(error / TOLERANCE, 1) ** 2
    return np.asarray(found, np.float64)
