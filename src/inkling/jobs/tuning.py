"""The result of a search: the best trials, the importance of the settings, the best recipe."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from inkling.errors import RunError
from inkling.evaluation.figures import save_figure
from inkling.evaluation.tuning_figures import draw_importance, draw_search
from inkling.files import write_text
from inkling.jobs.study import ENDED, suggest, with_changes
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import dump_recipe

BEST = "best.toml"
CHARTS = ("history.png", "importance.png")
BEST_HEAD = "# Found by inkling tune "
TOP = 10  # number of the best trials in the table


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


def check_outputs(folder: Path) -> None:
    """Raises `RunError` if a result of the search would overwrite a file of the user."""
    best = folder / BEST
    try:
        ours = best.exists() and best.read_text("utf-8", "replace").startswith(BEST_HEAD)
    except OSError as error:
        raise RunError(f"cannot replace {best}: {error.strerror or error}") from error
    for path in (best, *(folder / name for name in CHARTS)):
        if path.exists() and not ours:
            raise RunError(f"{path} was not made by inkling. It is unchanged. Choose another --out")


def write_result(study: optuna.Study, recipe: Recipe, folder: Path, data: str, url: str) -> Tuning:
    """Writes the best recipe and the charts. Raises `RunError` if no trial is complete."""
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
