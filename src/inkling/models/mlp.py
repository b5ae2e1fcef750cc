"""The multilayer perceptron with any widths."""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from inkling.models.parts import ACTIVATIONS, Activation, NetworkSpec, Width
from inkling.types import SIDE


class MlpSpec(NetworkSpec):
    """An MLP: 784 inputs, hidden layers of `widths`, one logit per class."""

    kind: Literal["mlp"] = "mlp"
    widths: tuple[Width, ...] = Field((128, 64), description="units of each hidden layer")
    activation: Activation = "relu"
    dropout: float = Field(0.0, ge=0, lt=1, description="fraction of hidden units left out")
    batch_norm: bool = False

    def build(self, classes: int) -> nn.Module:
        """The network of this specification."""
        return Mlp(self, classes)


class Mlp(nn.Module):
    """Linear layers, with batch norm, activation and dropout after each hidden layer."""

    def __init__(self, spec: MlpSpec, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        inputs = SIDE * SIDE
        for width in spec.widths:
            layers.append(nn.Linear(inputs, width))
            if spec.batch_norm:
                layers.append(nn.BatchNorm1d(width))
            layers.append(ACTIVATIONS[spec.activation]())
            if spec.dropout:
                layers.append(nn.Dropout(spec.dropout))
            inputs = width
        layers.append(nn.Linear(inputs, classes))
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        return self.layers(images)
