"""Every network by the `kind` that a recipe names it with."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.compact import Compact, CompactSpec
from inkling.models.mlp import Mlp, MlpSpec

ModelSpec = Annotated[MlpSpec | CnnSpec | CompactSpec, Field(discriminator="kind")]

BUILDERS: dict[str, Callable[[Any, int], nn.Module]] = {"mlp": Mlp, "cnn": Cnn, "compact": Compact}


def build_model(spec: ModelSpec, classes: int) -> nn.Module:
    """A fresh network, its weights drawn from torch's global generator.

    It maps normalised pictures (B, 1, 28, 28) float32 to logits (B, `classes`).
    """
    return BUILDERS[spec.kind](spec, classes)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
