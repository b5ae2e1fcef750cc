"""A CNN that trains in a fraction of a second: two convolutions and one linear layer.

On two cores with AMX, `Conv2d(1, 32)` reaches 27 GFLOP/s of about 2,000, and max pooling takes as
long again. Both are therefore one matrix product over 8x8 windows of the image (see `windows`).
Without AMX, this answers twice as fast as the plain layers, which give the same output. Those are
for export and for gradients of the images.
"""

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from inkling.models.parts import NetworkSpec
from inkling.models.sprint_step import SprintFunction, Weights
from inkling.models.windows import FILTER, cut_windows, filter_placement

Even = Annotated[int, Field(ge=2, le=65536, multiple_of=2)]
WHITENING_FLOOR = 0.1  # added to each eigenvalue; pixels have variance 1


class SprintSpec(NetworkSpec):
    """Two convolutions: 6x6 with stride 2, pooled by 2, then 3x3 with batch norm."""

    kind: Literal["sprint"] = "sprint"
    channels: tuple[Even, Even] = Field((32, 64), description="of the two convolutions; even")
    whiten: bool = Field(True, description="initial filters: principal components of the images")
    filters_every: int = Field(1, ge=1, le=1000, description="steps per update of the filters")

    def build(self, classes: int) -> nn.Module:
        """The network of this specification."""
        return Sprint(self, classes)


class Sprint(nn.Module):
    """28x28 pixels, then 12x12 pooled to 6x6 by the first convolution, 4x4 by the second."""

    placement: Tensor

    def __init__(self, spec: SprintSpec, classes: int) -> None:
        super().__init__()
        first, second = spec.channels
        self.whiten, self.filters_every = spec.whiten, spec.filters_every
        self.filters = nn.Parameter(torch.empty(first, FILTER * FILTER))
        nn.init.uniform_(self.filters, -1 / FILTER, 1 / FILTER)
        self.shift = nn.Parameter(torch.zeros(first))
        self.mix = nn.Conv2d(first, second, 3, bias=False)
        self.norm = nn.BatchNorm2d(second)
        self.head = nn.Linear(second * 16, classes)
        self.register_buffer("placement", filter_placement(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        if not self.training and not torch.is_inference_mode_enabled():
            kernels = self.filters.view(-1, 1, FILTER, FILTER)
            pooled = F.max_pool2d(F.conv2d(images, kernels, self.shift, stride=2), 2)
            features = F.relu(self.norm(self.mix(F.relu(pooled))))
            return self.head(features.permute(0, 2, 3, 1).flatten(1))
        windows = cut_windows(images.to(_computing_dtype(images)))
        weights = Weights(
            *self._first_layer(), self.mix.weight, self.norm.weight, self.norm.bias,
            self.head.weight, self.head.bias,
        )  # fmt: skip
        return SprintFunction.apply(windows, self.placement, self.norm, *weights)

    def _first_layer(self) -> tuple[Tensor, Tensor]:
        """Filters and shift, without gradient in all but every n-th training step.

        They start as principal components and change little, and their gradient is a third of a
        step. Batch norm's counter is in checkpoints, so a resumed run continues the count.
        """
        if self.filters_every == 1 or not self.training:
            return self.filters, self.shift
        count = self.norm.num_batches_tracked
        assert count is not None  # the norm keeps running statistics
        learns = int(count) % self.filters_every == 0
        count.add_(1)
        return (
            (self.filters, self.shift) if learns else (self.filters.detach(), self.shift.detach())
        )

    @torch.no_grad()
    def init_from_data(self, images: Tensor) -> None:
        """Initialises the first filters from normalised images (N, 1, 28, 28).

        Half are the principal components of all 6x6 patches, scaled to about equal output variance.
        The other half are their negatives, because a ReLU follows (the whitened, paired first layer
        of Jordan's airbench, 2024).
        """
        if not self.whiten:
            return
        patches = F.unfold(images, FILTER, stride=2).transpose(1, 2).flatten(0, 1)
        mean = patches.mean(0)
        centred = patches - mean
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(patches))
        half = min(len(self.filters) // 2, len(values))
        scaled = (vectors / (values + WHITENING_FLOOR).sqrt()).flip(1)[:, :half].T
        self.filters[: 2 * half] = torch.cat([scaled, -scaled])
        self.shift.copy_(-(self.filters @ mean))


def _computing_dtype(images: Tensor) -> torch.dtype:
    device = images.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else images.dtype
