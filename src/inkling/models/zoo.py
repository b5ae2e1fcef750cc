"""Builds a network from its specification in a recipe."""

from typing import Annotated

from pydantic import Field
from torch import nn

from inkling.models.adopted import Adopted
from inkling.models.adopted_spec import AdoptedSpec
from inkling.models.ensemble import Ensemble, EnsembleSpec, NetworkKind
from inkling.models.tta import TtaModel

ModelSpec = Annotated[NetworkKind | AdoptedSpec | EnsembleSpec, Field(discriminator="kind")]


def build_model(spec: ModelSpec, classes: int) -> nn.Module:
    """Builds a network with weights drawn from torch's global generator.

    It maps normalised images (B, 1, 28, 28) float32 to logits (B, `classes`).
    """
    if isinstance(spec, EnsembleSpec):
        return Ensemble(build_model(spec.member, classes) for _ in range(spec.members))
    if isinstance(spec, AdoptedSpec):
        return Adopted(spec, classes)
    network = spec.build(classes)
    return TtaModel(network, spec.tta_views) if spec.tta_views > 1 else network


def count_parameters(model: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
