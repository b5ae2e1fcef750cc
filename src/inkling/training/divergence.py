"""A training whose numbers have run away: noticed once an epoch, never written down."""

import math

import torch
from torch import Tensor, nn

from inkling.errors import RunError
from inkling.training.recipe import Recipe


class DivergedError(RunError):
    """Loss, logits or weights are no longer numbers; nothing that was learnt is of use."""

    def __init__(self, recipe: Recipe) -> None:
        """`recipe` is the one that was trained by."""
        super().__init__(
            f"the training of {recipe.name} diverged: its loss is no longer a number; lower the "
            f"learning rate (optimizer.learning_rate = {recipe.optimizer.learning_rate:g})"
        )


def check_epoch(
    model: nn.Module, train_loss: float, validation_loss: float | None, recipe: Recipe
) -> None:
    """Raises `DivergedError` where a loss or a number of `model` is not finite."""
    whole = math.isfinite(train_loss) and math.isfinite(validation_loss or 0.0)
    # The last step may spoil the weights behind the last loss that anybody looks at.
    if not whole or not _are_finite(list(model.state_dict().values())):
        raise DivergedError(recipe)


def _are_finite(tensors: list[Tensor]) -> bool:
    """Whether their sums are numbers, which they are only where every summand is one.

    A sum takes a fifth of the time of looking at each; a GPU is waited for once.
    """
    sums = [tensor.sum(dtype=torch.float32) for tensor in tensors]
    return math.isfinite(torch.stack(sums).sum().item())
