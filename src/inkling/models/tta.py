"""One image looked at several times: shifted, turned, scaled; the mean of the answers counts."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.models.parts import DataDependentInit
from inkling.types import BACKGROUND, SIDE

# The further looks, in the order in which `tta_views` takes them: a network of dense layers knows
# neither shift nor turn nor size.
SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # right and down, pixels
TURNS = ((5.0, 1.0), (-5.0, 1.0), (0.0, 1.05), (0.0, 0.95))  # degrees clockwise, scale


class TtaModel(nn.Module):
    """A network that answers with the logarithm of its mean probabilities over `count` looks.

    While it is trained it is the network alone. The averaging at test time is that of Krizhevsky,
    Sutskever and Hinton (2012), with looks that are the same for each image.
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
        answers = [self.network(look).log_softmax(1) for look in self._looks(images)]
        return torch.stack(answers).logsumexp(0) - math.log(len(answers))

    def _looks(self, images: Tensor) -> Iterator[Tensor]:
        """The images themselves, then each further look at all of them."""
        yield images
        framed = F.pad(images, (1, 1, 1, 1), value=BACKGROUND)
        for right, down in self.shifts:  # slices: resampling costs three times a small network
            yield framed[:, :, 1 - down : 1 - down + SIDE, 1 - right : 1 - right + SIDE]
        for grid in self.grids.unbind():
            places = grid.expand(images.shape[0], -1, -1, -1)  # len() would freeze the batch
            yield F.grid_sample(images - BACKGROUND, places, align_corners=False) + BACKGROUND

    def init_from_data(self, images: Tensor) -> None:
        """Hand the first images on to a network that starts from them."""
        if isinstance(self.network, DataDependentInit):
            self.network.init_from_data(images)


def _turning_grids(count: int) -> Tensor:
    """(count, 28, 28, 2): where in the image each pixel of a turned or scaled look comes from."""
    rows = []
    for degrees, scale in TURNS:
        turn = math.radians(degrees)
        cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
        rows.append([[cos, sin, 0.0], [-sin, cos, 0.0]])
    return F.affine_grid(torch.tensor(rows), [len(rows), 1, SIDE, SIDE], False)[:count]
