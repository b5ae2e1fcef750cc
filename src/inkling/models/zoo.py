"""Every network by the `kind` that a recipe names it with."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from inkling.models.adopted import Adopted
from inkling.models.adopted_spec import AdoptedSpec
from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.compact import Compact, CompactSpec
from inkling.models.ensemble import Ensemble, EnsembleSpec
from inkling.models.mlp import Mlp, MlpSpec
from inkling.models.parts import NetworkSpec
from inkling.models.sprint import Sprint, SprintSpec
from inkling.models.tta import TtaModel

ModelSpec = Annotated[
    MlpSpec | CnnSpec | CompactSpec | SprintSpec | EnsembleSpec | AdoptedSpec,
    Field(discriminator="kind"),
]


def _build_ensemble(spec: EnsembleSpec, classes: int) -> Ensemble:
    return Ensemble(build_model(spec.member, classes) for _ in range(spec.members))


BUILDERS: dict[str, Callable[[Any, int], nn.Module]] = {
    "mlp": Mlp,
    "cnn": Cnn,
    "compact": Compact,
    "sprint": Sprint,
    "adopted": Adopted,
    "ensemble": _build_ensemble,
}


def build_model(spec: ModelSpec, classes: int) -> nn.Module:
    """A fresh network, its weights drawn from torch's global generator.

    It maps normalised images (B, 1, 28, 28) float32 to logits (B, `classes`).
    """
    network = BUILDERS[spec.kind](spec, classes)
    if isinstance(spec, NetworkSpec) and spec.tta_views > 1:
        return TtaModel(network, spec.tta_views)
    return network


def count_parameters(model: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
