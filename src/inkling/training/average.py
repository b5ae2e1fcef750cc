"""An exponential moving average of the weights (Polyak and Juditsky, 1992)."""

import copy

import torch
from torch import nn


class ModelAverage:
    """A copy of `model` with exponentially averaged weights; `decay` is per step.

    The decay is at most (1 + t) / (10 + t), so that the random initial weights are forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).requires_grad_(False).eval()
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Updates the average with the weights and buffers of `model`."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        trailing, leading = self.model.state_dict(), model.state_dict()
        for name, value in leading.items():
            if value.is_floating_point():
                trailing[name].lerp_(value, 1 - decay)
            else:
                trailing[name].copy_(value)
