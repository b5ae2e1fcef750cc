"""The job `adopt`: converts a checkpoint that was trained elsewhere into a run folder."""

import platform
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

import inkling
from inkling.adopt.choices import UserChoices
from inkling.adopt.describe import describe_architecture, describe_ties
from inkling.adopt.infer import Adoption, adopt_checkpoint
from inkling.adopt.plan import assemble
from inkling.adopt.scaling import describe_scaling
from inkling.adopt.scoring import Images
from inkling.data.catalog import AUTO, Source, find_source
from inkling.data.fetch import Notify
from inkling.data.splits import Splits, stratified_split
from inkling.errors import DataError
from inkling.evaluation.classifier import TorchClassifier
from inkling.evaluation.metrics import measure, softmax
from inkling.evaluation.test_predictions import (
    collect_predictions,
    describe_splits,
    write_predictions,
)
from inkling.jobs.card import calibrate
from inkling.jobs.evaluate import in_classes
from inkling.jobs.report import make_report
from inkling.jobs.train import RUNS
from inkling.models.adopted_spec import ActivationName
from inkling.models.zoo import count_parameters
from inkling.training.recipe import Recipe
from inkling.training.run_folder import (
    CARD_FORMAT,
    RunFolder,
    check_free,
    create_run,
    next_run_path,
    sha256_of,
)
from inkling.types import MEAN, SIDE, STD, Digits

TRIED_IMAGES = 10_000  # training images; candidates are tested on 2,000, close ones on more
CALIBRATION_IMAGES = 5_000  # training images for fitting the temperature


@dataclass(frozen=True, eq=False)
class AdoptResult:
    """The result of `adopt`. `margin` and `training_accuracy` are fractions."""

    run: Path
    source: Path
    form: str
    architecture: str
    normalisation: str
    classes: tuple[str, ...]
    margin: float
    training_accuracy: float
    ties: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The output of `adopt --json`. `ties` are choices that the images do not decide."""
        return {
            "run": str(self.run),
            "source": str(self.source),
            "form": self.form,
            "architecture": self.architecture,
            "normalisation": self.normalisation,
            "classes": list(self.classes),
            "margin": self.margin,
            "training_accuracy": self.training_accuracy,
            "ties": list(self.ties),
        }


def adopt(
    file: str | Path,
    *,
    out: str | Path | None = None,
    data: str = AUTO,
    normalise: str | None = None,
    activation: ActivationName | None = None,
    notify: Notify | None = None,
    on_step: Callable[[str], None] | None = None,
) -> AdoptResult:
    """Infers the network of a checkpoint, and writes it as a run folder.

    The training part of `data` decides what the file leaves open. Its test part is evaluated once,
    at the end. `normalise` and `activation` override the decisions. Nothing in the file is
    executed. Raises `InklingError` if the file is not a classifier of such images, or the folder
    exists.
    """
    path = Path(file)
    if out is not None:
        check_free(Path(out))
    source = find_source(data, notify=notify)
    training = source.load_training()
    few = _part(training, TRIED_IMAGES)
    images = Images.of(few.images, few.labels)
    user_choices = UserChoices(normalise, activation)
    adoption = adopt_checkpoint(path, images, training.classes, user_choices, on_step)
    name = _recipe_name(path)
    spec, _ = assemble(adoption.chain, adoption.decision.plan)
    recipe = Recipe(
        name=name, title=f"Adopted from {path.name}", data=source.name, model=spec, search={}
    )
    run = create_run(Path(out) if out else next_run_path(RUNS, name), recipe)
    result = _result(run.path, path, adoption)
    _complete(run, recipe, source, training, adoption, result)
    return result


def _part(digits: Digits, count: int) -> Digits:
    """A stratified sample of images in a mixed order."""
    if len(digits) <= count + len(digits.classes):
        chosen = np.arange(len(digits))
    else:
        _, chosen = stratified_split(digits.labels, count, 0)
    return digits.take(np.random.default_rng(0).permutation(chosen))


def _recipe_name(path: Path) -> str:
    """Converts a file name to a recipe name: lower-case letters, digits, dots, dashes."""
    stem = re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")
    return f"adopted-{stem}"[:64].rstrip("-._") if stem else "adopted"


def _result(run: Path, source: Path, adoption: Adoption) -> AdoptResult:
    decision = adoption.decision
    return AdoptResult(
        run=run,
        source=source,
        form=adoption.form,
        architecture=describe_architecture(adoption.chain, decision.plan),
        normalisation=describe_scaling(decision.plan.input),
        classes=adoption.classes,
        margin=decision.margin,
        training_accuracy=decision.score.accuracy,
        ties=describe_ties(decision),
    )


def _complete(
    run: RunFolder,
    recipe: Recipe,
    source: Source,
    training: Digits,
    adoption: Adoption,
    result: AdoptResult,
) -> None:
    """Writes weights, calibration, the result on the test set, card and report."""
    network = adoption.network
    weights_sha256 = run.write_weights(dict(network.state_dict()))
    classifier = TorchClassifier(network, adoption.classes)
    calibrating = in_classes(_part(training, CALIBRATION_IMAGES), adoption.classes, source.name)
    test = in_classes(source.load_test(), adoption.classes, source.name)
    if len(test) == 0:
        raise DataError(f"{source.name} has no test images to evaluate {result.source} on")
    logits = classifier.predict_logits(test.images)
    evaluation = measure(logits, test.labels, adoption.classes)
    splits = Splits(in_classes(training, adoption.classes, source.name), None)
    predictions = collect_predictions(splits, test, softmax(logits))
    write_predictions(run.path, evaluation, describe_splits(splits, test), predictions)
    run.write_card(
        {
            "format": CARD_FORMAT,
            "recipe": recipe.name,
            "data": source.name,
            "parameters": count_parameters(network),
            "validation": None,
            "test": {
                "accuracy": evaluation.accuracy,
                "loss": evaluation.loss,
                "n": evaluation.n,
                "interval": list(evaluation.interval),
                "ece": evaluation.ece,
            },
            "weights_sha256": weights_sha256,
            # On training images, because the network may have been trained on all of them.
            **calibrate(classifier, calibrating),
            "adopted": {
                "file": result.source.name,
                "sha256": sha256_of(result.source),
                "form": result.form,
                "architecture": result.architecture,
                "normalisation": result.normalisation,
                "margin": result.margin,
                "ties": list(result.ties),
                "training_accuracy": result.training_accuracy,
                "unused": list(adoption.chain.unused),
            },
            "side": SIDE,
            "mean": MEAN,
            "std": STD,
            "classes": list(adoption.classes),
            "network": recipe.model.kind,
            "data_sha256": {"training": None, "validation": None, "test": test.sha256()},
            "versions": {
                "inkling": inkling.__version__,
                "python": platform.python_version(),
                "torch": torch.__version__,
                "numpy": np.__version__,
            },
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
    make_report(run.path)
