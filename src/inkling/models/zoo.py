"""Every network by the `kind` that a recipe names it with."""

from collections.abc import Callable
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import Field
from torch import Tensor, nn

from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.committee import Committee, CommitteeSpec
from inkling.models.compact import Compact, CompactSpec
from inkling.models.mlp import Mlp, MlpSpec
from inkling.models.sprint import Sprint, SprintSpec

ModelSpec = Annotated[
    MlpSpec | CnnSpec | CompactSpec | SprintSpec | CommitteeSpec, Field(discriminator="kind")
]


@runtime_checkable
class StartsFromPictures(Protocol):
    """A network that takes a part of its first weights from the training pictures."""

    def start_from(self, images: Tensor) -> None:
        """Set them from normalised pictures (N, 1, 28, 28), before the first step."""


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
    return BUILDERS[spec.kind](spec, classes)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training changes."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
