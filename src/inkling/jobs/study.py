"""An Optuna study of a recipe: what a trial may try, whose study it is, what was left undone."""

import json
import os
import platform
import warnings
from contextlib import suppress
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
from inkling.training.search import Choices, Range, set_value

HEARTBEAT_S = 10  # between two signs of life of a trial that runs on a cluster
GRACE_S = 60  # without one, until another process tries its settings again
# They decide which images are learnt from and judged by, which is the same for all trials.
FIXED = ("data", "training.validation", "training.seed")


def open_study(
    url: str, recipe: Recipe, splits: Splits, *, draw: int | None = None
) -> optuna.Study:
    """The study of this recipe and these images at `url`, made where there is none.

    `draw` is given where several processes work on it: it seeds the sampler, and a trial whose
    process is gone for `GRACE_S` seconds is failed and tried again by Optuna's heartbeat.
    """
    identity = f"{recipe_sha256(recipe)}/{_dump_search(recipe)}/{splits.training.sha256()}"
    # Below that it prints the traceback of whatever ends a trial, also where a sentence follows.
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
        # Each database driver has errors of its own kind; all mean that the URL is of no use.
        raise InklingError(f"cannot open the study at {url}: {error}") from error
    known = study.user_attrs.get("identity")
    if known not in (None, identity):
        raise RunError(
            f"the study at {url} is of another recipe, search or data; choose another --out or "
            "--storage"
        )
    study.set_user_attr("identity", identity)
    # Seeded by what is there already: a search that goes on must not repeat its first draws.
    first = len(study.trials) if draw is None else draw
    # Without the liar's constant, processes that begin together would try neighbours.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.sampler = optuna.samplers.TPESampler(
            seed=recipe.training.seed + first, constant_liar=draw is not None
        )
    return study


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


def retry_what_was_killed(study: optuna.Study) -> None:
    """Fail the trials of this machine whose process is gone, and queue their settings again."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        ours = trial.user_attrs.get("host") == platform.node()
        if ours and not _alive(int(trial.user_attrs["process"])):
            with suppress(ValueError):  # somebody else was quicker
                study.tell(trial.number, state=TrialState.FAIL)
                study.enqueue_trial(trial.params)


def check_search(recipe: Recipe) -> None:
    """Each key of the search alone, at each of its ends, must make a valid recipe."""
    if not recipe.search:
        raise RecipeError(
            f"the recipe {recipe.name} has no [search] table, so there is nothing to tune; "
            'add one, such as "optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }'
        )
    for key, space in recipe.search.items():
        if key in FIXED:
            raise RecipeError(
                f"[search] {key} cannot be searched: all trials are judged by the same images, "
                "or the best would only be the luckiest; set it in the recipe"
            )
        ends = (space.low, space.high) if isinstance(space, Range) else space.choices
        for value in ends:
            with_changes(recipe, {key: value})


def note_reason(trial: optuna.Trial, error: InklingError) -> None:
    """Write into the trial why it came to nothing, for whoever prints its line."""
    trial.set_user_attr("reason", str(error))


def note_process(trial: optuna.Trial) -> None:
    """Write into the trial who trains it, so that `retry_what_was_killed` can tell."""
    trial.set_user_attr("host", platform.node())
    trial.set_user_attr("process", os.getpid())


def suggest(trial: optuna.trial.BaseTrial, recipe: Recipe) -> dict[str, Any]:
    """This trial's value of everything in the recipe's `[search]`."""
    values: dict[str, Any] = {}
    for key, space in recipe.search.items():
        if isinstance(space, Choices):
            # By place, since Optuna stores scalars only and a choice may be a list.
            place = trial.suggest_categorical(key, range(len(space.choices)))
            chosen = space.choices[place]
            values[key] = list(chosen) if isinstance(chosen, tuple) else chosen
        elif space.whole:
            values[key] = trial.suggest_int(key, int(space.low), int(space.high), log=space.log)
        else:
            values[key] = trial.suggest_float(key, space.low, space.high, log=space.log)
    return values


def with_changes(recipe: Recipe, values: dict[str, Any]) -> Recipe:
    """The recipe with dotted keys set anew. Raises `RecipeError` where it does not fit."""
    table = recipe.model_dump(mode="json", exclude_none=True)
    try:
        for key, value in values.items():
            set_value(table, key, value)
        return Recipe.model_validate(table)
    except KeyError as error:
        raise RecipeError(f"[search] {error}: part of this is a value, not a table") from error
    except ValidationError as error:
        raise RecipeError(f"[search] {values} does not fit the recipe: {explain(error)}") from error


class Pruner:
    """Tells Optuna the validation curve, and stops the training where it says so."""

    def __init__(self, trial: optuna.Trial) -> None:
        self.trial = trial

    def on_step(self, step: int, total: int) -> None:
        """Nothing."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Report the epoch; raises `optuna.TrialPruned` where it is not worth going on."""
        self.trial.report(metrics.validation_accuracy or 0.0, metrics.epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def _dump_search(recipe: Recipe) -> str:
    """The whole table: a trial holds the place of a choice, which means nothing in another list."""
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
