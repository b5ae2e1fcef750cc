"""Everything that changes while a network is trained: what a checkpoint must hold."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from inkling.training.average import ModelAverage
from inkling.training.history import EpochMetrics
from inkling.training.optim import build_optimizer
from inkling.training.recipe import Recipe


@dataclass
class TrainingState:
    """The one mutable thing of the loop.

    `epoch` and `batch` count from 0 and name what comes next; `totals` (3,), see `zero_totals`,
    is the sum of loss, of right answers and of images in the epoch under way.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    average: ModelAverage | None
    best: dict[str, Tensor]
    totals: Tensor
    best_epoch: int = 0
    epoch: int = 0
    batch: int = 0
    step: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    history: list[EpochMetrics] = field(default_factory=list)

    @property
    def judged(self) -> nn.Module:
        """The network that is validated and kept: the average where there is one."""
        return self.average.model if self.average else self.model

    @property
    def best_metrics(self) -> EpochMetrics | None:
        """What the best epoch measured; None before the first is kept."""
        return self.history[self.best_epoch - 1] if self.best_epoch else None

    def keep(self) -> None:
        """Take a copy of the judged network's weights as those of the latest epoch."""
        weights = self.judged.state_dict()
        self.best = {name: value.detach().clone() for name, value in weights.items()}
        self.best_epoch = len(self.history)


def start_state(recipe: Recipe, model: nn.Module) -> TrainingState:
    """The state before the first step."""
    decay = recipe.training.ema
    return TrainingState(
        model=model,
        optimizer=build_optimizer(model, recipe.optimizer),
        average=ModelAverage(model, decay) if decay else None,
        best={},
        totals=zero_totals(next(model.parameters()).device),
    )


def zero_totals(device: torch.device) -> Tensor:
    """(3,) zeros on `device`, so that no step waits to add to them; float64, which mps lacks."""
    return torch.zeros(3, dtype=torch.float32 if device.type == "mps" else torch.float64).to(device)
