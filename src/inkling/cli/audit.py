"""The command `inkling audit`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import DataOption, DeviceOption, JsonOption, note, print_result

DATA_PARTS = ("test", "training")


def audit(
    data: DataOption = None,
    part: Annotated[
        str, typer.Option(metavar="|".join(DATA_PARTS), help="The part whose labels to check.")
    ] = "test",
    folds: Annotated[
        int,
        typer.Option(
            min=0,
            help="Folds of the cross-validation. 0: 2 if there is other data to train on, else 5.",
        ),
    ] = 0,
    repeats: Annotated[
        int, typer.Option(min=1, help="Number of cross-validations to average.")
    ] = 3,
    out: Annotated[Path | None, typer.Option(help="The output folder.")] = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="RECIPE|FILE.toml", help="Recipe to use instead of the quick CNN."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Find labels that are probably wrong. Writes an HTML page and a CSV of all images."""
    if part not in DATA_PARTS:
        raise typer.BadParameter(
            f"'{part}' is not one of {', '.join(DATA_PARTS)}", param_hint="--part"
        )
    if folds == 1:
        raise typer.BadParameter("at least 2 folds are needed", param_hint="--folds")
    from inkling.cli.progress import TrainingDisplay
    from inkling.cli.summary import audit_lines
    from inkling.jobs import audit as job
    from inkling.training.recipe_text import load_recipe

    plan = job.AuditPlan(folds=folds, repeats=repeats, seed=seed)
    if recipe:
        plan = replace(plan, recipe=load_recipe(recipe))
    with TrainingDisplay() as display:
        result = job.audit(
            data or job.AUTO,
            part=part,
            plan=plan,
            out=out,
            device=device,
            callback=display,
            notify=note,
        )
    print_result(result.as_json(), as_json, lambda: audit_lines(result))
