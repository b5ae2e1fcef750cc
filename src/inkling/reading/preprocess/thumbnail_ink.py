"""Separates ink from background in stacks of thumbnails of one size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05  # of the contrast; most of a uniform background is this close to its lightest half


@dataclass(frozen=True, eq=False)
class InkSplit:
    """Per thumbnail (N, 1, 1): whether the background is lighter, its grey level, the contrast.

    `flat` (N,): whether the background is uniform.
    """

    lighter: NDArray[np.bool_]
    background: NDArray[np.float32]
    contrast: NDArray[np.float32]
    flat: NDArray[np.bool_]


def split_ink(grey: NDArray[np.float32]) -> InkSplit:
    """Separates ink from background at the level midway between their means."""
    low, high = grey.min(axis=(1, 2), keepdims=True), grey.max(axis=(1, 2), keepdims=True)
    level = (low + high) / 2
    total = grey.sum(axis=(1, 2), keepdims=True)
    size = np.float32(grey.shape[1] * grey.shape[2])
    light, dark, count = high, low, size * np.ones_like(low)
    for _ in range(3):
        above = grey > level
        count = above.sum(axis=(1, 2), keepdims=True, dtype=np.float32)
        light_sum = np.einsum("nhw,nhw->n", grey, above)[:, None, None]
        light = light_sum / np.maximum(count, 1)
        dark = (total - light_sum) / np.maximum(size - count, 1)
        level = (light + dark) / 2
    above = grey > level
    edge = _edge_fraction(above)
    fraction = count[:, 0, 0] / size
    lighter = (0.6 * fraction + 0.4 * edge >= 0.5)[:, None, None]
    background = np.where(lighter, light, dark)
    flat = _is_flat(
        grey,
        above == lighter,
        np.where(lighter, grey >= background, grey <= background),
        high - low,
    )
    contrast = np.where(lighter, background - low, high - background)
    return InkSplit(lighter, background, contrast, flat)


def ink_strength(grey: NDArray[np.float32], split: InkSplit) -> NDArray[np.float32]:
    """Ink (N, H, W) from 0 for the background to 1 for its greatest contrast."""
    ink = (split.background - grey) * np.where(split.lighter, 1, -1).astype(np.float32)
    ink *= 1 / np.maximum(split.contrast, 1)
    return ink.clip(0, 1, out=ink)


def _is_flat(
    grey: NDArray[np.float32],
    own: NDArray[np.bool_],
    outer: NDArray[np.bool_],
    span: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Whether most of each background `own` (N, H, W) is as light as its half away from the ink.

    The soft edges of strokes in a small or enlarged image belong to the background, too, but are
    less than half of it.
    """
    half = own & outer
    count = np.maximum(half.sum(axis=(1, 2), dtype=np.float32), 1)
    base = (np.einsum("nhw,nhw->n", grey, half) / count)[:, None, None]
    near = own & (np.abs(grey - base) < LEVEL * span)
    return near.sum(axis=(1, 2)) > 0.5 * own.sum(axis=(1, 2))


def _edge_fraction(above: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The fraction (N,) of set pixels in the border of each mask, 1 or 2 pixels wide."""
    depth = max(1, min(above.shape[1:]) // 14)
    inner = above[:, depth:-depth, depth:-depth]
    size = above[0].size - inner[0].size
    return ((above.sum(axis=(1, 2)) - inner.sum(axis=(1, 2))) / size).astype(np.float32)
