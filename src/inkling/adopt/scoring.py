"""Scores how well a candidate network explains labelled images."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkling.adopt.chain import Chain
from inkling.adopt.plan import Plan, build_network
from inkling.data.loader import normalise_images

TEMPERATURES = torch.logspace(-2.5, 1.5, 17)
FINER = torch.logspace(-0.25, 0.25, 11)  # factors on the best of them
# The relative increase of the loss for a temperature that is wrong by a factor of e. Without it, 3
# of 63 networks were found with a scaling for which their logits are up to 3 times too large.
TEMPERATURE_WEIGHT = 0.2
BATCH_IMAGES = 500  # images at a time


@dataclass(frozen=True, eq=False)
class Images:
    """Training images (N, 1, 28, 28), normalised, and their labels (N,)."""

    images: Tensor
    labels: Tensor

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> "Images":
        """Makes them from pixels (N, 28, 28) and labels."""
        return cls(normalise_images(torch.tensor(pixels)), torch.tensor(labels))

    def first(self, count: int) -> "Images":
        """The first `count` images."""
        return Images(self.images[:count], self.labels[:count])

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class PlanScore:
    """`losses` (N,) are cross-entropies at the best temperature; `right` (N,) are correct answers.

    The loss separates candidates better than the accuracy: training minimised the loss, so the
    network's own settings explain its training images best. Training also left the logits of most
    networks near the temperature 1, so the losses are increased for another one.
    """

    right: NDArray[np.bool_]
    losses: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        """The fraction of right answers."""
        return float(self.right.mean())

    @property
    def loss(self) -> float:
        """The mean cross-entropy, nats."""
        return float(self.losses.mean())


@torch.inference_mode()
def score_plan(chain: Chain, plan: Plan, images: Images) -> PlanScore:
    """The score of a candidate. Output that is not finite scores like guessing."""
    network = build_network(chain, plan)
    logits = torch.cat([network(part) for part in images.images.split(BATCH_IMAGES)])
    return score_logits(logits, images.labels)


def score_logits(logits: Tensor, labels: Tensor) -> PlanScore:
    """The score of logits (N, C) for labels (N,)."""
    count = len(labels)
    if not torch.isfinite(logits).all():
        chance = np.full(count, math.log(logits.shape[1]))
        return PlanScore(np.zeros(count, bool), chance)
    right = logits.argmax(1) == labels
    centred = logits - logits.mean(1, keepdim=True)
    scale = centred.std().clamp(min=1e-12)
    coarse, _ = _best_temperature(centred, labels, scale * TEMPERATURES)
    temperature, losses = _best_temperature(centred, labels, coarse * FINER)
    wrong = abs(math.log(temperature))
    return PlanScore(right.numpy(), losses.double().numpy() * (1 + TEMPERATURE_WEIGHT * wrong))


def _best_temperature(logits: Tensor, labels: Tensor, temperatures: Tensor) -> tuple[float, Tensor]:
    """The temperature with the least mean cross-entropy, and the cross-entropies (N,) there."""
    best = None
    for temperature in temperatures.tolist():
        losses = torch.nn.functional.cross_entropy(logits / temperature, labels, reduction="none")
        if best is None or losses.mean() < best[1].mean():
            best = temperature, losses
    assert best is not None
    return best
