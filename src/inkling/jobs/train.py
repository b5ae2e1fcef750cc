"""The job `train`: trains by a recipe into a new run folder, or resumes a stopped run."""

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
from inkling.training.recipe_text import resolve_recipe
from inkling.training.run_folder import RunFolder, create_run, next_run_path, recipe_sha256
from inkling.types import Digits

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
    """Trains a network by a recipe, evaluates it on the test set, and writes a run folder.

    Parameters
    ----------
    recipe
        The name of a bundled recipe, the path of a TOML file, or a `Recipe`.
    data
        `auto`, `mnist`, `fashion-mnist`, `digits`, or the path of your own data. Default: that of
        the recipe.
    out
        The run folder to create. Default: `runs/<recipe>`, or the next free number.
    seed
        The random seed. Default: that of the recipe.
    changes
        Changes to the recipe, such as `("training.epochs=3",)`.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    callback
        Gets the progress after each step and each epoch.
    notify
        A function that gets messages, such as the address of a download.
    started
        The value of `time.perf_counter()` from which the total time counts. Default: now.
    figures
        Save the predictions, and write a report.

    Returns
    -------
    TrainResult
        The run folder, the test result (fractions), the training time in seconds, and more.

    Raises
    ------
    DataError
        The data cannot be loaded, or has too few images.
    RecipeError
        The recipe or a change is invalid.
    RunError
        The run folder exists, or the training was stopped by Ctrl-C.
    DivergedError
        The loss is not finite.
    """
    started = time.perf_counter() if started is None else started
    chosen = resolve_recipe(recipe, changes, data)
    if seed is not None:
        chosen = chosen.with_seed(seed)
    where = choose_device(device)
    chosen = chosen.with_precision(where)
    source, splits = _load_checked(chosen, notify)
    run = create_run(Path(out) if out else next_run_path(RUNS, chosen.name), chosen)
    callback = callback or NullCallback()
    job = TrainingJob(run, chosen, source, splits, where, callback, started, figures)
    return run_training(job)


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
    """Resumes a stopped run from its last checkpoint. The result is that of an uninterrupted run.

    Parameters
    ----------
    folder
        The run folder.
    recipe
        The recipe of the run, only as a check. Default: no check.
    changes
        Not allowed, because a run keeps its settings.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    callback
        Gets the progress after each step and each epoch.
    notify
        A function that gets messages, such as the address of a download.
    started
        The value of `time.perf_counter()` from which the total time counts. Default: now.
    figures
        Save the predictions, and write a report.

    Returns
    -------
    TrainResult
        The run folder, the test result (fractions), the training time in seconds, and more.

    Raises
    ------
    RunError
        The folder is not a run, is finished, or has another recipe.
    DataError
        The data cannot be loaded, or has changed.
    """
    started = time.perf_counter() if started is None else started
    run = RunFolder(Path(folder))
    chosen = run.read_recipe()
    where = choose_device(device)
    if recipe is not None:
        named = resolve_recipe(recipe, changes, chosen.data)
        named = named.with_seed(chosen.training.seed).with_precision(where)
        if recipe_sha256(named) != recipe_sha256(chosen):
            raise RunError(
                f"{run.path} was started with another recipe ({chosen.name}, see "
                f"{run.recipe_path}). Resume it without naming one"
            )
    elif changes:
        raise RunError("--set cannot be combined with --resume: a run keeps its settings")
    if run.complete:
        raise RunError(f"the run {run.path} is finished. There is nothing to resume")
    source, splits = _load_checked(chosen, notify)
    callback = callback or NullCallback()
    job = TrainingJob(run, chosen, source, splits, where, callback, started, figures)
    return run_training(job)


def make_splits(recipe: Recipe, source: Source, training: Digits | None = None) -> Splits:
    """The training and validation images of `source`, whose training part may be loaded already.

    Raises `DataError` if there are too few.
    """
    training = source.load_training() if training is None else training
    if source.load_validation is not None:
        return Splits(training, source.load_validation())
    held_out = recipe.training.validation
    if held_out >= len(training) // 2:
        # The recipe's count is for 60,000 images. Small data keeps its fraction.
        held_out = round(len(training) * min(0.2, held_out / 60_000))
    splits = split_digits(training, held_out, recipe.training.seed)
    if len(splits.training) < 2:
        raise DataError(f"{source.name} has too few images to train on")
    return splits


def _load_checked(recipe: Recipe, notify: Notify | None) -> tuple[Source, Splits]:
    """The data of a recipe, once it is clear that there are enough classes and test images."""
    source = find_source(recipe.data, notify=notify)
    training = source.load_training()
    _check_test(source, training)
    return source, make_splits(recipe, source, training)


def _check_test(source: Source, training: Digits) -> None:
    """Raises `DataError` for too few classes or images, before training."""
    classes = training.classes
    if len(classes) < 2:
        raise DataError(
            f"{source.name} has only {', '.join(map(repr, classes))} as a class; "
            "training needs at least two classes"
        )
    if source.has_test:
        return
    total = len(source.load_everything())
    if total == len(training):
        raise DataError(
            f"{source.name} has {total} images, too few to hold out a fifth for the test. "
            "Add more of each class"
        )
