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
    network's own settings explain its training images best.
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
    # The scale of the logits and a constant offset carry no information about the settings.
    scaled = logits - logits.mean(1, keepdim=True)
    scaled = scaled / scaled.std().clamp(min=1e-12)
    best = None
    for temperature in TEMPERATURES:
        losses = torch.nn.functional.cross_entropy(scaled / temperature, labels, reduction="none")
        if best is None or losses.mean() < best.mean():
            best = losses
    assert best is not None
    return PlanScore(right.numpy(), best.double().numpy())
