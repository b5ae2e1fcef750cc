"""A small convolutional network: blocks of convolution and pooling, then linear layers."""

from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from inkling.models.parts import ACTIVATIONS, Activation, NetworkSpec, Width
from inkling.types import SIDE


class CnnSpec(NetworkSpec):
    """A CNN: per entry of `channels` a block of 'same' convolutions, then a 2x2 max pool."""

    kind: Literal["cnn"] = "cnn"
    channels: tuple[Width, ...] = Field((16, 32), min_length=1, max_length=4)
    depth: int = Field(1, ge=1, le=8, description="convolutions in each block")
    kernel: int = Field(3, ge=1, le=9, description="odd side of each filter, pixels")
    head: Literal["flatten", "average"] = Field(
        "flatten", description="input of the linear layers: all positions, or channel means"
    )
    hidden: tuple[Width, ...] = Field((64,), description="units of each linear layer")
    activation: Activation = "relu"
    dropout: float = Field(0.0, ge=0, lt=1, description="fraction of hidden units left out")
    batch_norm: bool = False

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> "CnnSpec":
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel = {self.kernel} must be odd, so that a filter has a middle")
        return self

    def build(self, classes: int) -> nn.Module:
        """The network of this specification."""
        return Cnn(self, classes)


class Cnn(nn.Module):
    """28x28 halves at each block: 14, 7, 3, 1.

    With an average head, the last block is pooled by the mean instead.
    """

    def __init__(self, spec: CnnSpec, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, side = 1, SIDE
        for block, channels in enumerate(spec.channels):
            for _ in range(spec.depth):
                layers += _convolution(spec, inputs, channels)
                inputs = channels
            if spec.head == "flatten" or block < len(spec.channels) - 1:
                layers.append(nn.MaxPool2d(2))
                side //= 2
        if spec.head == "average":
            layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        else:
            layers.append(nn.Flatten())
            inputs *= side * side
        for width in spec.hidden:
            layers += [nn.Linear(inputs, width), ACTIVATIONS[spec.activation]()]
            if spec.dropout:
                layers.append(nn.Dropout(spec.dropout))
            inputs = width
        layers.append(nn.Linear(inputs, classes))
        # Channels last saves a quarter to a third of the time of a step with bf16 (measured).
        # (Torch's stubs lack this form of `to`.)
        self.layers = nn.Sequential(*layers).to(  # pyright: ignore[reportCallIssue]
            memory_format=torch.channels_last
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        return self.layers(images)


def _convolution(spec: CnnSpec, inputs: int, outputs: int) -> list[nn.Module]:
    """A 'same' convolution with norm and activation. Batch norm has its own bias."""
    bias = not spec.batch_norm
    convolution = nn.Conv2d(inputs, outputs, spec.kernel, padding="same", bias=bias)
    norm = [nn.BatchNorm2d(outputs)] if spec.batch_norm else []
    return [convolution, *norm, ACTIVATIONS[spec.activation]()]
