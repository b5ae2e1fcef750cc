"""Finetunes a network on a user's crops without forgetting.

Three methods prevent forgetting. Each batch has replayed images beside the corrections. On those,
the loss keeps the network close to its earlier probabilities (Li and Hoiem, 2016). The final
weights are interpolated between the earlier and the new ones (Wortsman et al., 2022), limited by
the validation images.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.data.augment import Augment, augment_images
from inkling.data.loader import normalise_images
from inkling.models.inference import predict_logits
from inkling.training.average import ModelAverage
from inkling.training.eager_optimizers import EagerAdamW
from inkling.types import Digits

# Augmentation of the corrections. A user's digits vary less than the training set.
OWN_AUGMENT = Augment.model_validate(
    {
        "rotation_degrees": 8,
        "shift_pixels": 1.2,
        "scale": 0.1,
        "shear_degrees": 8,
        "elastic_pixels": 0.5,
    }
)
OnStep = Callable[[int, int], None]
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class FinetuneSettings:
    """The settings, chosen on synthetic writers (docs/log.d/own.md)."""

    steps: int = 250
    own_batch: int = 48  # corrections per batch
    replay_batch: int = 192
    learning_rate: float = 4e-4
    weight_decay: float = 0.01
    warmup: float = 0.1  # fraction of the steps
    average: float = 0.97  # decay of the averaged weights
    keep: float = 4.0  # weight of the loss on replayed images
    smoothing: float = 0.05  # label smoothing of the corrections
    seed: int = 0


def finetune_network(
    network: Net,
    own: Digits,
    replay: Digits,
    settings: FinetuneSettings,
    on_step: OnStep | None = None,
) -> Net:
    """Trains a copy of `network` on `own`, and on its earlier answers to `replay`.

    The network maps normalised images (B, 1, 28, 28) to logits. `replay` may be empty. The
    seed of the settings decides all random numbers. The caller's random state does not change.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        targets = _targets(network, replay) if len(replay) else torch.empty(0)
        student = copy.deepcopy(network).train()
        average = ModelAverage(student, settings.average)
        optimizer = EagerAdamW(
            student.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        own_data, replay_data = _Drawn(own, balanced=True), _Drawn(replay, balanced=False)
        for step in range(settings.steps):
            _set_rate(optimizer, settings, step)
            loss = _own_loss(student, own_data, settings)
            if len(replay):
                images, index = replay_data.draw(settings.replay_batch)
                loss = loss + settings.keep * F.cross_entropy(student(images), targets[index])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            average.update(student)
            if on_step:
                on_step(step + 1, settings.steps)
    return cast(Net, average.model)


def between(earlier: Net, later: Net, fraction: float) -> Net:
    """Interpolates the weights: `fraction` 0 gives those of `earlier`, 1 those of `later`."""
    mixed = copy.deepcopy(later)
    before = earlier.state_dict()
    with torch.no_grad():
        for name, value in mixed.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.lerp(before[name], value, fraction))
    return mixed.eval()


def logits_of(network: nn.Module, digits: Digits) -> np.ndarray:
    """Logits (N, C) float32 of a set of images."""
    images = normalise_images(torch.tensor(digits.images))
    return predict_logits(network, images).numpy()


class _Drawn:
    """Random samples of images. With `balanced`, rare classes are drawn more often."""

    def __init__(self, digits: Digits, balanced: bool) -> None:
        self.pixels = torch.tensor(digits.images)
        self.labels = torch.tensor(digits.labels)
        counts = np.maximum(digits.counts(), 1)
        weights = 1.0 / np.sqrt(counts) if balanced else np.ones(len(counts))
        self.weights = torch.tensor(weights[digits.labels])

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Draws normalised images (count, 1, 28, 28) and their indices (count,)."""
        index = torch.multinomial(self.weights, count, replacement=True)
        return normalise_images(self.pixels[index]), index


def _own_loss(student: nn.Module, own: _Drawn, settings: FinetuneSettings) -> Tensor:
    images, index = own.draw(settings.own_batch)
    logits = student(augment_images(images, OWN_AUGMENT))
    return F.cross_entropy(logits, own.labels[index], label_smoothing=settings.smoothing)


def _targets(network: nn.Module, replay: Digits) -> Tensor:
    """The network's probabilities (N, C) where it is right, else one-hot labels."""
    logits = torch.from_numpy(logits_of(network, replay))
    labels = torch.tensor(replay.labels)
    right = (logits.argmax(1) == labels).unsqueeze(1)
    return torch.where(right, logits.softmax(1), F.one_hot(labels, logits.shape[1]).float())


def _set_rate(optimizer: torch.optim.Optimizer, settings: FinetuneSettings, step: int) -> None:
    """A short warm-up, then a cosine to zero."""
    warmup = settings.warmup * settings.steps
    if step < warmup:
        factor = (step + 1) / warmup
    else:
        progress = (step - warmup) / max(1.0, settings.steps - warmup)
        factor = (1 + math.cos(math.pi * progress)) / 2
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * factor
