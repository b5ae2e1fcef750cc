"""A small convolutional network: blocks of convolution and pooling, then linear layers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from inkling.models.parts import ACTIVATIONS, Activation, Width
from inkling.types import SIDE


class CnnSpec(BaseModel):
    """A CNN: per entry of `channels` one 'same' convolution, and a 2x2 max pool behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["cnn"] = "cnn"
    channels: tuple[Width, ...] = Field((16, 32), min_length=1, max_length=4)
    kernel: int = Field(3, ge=1, le=9, description="odd side of each filter, pixels")
    hidden: tuple[Width, ...] = Field((64,), description="units of each linear layer")
    activation: Activation = "relu"
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units left out")
    batch_norm: bool = False

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> "CnnSpec":
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel = {self.kernel} must be odd, so that a filter has a middle")
        return self


class Cnn(nn.Module):
    """28x28 halves at each block: 14, 7, 3, 1."""

    def __init__(self, spec: CnnSpec, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, side = 1, SIDE
        for channels in spec.channels:
            layers.append(nn.Conv2d(inputs, channels, spec.kernel, padding="same"))
            if spec.batch_norm:
                layers.append(nn.BatchNorm2d(channels))
            layers += [ACTIVATIONS[spec.activation](), nn.MaxPool2d(2)]
            inputs, side = channels, side // 2
        layers.append(nn.Flatten())
        inputs *= side * side
        for width in spec.hidden:
            layers += [nn.Linear(inputs, width), ACTIVATIONS[spec.activation]()]
            if spec.dropout:
                layers.append(nn.Dropout(spec.dropout))
            inputs = width
        layers.append(nn.Linear(inputs, classes))
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised pictures (B, 1, 28, 28)."""
        return self.layers(images)
