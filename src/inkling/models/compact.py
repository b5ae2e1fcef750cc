"""The compact CNN of the reader: strided convolutions with few multiplications."""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from inkling.models.parts import NetworkSpec, Width

SIDE_OUT = 4  # pixels; 28 halved three times, rounded up


class CompactSpec(NetworkSpec):
    """Three convolutions of stride 2 (28 to 14, 7 and 4 pixels), more of stride 1 between them.

    `channels` are those of the three sizes. `middle` and `last` are the numbers of convolutions of
    stride 1 at 7 and at 4 pixels. The export folds batch norm into the convolutions.
    """

    kind: Literal["compact"] = "compact"
    channels: tuple[Width, Width, Width] = (24, 48, 96)
    middle: int = Field(1, ge=0, le=8, description="convolutions at 7x7")
    last: int = Field(0, ge=0, le=8, description="convolutions at 4x4")
    hidden: Width = Field(96, description="units of the linear layer before the last")
    dropout: float = Field(0.1, ge=0, lt=1, description="fraction of hidden units left out")

    def build(self, classes: int) -> nn.Module:
        """The network of this specification."""
        return Compact(self, classes)


class Compact(nn.Module):
    """The network of a `CompactSpec`, by default with 2.4 million multiplications per image."""

    def __init__(self, spec: CompactSpec, classes: int) -> None:
        super().__init__()
        first, second, third = spec.channels
        layers = [*_convolve(1, first, 5, 2), *_convolve(first, second, 3, 2)]
        for _ in range(spec.middle):
            layers += _convolve(second, second, 3, 1)
        layers += _convolve(second, third, 3, 2)
        for _ in range(spec.last):
            layers += _convolve(third, third, 3, 1)
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(third * SIDE_OUT * SIDE_OUT, spec.hidden),
            nn.ReLU(),
            nn.Dropout(spec.dropout),
            nn.Linear(spec.hidden, classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        return self.head(self.features(images))


def _convolve(inputs: int, channels: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(channels), nn.ReLU()]
