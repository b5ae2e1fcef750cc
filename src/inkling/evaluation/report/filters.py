"""The weights of the first layer as small images."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.report.images import data_uri
from inkling.models.windows import FILTER
from inkling.types import SIDE

SHOWN_IMAGES = 64
POSITIVE, NEGATIVE = (37, 99, 190), (214, 106, 30)  # RGB; both are visible on light and on dark


@dataclass(frozen=True)
class FirstLayer:
    """The first layer's weights: `maps` (F, H, W) float32, strongest first, of `total` units."""

    name: str
    maps: NDArray[np.float32]
    total: int

    @property
    def linear(self) -> bool:
        """Whether each unit sees the whole image."""
        return self.maps.shape[1] == SIDE

    def uris(self) -> list[str]:
        """Each map as an image: one colour for positive and one for negative weights."""
        return [data_uri(_tint(each)) for each in self.maps]


def first_layer(weights: dict[str, NDArray[np.float32]]) -> FirstLayer | None:
    """The first tensor that is applied to the pixels; None if there is none.

    It is (F, 784) of a linear layer, (F, 1, H, W) of a convolution or (F, 36) of a sprint.
    """
    for name in sorted(weights, key=_by_number):
        maps = _maps(name, weights[name])
        if maps is None:
            continue
        strength = np.linalg.norm(maps.reshape(len(maps), -1), axis=1)
        order = np.argsort(-strength, kind="stable")[:SHOWN_IMAGES]
        return FirstLayer(name, maps[order].astype(np.float32), len(maps))
    return None


def _maps(name: str, tensor: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The weights as images (F, H, W), if they are applied to the pixels."""
    if tensor.ndim == 2 and tensor.shape[1] == SIDE * SIDE:
        return tensor.reshape(-1, SIDE, SIDE)
    if tensor.ndim == 4 and tensor.shape[1] == 1 and max(tensor.shape[2:]) > 1:
        return tensor[:, 0]
    # A sprint's, which it keeps as the rows of a matrix; another layer may be of that shape.
    if name.rpartition(".")[2] == "filters" and tensor.shape[1:] == (FILTER * FILTER,):
        return tensor.reshape(-1, FILTER, FILTER)
    return None


def _tint(weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RGBA (H, W, 4) of weights (H, W)."""
    strongest = max(float(np.abs(weights).max()), 1e-12)
    pixels = np.empty((*weights.shape, 4), np.uint8)
    pixels[..., :3] = np.where(weights[..., None] >= 0, POSITIVE, NEGATIVE)
    pixels[..., 3] = np.rint(np.abs(weights) / strongest * 255)
    return pixels


def _by_number(name: str) -> list[tuple[int, int | str]]:
    """A sort key that puts `layers.10` after `layers.2`."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]
