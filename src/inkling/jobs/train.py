"""The main job: train by a recipe into a new run folder, or go on with a run that was stopped."""

import time
from collections.abc import Sequence
from pathlib import Path

from inkling.data.catalog import Source, find_source
from inkling.data.fetch import Notify
from inkling.data.splits import Splits, split_digits
from inkling.errors import DataError, RunError
from inkling.jobs.run import TrainingJob, TrainResult, run_training
from inkling.training.callback import Callback, NullCallback
from inkling.training.device import DeviceName, choose_device
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import load_recipe
from inkling.training.run_folder import RunFolder, create_run, next_run_path, recipe_sha256

DEFAULT_RECIPE = "mlp-adam"
RUNS = Path("runs")


def train(
    recipe: str | Recipe = DEFAULT_RECIPE,
    *,
    data: str | None = None,
    out: str | Path | None = None,
    seed: int | None = None,
    changes: Sequence[str] = (),
    device: DeviceName = "auto",
    callback: Callback | None = None,
    notify: Notify | None = None,
    started: float | None = None,
    figures: bool = True,
) -> TrainResult:
    """Train by a recipe (name, path of a TOML file, or `Recipe`) into a new run folder.

    `out` is `runs/<recipe>` or the next free number where it is None; `figures` says whether the
    run keeps its predictions and gets a report. Raises `InklingError`: the data cannot be loaded,
    the recipe is invalid, or the folder exists.
    """
    started = time.perf_counter() if started is None else started
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, list(changes))
    chosen = _with(chosen, data, seed)
    where = choose_device(device)
    chosen = chosen.with_precision(where)
    source = find_source(chosen.data, notify=notify)
    _check_test(source)
    splits = make_splits(chosen, source)
    path = Path(out) if out else next_run_path(RUNS, chosen.name)
    run = create_run(path, chosen)
    return run_training(
        TrainingJob(
            run, chosen, source, splits, where, callback or NullCallback(), started, figures
        )
    )


def resume(
    folder: str | Path,
    *,
    recipe: str | None = None,
    changes: Sequence[str] = (),
    device: DeviceName = "auto",
    callback: Callback | None = None,
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
    where = choose_device(device)
    if recipe is not None:
        named = load_recipe(recipe, list(changes))
        named = _with(named, chosen.data, chosen.training.seed).with_precision(where)
        if recipe_sha256(named) != recipe_sha256(chosen):
            raise RunError(
                f"{run.path} was begun with another recipe ({chosen.name}, see "
                f"{run.recipe_path}); resume it without naming one"
            )
    elif changes:
        raise RunError("a run is resumed as it was begun; --set does not go with --resume")
    if run.complete:
        raise RunError(f"the run {run.path} has ended; there is nothing to resume")
    source = find_source(chosen.data, notify=notify)
    _check_test(source)
    splits = make_splits(chosen, source)
    return run_training(
        TrainingJob(
            run, chosen, source, splits, where, callback or NullCallback(), started, figures
        )
    )


def _with(recipe: Recipe, data: str | None, seed: int | None) -> Recipe:
    """The recipe with what the command line says about data and seed."""
    if seed is not None:
        recipe = recipe.with_seed(seed)
    return recipe if data is None else recipe.model_copy(update={"data": data})


def make_splits(recipe: Recipe, source: Source) -> Splits:
    """What training may see of `source`, no test part. Raises `DataError` for too little."""
    training = source.load_training()
    if source.load_validation is not None:
        return Splits(training, source.load_validation())
    held_out = recipe.training.validation
    if held_out >= len(training) // 2:
        # Small data: the recipe's count is meant for 60,000 images; keep its fraction.
        held_out = round(len(training) * min(0.2, held_out / 60_000))
    splits = split_digits(training, held_out, recipe.training.seed)
    if len(splits.training) < 2:
        raise DataError(f"{source.name} has too few images to train on")
    return splits


def _check_test(source: Source) -> None:
    """Too few classes or images are known beforehand, without a look at a test set of its own."""
    classes = source.load_training().classes
    if len(classes) < 2:
        raise DataError(
            f"{source.name} has only {', '.join(map(repr, classes))} as a class; "
            "training needs at least two classes"
        )
    if source.has_test:
        return
    total = len(source.load_everything())
    if total == len(source.load_training()):
        raise DataError(
            f"{source.name} has {total} images, too few to hold a fifth out for the test; "
            "add more of each class"
        )
