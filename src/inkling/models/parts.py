"""Common parts of the networks and their specifications."""

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

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


class NetworkSpec(BaseModel, ABC):
    """The settings that all kinds of networks have in a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tta_views: int = Field(1, ge=1, le=9, description="test-time augmentation; see tta.py")

    @abstractmethod
    def build(self, classes: int) -> nn.Module:
        """The network of this specification, without test-time augmentation."""


@runtime_checkable
class DataDependentInit(Protocol):
    """A network that initialises some weights from the training images."""

    def init_from_data(self, images: Tensor) -> None:
        """Initialises them from normalised images (N, 1, 28, 28), before the first step."""
