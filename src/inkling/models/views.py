"""One picture looked at several times: shifted, turned, scaled; the mean of the answers counts."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.models.parts import StartsFromPictures
from inkling.types import GROUND, SIDE

# Right and down in pixels, degrees clockwise, and scale of each further look, in the order in
# which `views` takes them: a network of dense layers knows neither shift nor turn nor size.
LOOKS = (
    (1.0, 0.0, 0.0, 1.0),
    (-1.0, 0.0, 0.0, 1.0),
    (0.0, 1.0, 0.0, 1.0),
    (0.0, -1.0, 0.0, 1.0),
    (0.0, 0.0, 5.0, 1.0),
    (0.0, 0.0, -5.0, 1.0),
    (0.0, 0.0, 0.0, 1.05),
    (0.0, 0.0, 0.0, 0.95),
)


class Views(nn.Module):
    """A network that answers with the logarithm of its mean probabilities over `count` looks.

    While it is trained it is the network alone. The averaging at test time is that of Krizhevsky,
    Sutskever and Hinton (2012), with looks that are the same for each picture.
    """

    grids: Tensor

    def __init__(self, network: nn.Module, count: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("grids", _look_grids(count - 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised pictures (B, 1, 28, 28)."""
        if self.training:
            return self.network(images)
        answers = [self.network(images).log_softmax(1)]
        for grid in self.grids.unbind():
            places = grid.expand(images.shape[0], -1, -1, -1)  # len() would freeze the batch
            moved = F.grid_sample(images - GROUND, places, align_corners=False) + GROUND
            answers.append(self.network(moved).log_softmax(1))
        return torch.stack(answers).logsumexp(0) - math.log(len(answers))

    def start_from(self, images: Tensor) -> None:
        """Hand the first pictures on to a network that starts from them."""
        if isinstance(self.network, StartsFromPictures):
            self.network.start_from(images)


def _look_grids(count: int) -> Tensor:
    """(count, 28, 28, 2): where in the picture each pixel of a further look comes from."""
    rows = []
    for right, down, degrees, scale in LOOKS[:count]:
        turn = math.radians(degrees)
        cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
        rows.append([[cos, sin, -2 * right / SIDE], [-sin, cos, -2 * down / SIDE]])
    return F.affine_grid(torch.tensor(rows), [count, 1, SIDE, SIDE], align_corners=False)
