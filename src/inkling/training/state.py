"""The mutable state of a training, which a checkpoint saves."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from inkling.training.average import ModelAverage
from inkling.training.history import EpochMetrics
from inkling.training.optim import build_optimizer
from inkling.training.recipe import Recipe


@dataclass
class TrainingState:
    """The mutable state of the loop.

    `epoch` and `batch` are the indices of the next ones, from 0. `totals` (3,), see `zero_totals`,
    are the sums of loss, right answers and images in the current epoch.
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
        """The network to validate and save: the average, if there is one."""
        return self.average.model if self.average else self.model

    @property
    def best_metrics(self) -> EpochMetrics | None:
        """The metrics of the best epoch; None before the first one."""
        return self.history[self.best_epoch - 1] if self.best_epoch else None

    def keep(self) -> None:
        """Saves a copy of the judged network's weights as the best ones."""
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
    """Zeros (3,) on `device`, so that steps need no synchronisation; float64 except on mps."""
    return torch.zeros(3, dtype=torch.float32 if device.type == "mps" else torch.float64).to(device)
