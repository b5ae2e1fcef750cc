"""Runs one training: trains, evaluates the test set once, and writes the run folder."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inkling.data.catalog import Source
from inkling.data.splits import Splits
from inkling.errors import DataError
from inkling.evaluation.classifier import TorchClassifier
from inkling.evaluation.metrics import measure, softmax
from inkling.evaluation.test_predictions import (
    collect_predictions,
    describe_splits,
    write_predictions,
)
from inkling.jobs.card import calibrate, make_card
from inkling.jobs.evaluate import in_classes
from inkling.jobs.report import make_report
from inkling.models.zoo import count_parameters
from inkling.training.callback import Callback
from inkling.training.device import reusing_memory
from inkling.training.divergence import DivergedError
from inkling.training.history import EpochMetrics, Score, write_history
from inkling.training.loop import TrainingPlan
from inkling.training.network import train_network
from inkling.training.recipe import Recipe
from inkling.training.run_folder import RunFolder, recipe_sha256
from inkling.training.threads import computing_threads


@dataclass(frozen=True)
class TrainResult:
    """The result of `train`. Accuracies are fractions, times are seconds."""

    run: Path
    recipe: str
    data: str
    seed: int
    device: str
    parameters: int
    train_seconds: float
    total_seconds: float
    validation: Score | None
    test: Score
    weights_sha256: str

    def as_json(self) -> dict[str, Any]:
        """The output of `train --json`."""
        return {
            "run": str(self.run),
            "recipe": self.recipe,
            "data": self.data,
            "seed": self.seed,
            "device": self.device,
            "parameters": self.parameters,
            "train_seconds": self.train_seconds,
            "total_seconds": self.total_seconds,
            "validation": vars(self.validation) if self.validation else None,
            "test": vars(self.test),
            "weights_sha256": self.weights_sha256,
        }


@dataclass(frozen=True)
class TrainingJob:
    """The inputs of one training. `started` is a value of `time.perf_counter`."""

    run: RunFolder
    recipe: Recipe
    source: Source
    splits: Splits
    device: torch.device
    callback: Callback
    started: float
    figures: bool = True


def run_training(job: TrainingJob) -> TrainResult:
    """Trains, writes the weights, then evaluates the test set once.

    Raises `DataError` if the test set is empty, and `DivergedError` if the output is not finite.
    """
    run, splits = job.run, job.splits
    classes = splits.training.classes
    model, outcome = train_network(splits, _plan(job))
    write_history(run.metrics_path, list(outcome.history))
    weights_sha256 = run.write_weights(outcome.weights)
    classifier = TorchClassifier(model, classes)
    test = in_classes(job.source.load_test(), classes, job.source.name)
    if len(test) == 0:
        raise DataError(f"{job.source.name} has no test images to evaluate {run.path} on. Add some")
    with computing_threads(outcome.threads), reusing_memory():
        logits = classifier.predict_logits(test.images)
        if not np.isfinite(logits).all():
            raise DivergedError(job.recipe)
        calibration = calibrate(classifier, splits.validation)
    logits = logits / calibration["temperature"]  # as in `evaluate` and in an exported file
    evaluation = measure(logits, test.labels, classes)
    if job.figures:
        probabilities = softmax(logits)
        test_predictions = collect_predictions(splits, test, probabilities)
        write_predictions(run.path, evaluation, describe_splits(splits, test), test_predictions)
    result = TrainResult(
        run=run.path,
        recipe=job.recipe.name,
        data=job.source.name,
        seed=job.recipe.training.seed,
        device=job.device.type,
        parameters=count_parameters(model),
        train_seconds=outcome.seconds,
        total_seconds=time.perf_counter() - job.started,
        validation=outcome.validation,
        test=Score(evaluation.accuracy, evaluation.loss, evaluation.n),
        weights_sha256=weights_sha256,
    )
    entries = {**result.as_json(), **calibration}
    if job.source.describe is not None:
        entries["data_form"] = job.source.describe()
    run.write_card(make_card(entries, outcome, splits, test, evaluation, job.recipe))
    if job.figures:
        make_report(run.path)
    return result


def _plan(job: TrainingJob) -> TrainingPlan:
    return TrainingPlan(
        recipe=job.recipe,
        device=job.device,
        callback=_Recorder(job.run, job.callback),
        checkpoint=job.run.checkpoint_path,
        identity=fingerprint(job.recipe, job.splits),
    )


class _Recorder:
    """Writes the history after each epoch, and forwards to another callback."""

    def __init__(self, run: RunFolder, callback: Callback) -> None:
        self.run, self.callback = run, callback

    def on_step(self, step: int, total: int) -> None:
        self.callback.on_step(step, total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        write_history(self.run.metrics_path, history)
        self.callback.on_epoch(metrics, history)


def fingerprint(recipe: Recipe, splits: Splits) -> str:
    """The hash of recipe and images, which a checkpoint must have in common with its run."""
    return f"{recipe_sha256(recipe)}/{splits.training.sha256()}"
