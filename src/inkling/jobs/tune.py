"""The job `tune`: searches a recipe's settings by validation accuracy, with Optuna."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
import torch
from optuna.trial import FrozenTrial, TrialState

from inkling.data.catalog import Source, find_source
from inkling.data.fetch import Notify
from inkling.data.splits import Splits
from inkling.errors import DataError, RecipeError, RunError
from inkling.jobs.study import (
    ENDED,
    Pruner,
    check_search,
    note_process,
    note_reason,
    open_study,
    retry_killed,
    storage_errors,
    suggest,
    with_changes,
)
from inkling.jobs.train import RUNS, make_splits
from inkling.jobs.tuning import Tuning, check_outputs, write_result
from inkling.training.device import DeviceName, choose_device
from inkling.training.divergence import DivergedError
from inkling.training.loop import TrainingPlan
from inkling.training.network import train_network
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import resolve_recipe
from inkling.training.run_folder import make_folder

VALIDATION_IMAGES = 10_000  # validation images, if the recipe has none

OnTrial = Callable[[FrozenTrial, float], None]


@dataclass(frozen=True)
class TrialJob:
    """The information that a process needs to add a trial to a shared study."""

    recipe: Recipe
    url: str
    device: DeviceName


# Runs trials elsewhere until the study has enough finished ones or the time is over.
TrialEngine = Callable[
    [TrialJob, optuna.Study, int, float | None, Callable[[optuna.Study, FrozenTrial], None]], None
]


def tune(  # noqa: PLR0913 (all but two by keyword)
    recipe: str | Recipe,
    trials: int,
    *,
    seconds: float | None = None,
    storage: str | None = None,
    data: str | None = None,
    out: str | Path | None = None,
    changes: Sequence[str] = (),
    device: DeviceName = "auto",
    notify: Notify | None = None,
    on_trial: OnTrial | None = None,
    engine: TrialEngine | None = None,
) -> Tuning:
    """Searches the settings in a recipe's `[search]` table by validation accuracy.

    The study is in `<out>/study.db` or in `storage`. A stopped search is resumed, and a trial that
    was killed is repeated.

    Parameters
    ----------
    recipe
        The name of a bundled recipe, the path of a TOML file, or a `Recipe`.
    trials
        The total number of trials in the study.
    seconds
        Start no trial after this time.
    storage
        The URL of an Optuna storage that several machines can share.
    data
        A name or a path, as for `train`. Default: that of the recipe.
    out
        The folder of the results. Default: `runs/<recipe>-tune`.
    changes
        Changes to the recipe, such as `("training.epochs=3",)`.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    notify
        A function that gets messages, such as the address of a download.
    on_trial
        Gets each finished trial.
    engine
        Runs the trials. Default: this process, one by one.

    Returns
    -------
    Tuning
        The trials by accuracy (a fraction), the importance of the settings, the best recipe.

    Raises
    ------
    RecipeError
        The recipe has no `[search]` table, or the table is invalid.
    RunError
        The study belongs to another recipe or data, no trial was completed, or Ctrl-C was pressed.
    DataError
        The data cannot be loaded, or has too few images.
    """
    chosen = resolve_recipe(recipe, changes, data)
    check_search(chosen)
    folder = Path(out) if out else RUNS / f"{chosen.name}-tune"
    make_folder(folder)
    check_outputs(folder)
    where = choose_device(device)
    source, splits = _open_data(chosen, notify)
    url = storage or f"sqlite:///{(folder / 'study.db').resolve()}"

    def report(study: optuna.Study, trial: FrozenTrial) -> None:
        if on_trial:
            whole = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            on_trial(trial, max((t.value for t in whole if t.value is not None), default=0.0))

    enough = optuna.study.MaxTrialsCallback(trials, states=ENDED)
    with storage_errors(url):
        study = open_study(url, chosen, splits)
        retry_killed(study)
        if len(study.get_trials(deepcopy=False, states=ENDED)) < trials:
            try:
                if engine is not None:
                    engine(TrialJob(chosen, url, device), study, trials, seconds, report)
                else:
                    study.optimize(
                        _objective(study, chosen, splits, where),
                        timeout=seconds,
                        callbacks=[enough, report],
                        catch=(RecipeError,),
                    )
            except KeyboardInterrupt as error:
                raise RunError("stopped; repeat the command to resume the search") from error
        return write_result(study, chosen, folder, source.name, url)


def run_trial(job: TrialJob, draw: int) -> int:
    """Runs one trial of a shared study. Returns its number.

    `draw` must differ for each trial, so that parallel processes do not draw the same settings.
    """
    where = choose_device(job.device)
    _, splits = _open_data(job.recipe, None)
    study = open_study(job.url, job.recipe, splits, draw=draw)
    numbers: list[int] = []
    study.optimize(
        _objective(study, job.recipe, splits, where),
        n_trials=1,
        catch=(RecipeError,),
        callbacks=[lambda study, trial: numbers.append(trial.number)],
    )
    return numbers[0]


def _open_data(recipe: Recipe, notify: Notify | None) -> tuple[Source, Splits]:
    source = find_source(recipe.data, notify=notify)
    splits = make_splits(judged(recipe), source)
    if splits.validation is None:
        raise DataError(
            f"{source.name} has too few images to hold out a part for validation. Add more images"
        )
    return source, splits


def _objective(
    study: optuna.Study, recipe: Recipe, splits: Splits, device: torch.device
) -> Callable[[optuna.Trial], float]:
    def objective(trial: optuna.Trial) -> float:
        note_process(trial)
        try:
            tried = with_changes(judged(recipe), suggest(trial, recipe))
            return _accuracy(trial, tried, splits, device)
        except DivergedError as error:
            # Pruned, not failed, so that the sampler avoids these settings.
            note_reason(trial, error)
            raise optuna.TrialPruned from error
        except RecipeError as error:
            note_reason(trial, error)
            raise
        except KeyboardInterrupt:
            study.enqueue_trial(trial.params)  # this trial fails, and the next one repeats it
            raise

    return objective


def judged(recipe: Recipe) -> Recipe:
    """The recipe with validation images, even if it normally has none."""
    if recipe.training.validation:
        return recipe
    training = recipe.training.model_copy(update={"validation": VALIDATION_IMAGES})
    return recipe.model_copy(update={"training": training})


def _accuracy(trial: optuna.Trial, recipe: Recipe, splits: Splits, device: torch.device) -> float:
    _, outcome = train_network(splits, TrainingPlan(recipe, device, Pruner(trial)))
    trial.set_user_attr("seconds", outcome.seconds)
    if outcome.validation is None:
        raise RunError("a trial was not validated: there are no validation images")
    return outcome.validation.accuracy
