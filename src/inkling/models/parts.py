"""What the networks' specifications share: activations and widths."""

from typing import Annotated, Literal

from pydantic import Field
from torch import nn

Activation = Literal["relu", "leaky-relu", "gelu", "silu", "tanh", "sigmoid"]
Width = Annotated[int, Field(ge=1, le=65536)]  # units or channels of one layer

ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
