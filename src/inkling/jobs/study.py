"""The Optuna study of a search: opens it, suggests settings, prunes and retries trials."""

import json
import os
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import optuna
from optuna.trial import TrialState
from pydantic import ValidationError

from inkling.data.splits import Splits
from inkling.errors import InklingError, RecipeError, RunError
from inkling.training.history import EpochMetrics
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import explain
from inkling.training.run_folder import recipe_sha256
from inkling.training.search import ChoiceRange, Range, set_value

HEARTBEAT_S = 10  # seconds between heartbeats of a trial on a cluster
GRACE_S = 60  # seconds without a heartbeat until the trial is retried
# They decide the training and validation images, which must be the same for all trials.
FIXED = ("data", "training.validation", "training.seed")
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)  # states of trials that count


def open_study(
    url: str, recipe: Recipe, splits: Splits, *, draw: int | None = None
) -> optuna.Study:
    """Opens or creates the study of this recipe and these images at `url`.

    `draw` is used if several processes work on the study. It seeds the sampler, and Optuna's
    heartbeat retries a trial whose process is gone for `GRACE_S` seconds.
    """
    identity = f"{recipe_sha256(recipe)}/{_dump_search(recipe)}/{splits.training.sha256()}"
    # At lower levels it prints a traceback for each failed trial.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(
            storage=url if draw is None else _shared(url),
            study_name=recipe.name,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1),
        )
    except Exception as error:
        # Each database driver has its own exceptions. All mean that the URL cannot be used.
        reason = str(error.__cause__ or error).splitlines()[0]  # the others are SQL
        raise InklingError(f"cannot open the study at {url}: {reason}") from error
    known = study.user_attrs.get("identity")
    if known not in (None, identity):
        raise RunError(
            f"the study at {url} has another recipe, search or data. Choose another --out or "
            "--storage"
        )
    study.set_user_attr("identity", identity)
    # Seeded by the number of trials, so that a resumed search does not repeat its first samples.
    first = len(study.trials) if draw is None else draw
    # The constant liar keeps parallel processes from trying similar settings.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.sampler = optuna.samplers.TPESampler(
            seed=recipe.training.seed + first, constant_liar=draw is not None
        )
    return study


@contextmanager
def storage_errors(url: str) -> Iterator[None]:
    """Raises `RunError` if the storage fails within the block: a full disk, a lost database."""
    try:
        yield
    except optuna.exceptions.StorageInternalError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise RunError(
            f"cannot write the study at {url}: {reason}. Finished trials are kept; repeat the "
            "command to resume the search"
        ) from error


def _shared(url: str) -> optuna.storages.RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            url,
            engine_kwargs={"connect_args": {"timeout": 60}} if url.startswith("sqlite") else None,
            heartbeat_interval=HEARTBEAT_S,
            grace_period=GRACE_S,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(),
        )


def retry_killed(study: optuna.Study) -> None:
    """Marks trials of dead processes on this machine as failed, and queues their settings."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        ours = trial.user_attrs.get("host") == platform.node()
        if ours and not _alive(int(trial.user_attrs["process"])):
            with suppress(ValueError):  # another process was faster
                study.tell(trial.number, state=TrialState.FAIL)
                study.enqueue_trial(trial.params)


def check_search(recipe: Recipe) -> None:
    """Checks that each end of each range of the search gives a valid recipe."""
    if not recipe.search:
        raise RecipeError(
            f"the recipe {recipe.name} has no [search] table, so there is nothing to tune. "
            'Add one, such as "optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }'
        )
    for key, space in recipe.search.items():
        if key in FIXED:
            raise RecipeError(
                f"[search] {key} cannot be searched, because all trials must use the same images. "
                "Set it in the recipe"
            )
        ends = (space.low, space.high) if isinstance(space, Range) else space.choices
        for value in ends:
            with_changes(recipe, {key: value})


def note_reason(trial: optuna.Trial, error: InklingError) -> None:
    """Stores the reason of a failure in the trial, for its progress line."""
    trial.set_user_attr("reason", str(error))


def note_process(trial: optuna.Trial) -> None:
    """Stores the process in the trial, for `retry_killed`."""
    trial.set_user_attr("host", platform.node())
    trial.set_user_attr("process", os.getpid())


def suggest(trial: optuna.trial.BaseTrial, recipe: Recipe) -> dict[str, Any]:
    """The trial's values for all keys of the recipe's `[search]` table."""
    values: dict[str, Any] = {}
    for key, space in recipe.search.items():
        if isinstance(space, ChoiceRange):
            # By index, because Optuna stores only scalars and a choice may be a list.
            place = trial.suggest_categorical(key, range(len(space.choices)))
            chosen = space.choices[place]
            values[key] = list(chosen) if isinstance(chosen, tuple) else chosen
        elif space.whole:
            values[key] = trial.suggest_int(key, int(space.low), int(space.high), log=space.log)
        else:
            values[key] = trial.suggest_float(key, space.low, space.high, log=space.log)
    return values


def with_changes(recipe: Recipe, values: dict[str, Any]) -> Recipe:
    """The recipe with changed dotted keys. Raises `RecipeError` if it is not valid.

    With another `name` of a schedule or an optimiser, the old one's own settings are dropped.
    """
    table = recipe.model_dump(mode="json", exclude_none=True)
    try:
        for key, value in values.items():
            set_value(table, key, value)
        try:
            return Recipe.model_validate(table)
        except ValidationError as error:
            _drop_unknown(table, values, error)
        return Recipe.model_validate(table)
    except KeyError as error:
        raise RecipeError(f"[search] {error}: part of this is a value, not a table") from error
    except ValidationError as error:
        raise RecipeError(f"[search] {values} does not fit the recipe: {explain(error)}") from error


def _drop_unknown(table: dict[str, Any], values: dict[str, Any], error: ValidationError) -> None:
    """Removes the settings that the new kind of a renamed table does not know."""
    for found in error.errors():
        part, key = str(found["loc"][0]), str(found["loc"][-1])
        renamed = f"{part}.name" in values and f"{part}.{key}" not in values
        if found["type"] == "extra_forbidden" and renamed:
            table[part].pop(key, None)


class Pruner:
    """Reports validation accuracies to Optuna, and stops the training if Optuna prunes it."""

    def __init__(self, trial: optuna.Trial) -> None:
        self.trial = trial

    def on_step(self, step: int, total: int) -> None:
        """Nothing."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Reports the epoch. Raises `optuna.TrialPruned` to stop the trial."""
        self.trial.report(metrics.validation_accuracy or 0.0, metrics.epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def _dump_search(recipe: Recipe) -> str:
    """The table as text. Trials store indices of choices, which are valid only for this table."""
    table = {key: space.model_dump(mode="json") for key, space in recipe.search.items()}
    return json.dumps(table, sort_keys=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()
