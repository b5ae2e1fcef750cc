"""`inkling train`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import (
    ChangesOption,
    DataOption,
    DeviceOption,
    JsonOption,
    device_name,
    note,
    print_result,
)


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE|FILE.toml]", help="See: inkling recipes")
    ] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="The run folder to make.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Decides every random draw.")] = None,
    changes: ChangesOption = None,
    ensemble: Annotated[
        int, typer.Option(min=1, max=64, metavar="K", help="Train K networks that answer as one.")
    ] = 1,
    device: DeviceOption = "auto",
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with a run that was stopped.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a network by a recipe, measure it on the test set, and leave a run folder."""
    if resume is not None and (data, out, seed, ensemble) != (None, None, None, 1):
        raise typer.BadParameter("--resume goes without --data, --out, --seed and --ensemble")
    where = device_name(device)
    from inkling.cli.main import STARTED
    from inkling.cli.progress import TrainingDisplay
    from inkling.cli.summary import summary
    from inkling.jobs import train as job
    from inkling.training.ensemble import as_ensemble
    from inkling.training.recipe_text import load_recipe

    with TrainingDisplay() as display:
        if resume is not None:
            result = job.resume(
                resume,
                recipe=recipe,
                changes=changes or [],
                device=where,
                callback=display,
                notify=note,
                started=STARTED,
            )
        else:
            result = job.train(
                as_ensemble(load_recipe(recipe or job.DEFAULT_RECIPE, changes), ensemble),
                data=data,
                out=out,
                seed=seed,
                device=where,
                callback=display,
                notify=note,
                started=STARTED,
            )
    print_result(result.as_json(), as_json, lambda: summary(result))
