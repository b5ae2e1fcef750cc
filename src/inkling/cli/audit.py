"""`inkling audit`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import DataOption, DeviceOption, JsonOption, device_name, note, print_result

PARTS = ("test", "training")


def audit(
    data: DataOption = None,
    part: Annotated[
        str, typer.Option(metavar="|".join(PARTS), help="Which part's labels to judge.")
    ] = "test",
    folds: Annotated[
        int, typer.Option(min=0, help="Of the cross-validation; 0: 2 or 5, by the data.")
    ] = 0,
    repeats: Annotated[int, typer.Option(min=1, help="Cross-validations to average.")] = 3,
    out: Annotated[Path | None, typer.Option(help="The folder to write into.")] = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="RECIPE|FILE.toml", help="Instead of the quick CNN.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides every random draw.")] = 0,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Find labels that are probably wrong: images on a page, all of them in a CSV."""
    if part not in PARTS:
        raise typer.BadParameter(f"'{part}' is none of {', '.join(PARTS)}", param_hint="--part")
    if folds == 1:
        raise typer.BadParameter("1: two folds are the fewest", param_hint="--folds")
    where = device_name(device)
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
            device=where,
            callback=display,
            notify=note,
        )
    print_result(result.as_json(), as_json, lambda: audit_lines(result))
