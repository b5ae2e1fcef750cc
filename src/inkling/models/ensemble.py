"""An ensemble: averages the probabilities of several networks."""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from inkling.models.cnn import CnnSpec
from inkling.models.compact import CompactSpec
from inkling.models.mlp import MlpSpec
from inkling.models.sprint import SprintSpec

MAX_MEMBERS = 64
NetworkKind = MlpSpec | CnnSpec | CompactSpec | SprintSpec  # a new kind of network is added here
MemberSpec = Annotated[NetworkKind, Field(discriminator="kind")]


class EnsembleSpec(BaseModel):
    """An ensemble of networks of one kind, each trained with its own seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["ensemble"] = "ensemble"
    members: int = Field(5, ge=2, le=MAX_MEMBERS)
    member: MemberSpec


class Ensemble(nn.Module):
    """Computes the logarithm of its members' mean probabilities, which serve as logits."""

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        opinions = torch.stack([member(images).log_softmax(1) for member in self.members])
        return opinions.logsumexp(0) - math.log(len(self.members))
