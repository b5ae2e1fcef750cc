"""The job `tune`: searches a recipe's settings by validation accuracy, with Optuna."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from inkling.data.catalog import Source, find_source
from inkling.data.fetch import Notify
from inkling.data.splits import Splits
from inkling.errors import DataError, RecipeError, RunError
from inkling.evaluation.figures import save_figure
from inkling.evaluation.tuning_figures import draw_importance, draw_search
from inkling.files import write_text
from inkling.jobs.study import (
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
from inkling.training.device import DeviceName, choose_device
from inkling.training.divergence import DivergedError
from inkling.training.loop import TrainingPlan
from inkling.training.network import train_network
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import dump_recipe, resolve_recipe
from inkling.training.run_folder import make_folder

VALIDATION_IMAGES = 10_000  # validation images, if the recipe has none
BEST, CHARTS = "best.toml", ("history.png", "importance.png")
BEST_HEAD = "# Found by inkling tune "
TOP = 10  # number of the best trials in the table
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)

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


@dataclass(frozen=True)
class TrialLine:
    """A complete trial. `accuracy` is that on validation images, as a fraction."""

    number: int
    accuracy: float
    changes: dict[str, Any]


@dataclass(frozen=True)
class Tuning:
    """The result of a search."""

    folder: Path
    recipe: str
    data: str
    storage: str
    complete: int
    pruned: int
    failed: int
    best: tuple[TrialLine, ...]
    importance: dict[str, float]
    best_recipe: Path

    def as_json(self) -> dict[str, Any]:
        """The output of `tune --json`."""
        return asdict(self) | {
            "folder": str(self.folder),
            "best_recipe": str(self.best_recipe),
            "best": [asdict(line) for line in self.best],
        }


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
    _check_outputs(folder)
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
        return _result(study, chosen, folder, source.name, url)


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
            f"{source.name} has too few images to hold out some for validation. tune on more"
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


def _check_outputs(folder: Path) -> None:
    """Raises `RunError` if a result of the search would overwrite a file of the user."""
    best = folder / BEST
    try:
        ours = best.exists() and best.read_text("utf-8", "replace").startswith(BEST_HEAD)
    except OSError as error:
        raise RunError(f"cannot replace {best}: {error.strerror or error}") from error
    for path in (best, *(folder / name for name in CHARTS)):
        if path.exists() and not ours:
            raise RunError(
                f"{path} was not made by inkling and is left alone: choose another --out"
            )


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


def _result(study: optuna.Study, recipe: Recipe, folder: Path, data: str, url: str) -> Tuning:
    trials = study.get_trials(deepcopy=False)
    by_state = {state: [t for t in trials if t.state == state] for state in TrialState}
    whole = by_state[TrialState.COMPLETE]
    if not whole:
        raise RunError(f"no trial was completed (the study is at {url})")
    ranked = sorted(whole, key=lambda trial: (-(trial.value or 0.0), trial.number))
    lines = [
        TrialLine(trial.number, trial.value or 0.0, suggest(_fixed(trial), recipe))
        for trial in ranked[:TOP]
    ]
    importance = _importance(study, whole)
    points = [
        (trial.number, value, trial.state == TrialState.PRUNED)
        for trial in trials
        if trial.state in ENDED and (value := _latest(trial)) is not None
    ]
    best = folder / BEST  # before the charts, because it marks them as made by inkling
    write_text(best, _best_text(recipe, lines[0], len(whole)))
    save_figure(draw_search(points), folder / CHARTS[0])
    save_figure(draw_importance(importance), folder / CHARTS[1])
    return Tuning(
        folder=folder,
        recipe=recipe.name,
        data=data,
        storage=url,
        complete=len(whole),
        pruned=len(by_state[TrialState.PRUNED]),
        failed=len(by_state[TrialState.FAIL]),
        best=tuple(lines),
        importance=importance,
        best_recipe=best,
    )


def _fixed(trial: FrozenTrial) -> optuna.trial.FixedTrial:
    return optuna.trial.FixedTrial(trial.params)


def _latest(trial: FrozenTrial) -> float | None:
    """The accuracy of a trial, or of its last epoch if it was pruned."""
    if trial.state == TrialState.COMPLETE or not trial.intermediate_values:
        return trial.value
    return trial.intermediate_values[max(trial.intermediate_values)]


def _importance(study: optuna.Study, whole: list[FrozenTrial]) -> dict[str, float]:
    """Fractions that sum to 1. Empty if there are too few trials or all are equal."""
    if len(whole) < 4 or len({trial.value for trial in whole}) == 1:
        return {}
    try:
        return dict(get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0)))
    except (RuntimeError, ValueError):
        return {}


def _best_text(recipe: Recipe, best: TrialLine, trials: int) -> str:
    """The best trial as the text of a recipe, with its origin."""
    tuned = with_changes(recipe, best.changes).model_copy(
        update={
            "name": f"{recipe.name}-tuned",
            "title": f"{recipe.name}, tuned",
            "expect": None,
            "search": {},
        }
    )
    changes = "\n".join(f"#   {key} = {value}" for key, value in best.changes.items())
    return (
        f"{BEST_HEAD}{recipe.name}: trial {best.number}, the best of {trials} complete "
        f"ones,\n# {best.accuracy:.2%} on validation. It was chosen among many, so its accuracy "
        f"there is\n# optimistic; train it to measure it. Changed:\n{changes}\n\n"
        + dump_recipe(tuned)
    )
