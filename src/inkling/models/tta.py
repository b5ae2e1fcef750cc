"""Test-time augmentation: averages a network's answers over shifted, rotated and scaled images."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.models.parts import DataDependentInit
from inkling.types import BACKGROUND, SIDE

# The additional views in the order in which `tta_views` uses them. Dense layers are not invariant
# to shift, rotation or scale.
SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # right and down, pixels
TURN_SCALE_VIEWS = ((5.0, 1.0), (-5.0, 1.0), (0.0, 1.05), (0.0, 0.95))  # degrees clockwise, scale


class TtaModel(nn.Module):
    """Computes the logarithm of a network's mean probabilities over `count` views.

    In training it is the network alone. The averaging at test time is that of Krizhevsky, Sutskever
    and Hinton (2012), with the same views for each image.
    """

    grids: Tensor

    def __init__(self, network: nn.Module, count: int) -> None:
        super().__init__()
        self.network = network
        self.shifts = SHIFTS[: count - 1]
        self.register_buffer("grids", _turning_grids(count - 1 - len(self.shifts)), False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        if self.training:
            return self.network(images)
        answers = [self.network(look).log_softmax(1) for look in self._views(images)]
        return torch.stack(answers).logsumexp(0) - math.log(len(answers))

    def _views(self, images: Tensor) -> Iterator[Tensor]:
        """The images, then each additional view of them."""
        yield images
        framed = F.pad(images, (1, 1, 1, 1), value=BACKGROUND)
        for right, down in self.shifts:  # slices; resampling takes three times a small network
            yield framed[:, :, 1 - down : 1 - down + SIDE, 1 - right : 1 - right + SIDE]
        for grid in self.grids.unbind():
            places = grid.expand(images.shape[0], -1, -1, -1)  # len() would freeze the batch
            yield F.grid_sample(images - BACKGROUND, places, align_corners=False) + BACKGROUND

    def init_from_data(self, images: Tensor) -> None:
        """Passes the first images to a network that is initialised from them."""
        if isinstance(self.network, DataDependentInit):
            self.network.init_from_data(images)


def _turning_grids(count: int) -> Tensor:
    """The sampling grids (count, 28, 28, 2) of rotated and scaled views."""
    rows = []
    for degrees, scale in TURN_SCALE_VIEWS:
        turn = math.radians(degrees)
        cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
        rows.append([[cos, sin, 0.0], [-sin, cos, 0.0]])
    return F.affine_grid(torch.tensor(rows), [len(rows), 1, SIDE, SIDE], False)[:count]
