"""Follows nearly horizontal ridges of an evidence map, as chains of points."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map

HIGH = 0.35  # least mean evidence along the window of a chain
GAP = 5  # pixels; greatest gap within a chain


@dataclass(frozen=True, eq=False)
class Chains:
    """Points `x`, `y` (P,) float64 of horizontal ridges. `owner` (P,) is the chain of each point.

    `start` and `stop` (N,) are the first and last column of each chain, `level` (N,) its mean row.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    owner: NDArray[np.int64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    level: NDArray[np.float64]

    def longer_than(self, least: float) -> "Chains":
        """The chains of at least `least` columns."""
        chosen = self.stop - self.start >= least
        number = np.cumsum(chosen) - 1
        own = chosen[self.owner]
        return Chains(
            self.x[own],
            self.y[own],
            number[self.owner[own]],
            self.start[chosen],
            self.stop[chosen],
            self.level[chosen],
        )


def along(evidence: Map, length: int, slopes: tuple[float, ...]) -> Map:
    """The greatest mean evidence (H, W) along windows of `length` columns over all `slopes`."""
    best = np.zeros_like(evidence)
    for slope in slopes:
        if slope == 0:
            mean = cv2.blur(evidence, (length, 1), borderType=cv2.BORDER_CONSTANT)
        else:
            mean = cv2.filter2D(
                evidence, -1, _window(length, slope), borderType=cv2.BORDER_CONSTANT
            )
        best = np.maximum(best, np.asarray(mean, np.float32))
    return best


def _window(length: int, slope: float) -> Map:
    """A kernel of one line, `length` columns long, with `slope` rows per column and sum 1."""
    columns = np.arange(length) - (length - 1) / 2
    rows = columns * slope
    half = int(np.ceil(np.abs(rows).max()))
    kernel = np.zeros((2 * half + 1, length), np.float32)
    low = np.floor(rows).astype(int)
    part = rows - low
    each = np.arange(length)
    kernel[low + half, each] += 1 - part
    kernel[np.minimum(low + half + 1, 2 * half), each] += part
    return kernel / kernel.sum()


def crest(smooth: Map, least: float) -> NDArray[np.uint8]:
    """The mask (H, W) of local maxima in vertical direction that are above `least`."""
    # The blur finds the middle of a broad line. A thin one would then be below the threshold.
    wide = np.asarray(cv2.blur(smooth, (1, 5)), np.float32)
    up, down = np.zeros_like(wide), np.zeros_like(wide)
    up[1:], down[:-1] = wide[:-1], wide[1:]
    return ((smooth > least) & (wide >= up) & (wide > down)).astype(np.uint8)


def find_chains(evidence: Map, length: int, slopes: tuple[float, ...]) -> Chains:
    """The horizontal chains of an evidence map (H, W), smoothed over `length` columns."""
    mask = crest(along(evidence, length, slopes), HIGH)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, GAP), np.uint8)))
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    ys, xs = np.nonzero(mask)
    owner = np.asarray(labels)[ys, xs].astype(np.int64) - 1
    start = np.full(count - 1, np.inf)
    stop = np.full(count - 1, -np.inf)
    np.minimum.at(start, owner, xs)
    np.maximum.at(stop, owner, xs)
    size = np.maximum(np.bincount(owner, minlength=count - 1), 1)
    level = np.bincount(owner, ys, count - 1) / size
    return Chains(xs.astype(float), ys.astype(float), owner, start, stop, level)
