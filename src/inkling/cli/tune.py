"""The command `inkling tune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.output import (
    ChangesOption,
    DataOption,
    DeviceOption,
    JsonOption,
    OnOption,
    note,
    print_result,
)

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from inkling.jobs.tuning import Tuning


def tune(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE|FILE.toml", help="A recipe with a [search] table.")
    ],
    trials: Annotated[int, typer.Option(min=1, help="Total number of trials.")] = 20,
    time: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="Start no trial after this time.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Optuna storage URL that several machines share."),
    ] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="The folder of the study.")] = None,
    changes: ChangesOption = None,
    device: DeviceOption = "auto",
    on: OnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search a recipe's settings by validation accuracy. Resumes a stopped search."""
    from inkling.jobs import tune as job

    engine = None
    if on is not None:
        from inkling.scale.training import TrialsOnRay

        engine = TrialsOnRay(on)
    result = job.tune(
        recipe,
        trials,
        seconds=time,
        storage=storage,
        data=data,
        out=out,
        changes=changes or [],
        device=device,
        notify=note,
        on_trial=lambda trial, best: note(_trial_line(trial, best)),
        engine=engine,
    )
    print_result(result.as_json(), as_json, lambda: _lines(result))


def _trial_line(trial: "FrozenTrial", best: float) -> str:
    outcome = trial.state.name.lower()
    if outcome == "complete" and trial.value is not None:
        outcome = f"{trial.value:.2%}"
    elif outcome == "pruned" and "reason" in trial.user_attrs:
        outcome = "diverged"
    elif outcome == "pruned":
        outcome = f"pruned in epoch {len(trial.intermediate_values)}"
    elif "reason" in trial.user_attrs:
        outcome = f"failed: {trial.user_attrs['reason']} "
    return f"trial {trial.number:>4}  {outcome:<24}  best so far {best:.2%}"


def _lines(result: "Tuning") -> list[str]:
    lines = [
        "",
        f"{result.recipe} on {result.data}: {result.complete} complete trials, "
        f"{result.pruned} pruned, {result.failed} failed",
        "",
        "trial  validation  changes",
    ]
    for line in result.best:
        changes = ", ".join(f"{key} = {_short(value)}" for key, value in line.changes.items())
        lines.append(f"{line.number:>5}  {line.accuracy:>10.2%}  {changes}")
    if result.importance:
        lines += ["", "Importance:"]
        lines += [f"  {fraction:5.0%}  {key}" for key, fraction in result.importance.items()]
    return [
        *lines,
        "",
        f"Figures: {result.folder / 'history.png'}, {result.folder / 'importance.png'}",
        f"Train the best: inkling train {result.best_recipe}",
    ]


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
