"""Computes out-of-fold probabilities by cross-validation."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from inkling.data.fetch import Notify
from inkling.data.splits import Splits
from inkling.evaluation.audit import stratified_folds
from inkling.evaluation.classifier import TorchClassifier
from inkling.training.callback import Callback
from inkling.training.history import EpochMetrics
from inkling.training.loop import TrainingPlan
from inkling.training.network import train_network
from inkling.training.recipe import Recipe
from inkling.types import Digits

# Mild, without shear or elastic distortion, which make some digits look like others.
RECIPE = {
    "name": "audit",
    "title": "A quick CNN for judging labels",
    "model": {
        "kind": "cnn",
        "channels": [16, 32],
        "hidden": [64],
        "batch_norm": True,
        "dropout": 0.25,
    },
    "training": {"epochs": 3, "batch_size": 128, "validation": 0, "keep": "last"},
    "optimizer": {"name": "adam", "learning_rate": 5e-3},
    "schedule": {"name": "one-cycle", "warmup": 0.2},
    "augment": {"rotation_degrees": 8, "shift_pixels": 1.5, "scale": 0.08},
}


def audit_recipe() -> Recipe:
    """The recipe of a small CNN with mild augmentation: 70 core seconds on MNIST.

    Chosen by out-of-fold accuracy and loss for its time, not by what it finds (docs/LOG.md).
    """
    return Recipe.model_validate(RECIPE)


@dataclass(frozen=True)
class AuditPlan:
    """The settings of a cross-validation. With `folds` 0, the data decides their number.

    `repeats` cross-validations with different seeds and folds are averaged to reduce the variance.
    """

    folds: int = 0
    repeats: int = 3
    seed: int = 0
    recipe: Recipe = field(default_factory=audit_recipe)

    @property
    def networks(self) -> int:
        """The number of networks to train, with seeds from `seed`."""
        return self.folds * self.repeats


def cross_validate(
    audited: Digits,
    extra: Digits | None,
    plan: AuditPlan,
    device: torch.device,
    callback: Callback,
    notify: Notify | None = None,
) -> NDArray[np.float64]:
    """Computes out-of-fold probabilities (N, C) of `audited`, the mean over `plan.repeats`.

    The network for an image is trained on `extra` and on the other folds, never on that image.
    """
    total = np.zeros((len(audited), len(audited.classes)))
    for repeat in range(plan.repeats):
        numbers = stratified_folds(audited.labels, plan.folds, plan.seed + repeat)
        for fold in range(plan.folds):
            count = repeat * plan.folds + fold
            if notify:
                notify(f"network {count + 1} of {plan.networks}")
            learnt = _together(audited.take(np.nonzero(numbers != fold)[0]), extra)
            judged = np.nonzero(numbers == fold)[0]
            progress = _JobProgress(callback, count, plan.networks)
            classifier = _train(learnt, plan.recipe, plan.seed + count, device, progress)
            total[judged] += classifier.predict_proba(audited.images[judged])
    return total / plan.repeats


def _train(
    learnt: Digits, recipe: Recipe, seed: int, device: torch.device, callback: Callback
) -> TorchClassifier:
    plan = TrainingPlan(recipe.with_seed(seed), device, callback)
    model, _ = train_network(Splits(learnt, None), plan)
    return TorchClassifier(model, learnt.classes)


class _JobProgress:
    """Reports the steps of all networks as one sequence to a callback. Does not report epochs."""

    def __init__(self, callback: Callback, before: int, networks: int) -> None:
        self.callback, self.before, self.networks = callback, before, networks

    def on_step(self, step: int, total: int) -> None:
        self.callback.on_step(self.before * total + step, self.networks * total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Nothing."""


def _together(digits: Digits, extra: Digits | None) -> Digits:
    if extra is None:
        return digits
    return Digits(
        np.concatenate([extra.images, digits.images]),
        np.concatenate([extra.labels, digits.labels]),
        digits.classes,
    )
