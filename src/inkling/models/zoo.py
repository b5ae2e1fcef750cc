"""Every network by the `kind` that a recipe names it with."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.committee import Committee, CommitteeSpec
from inkling.models.compact import Compact, CompactSpec
from inkling.models.mlp import Mlp, MlpSpec
from inkling.models.parts import NetworkSpec
from inkling.models.sprint import Sprint, SprintSpec
from inkling.models.views import Views

ModelSpec = Annotated[
    MlpSpec | CnnSpec | CompactSpec | SprintSpec | CommitteeSpec, Field(discriminator="kind")
]


def _build_committee(spec: CommitteeSpec, classes: int) -> Committee:
    return Committee(build_model(spec.member, classes) for _ in range(spec.members))


BUILDERS: dict[str, Callable[[Any, int], nn.Module]] = {
    "mlp": Mlp,
    "cnn": Cnn,
    "compact": Compact,
    "sprint": Sprint,
    "committee": _build_committee,
}


def build_model(spec: ModelSpec, classes: int) -> nn.Module:
    """A fresh network, its weights drawn from torch's global generator.

    It maps normalised pictures (B, 1, 28, 28) float32 to logits (B, `classes`).
    """
    network = BUILDERS[spec.kind](spec, classes)
    if isinstance(spec, NetworkSpec) and spec.views > 1:
        return Views(network, spec.views)
    return network


def count_parameters(model: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
