"""The main job: train by a recipe, sit the test once, leave a run folder behind."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from inkling.data.catalog import Source, find_source
from inkling.data.fetch import Notify
from inkling.data.splits import Splits, split_digits
from inkling.errors import DataError, RecipeError, RunError
from inkling.evaluation.classifier import DigitClassifier
from inkling.evaluation.evidence import describe_splits, gather_evidence, write_evidence
from inkling.evaluation.metrics import measure, softmax
from inkling.jobs.card import calibrate, make_card
from inkling.jobs.drawing import draw_run
from inkling.jobs.report import make_report
from inkling.models.committee import Committee
from inkling.models.zoo import build_model, count_parameters
from inkling.training.committee import fit_committee
from inkling.training.device import DeviceName, choose_device, computing_threads, reusing_memory
from inkling.training.history import EpochMetrics, Score, write_history
from inkling.training.loop import Plan, Watch, fit
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import load_recipe
from inkling.training.run_folder import (
    RunFolder,
    create_run,
    next_run_path,
    recipe_sha256,
)

DEFAULT_RECIPE = "mlp-adam"
RUNS = Path("runs")


@dataclass(frozen=True)
class TrainResult:
    """What `train --json` prints; accuracies are fractions, times seconds."""

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
        """The object of the contract."""
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


class Quiet:
    """A watch that looks away."""

    def on_step(self, step: int, total: int) -> None:
        """Nothing."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Nothing."""


def train(
    recipe: str | Recipe = DEFAULT_RECIPE,
    *,
    data: str | None = None,
    out: str | Path | None = None,
    seed: int | None = None,
    changes: Sequence[str] = (),
    device: DeviceName = "auto",
    watch: Watch | None = None,
    notify: Notify | None = None,
    started: float | None = None,
    figures: bool = True,
) -> TrainResult:
    """Train by a recipe (name, path of a TOML file, or `Recipe`) into a new run folder.

    `out` is `runs/<recipe>` or the next free number where it is None; `figures` says whether the
    pictures of the run are drawn. Raises `InklingError`: data that cannot be had, a recipe that is
    wrong, a folder that is taken.
    """
    started = time.perf_counter() if started is None else started
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, list(changes))
    chosen = _with(chosen, data, seed)
    where = choose_device(device)
    source = find_source(chosen.data, notify=notify)
    splits = make_splits(chosen, source)
    path = Path(out) if out else next_run_path(RUNS, chosen.name)
    run = create_run(path, chosen)
    return _run(run, chosen, source, splits, where, watch or Quiet(), started, figures)


def resume(
    folder: str | Path,
    *,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    device: DeviceName = "auto",
    watch: Watch | None = None,
    notify: Notify | None = None,
    started: float | None = None,
    figures: bool = True,
) -> TrainResult:
    """Go on with a run that was stopped, from its last checkpoint, to the same end.

    A `recipe` may be named again; it must be the run's own. Raises `RunError` where the folder is
    no run, has ended, or has another recipe, `DataError` where the data is no longer the same.
    """
    started = time.perf_counter() if started is None else started
    run = RunFolder(Path(folder))
    chosen = run.read_recipe()
    if recipe is not None:
        named = load_recipe(recipe, list(changes))
        named = _with(named, chosen.data, chosen.training.seed)
        if recipe_sha256(named) != recipe_sha256(chosen):
            raise RunError(
                f"{run.path} was begun with another recipe ({chosen.name}, see "
                f"{run.recipe_path}); resume it without naming one"
            )
    elif changes:
        raise RunError("a run is resumed as it was begun; --set does not go with --resume")
    if run.complete:
        raise RunError(f"the run {run.path} has ended; there is nothing to resume")
    where = choose_device(device)
    source = find_source(chosen.data, notify=notify)
    splits = make_splits(chosen, source)
    return _run(run, chosen, source, splits, where, watch or Quiet(), started, figures)


def _with(recipe: Recipe, data: str | None, seed: int | None) -> Recipe:
    """The recipe with what the command line says about data and seed."""
    if seed is not None:
        if not 0 <= seed < 2**31:
            raise RecipeError(f"seed = {seed}: it must lie within 0..2147483647")
        training = recipe.training.model_copy(update={"seed": seed})
        recipe = recipe.model_copy(update={"training": training})
    return recipe if data is None else recipe.model_copy(update={"data": data})


def make_splits(recipe: Recipe, source: Source) -> Splits:
    """What training may see of `source`, no test part. Raises `DataError` for too little."""
    training = source.load_training()
    held_out = recipe.training.validation
    if held_out >= len(training) // 2:
        # Small data: the recipe's count is meant for 60,000 pictures; keep its share.
        held_out = round(len(training) * min(0.2, held_out / 60_000))
    splits = split_digits(training, held_out, recipe.training.seed)
    if len(splits.training) < 2:
        raise DataError(f"{source.name} has too few pictures to train on")
    return splits


def _run(
    run: RunFolder,
    recipe: Recipe,
    source: Source,
    splits: Splits,
    device: torch.device,
    watch: Watch,
    started: float,
    figures: bool,
) -> TrainResult:
    """Train, write the weights, then open the test set for the first and only time."""
    classes = splits.training.classes
    random = torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])
    with random, computing_threads(recipe.training.threads), reusing_memory():
        torch.manual_seed(recipe.training.seed)
        model = build_model(recipe.model, len(classes))
        plan = Plan(
            recipe=recipe,
            device=device,
            watch=_Recorder(run, watch),
            checkpoint=run.checkpoint_path,
            identity=_ties(recipe, splits),
        )
        if isinstance(model, Committee):
            outcome = fit_committee(model, splits, plan)
        else:
            outcome = fit(model, splits, plan)
    write_history(run.metrics_path, list(outcome.history))
    model.load_state_dict(outcome.weights)
    weights_sha256 = run.write_weights(outcome.weights)
    test = source.load_test()
    logits = DigitClassifier(model, classes).predict_logits(test.images)
    evaluation = measure(logits, test.labels, classes)
    if figures:
        probabilities = softmax(logits)
        draw_run(run, outcome, splits.training, test, probabilities, evaluation)
        evidence = gather_evidence(splits, test, probabilities)
        write_evidence(run.path, evaluation, describe_splits(splits, test), evidence)
    result = TrainResult(
        run=run.path,
        recipe=recipe.name,
        data=source.name,
        seed=recipe.training.seed,
        device=device.type,
        parameters=count_parameters(model),
        train_seconds=outcome.seconds,
        total_seconds=time.perf_counter() - started,
        validation=outcome.validation,
        test=Score(evaluation.accuracy, evaluation.loss, evaluation.n),
        weights_sha256=weights_sha256,
    )
    calibration = calibrate(DigitClassifier(model, classes), splits.validation)
    entries = {**result.as_json(), **calibration}
    run.write_card(make_card(entries, outcome, splits, test, evaluation, recipe))
    if figures:
        make_report(run.path)
    return result


class _Recorder:
    """Writes the history after each epoch, then hands on to whoever else looks."""

    def __init__(self, run: RunFolder, watch: Watch) -> None:
        self.run, self.watch = run, watch

    def on_step(self, step: int, total: int) -> None:
        self.watch.on_step(step, total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        write_history(self.run.metrics_path, history)
        self.watch.on_epoch(metrics, history)


def _ties(recipe: Recipe, splits: Splits) -> str:
    """What a checkpoint must share with the run it continues: the recipe and the pictures."""
    return f"{recipe_sha256(recipe)}/{splits.training.sha256()}"
