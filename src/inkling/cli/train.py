"""The command `inkling train`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.clock import STARTED
from inkling.cli.output import (
    ChangesOption,
    DataOption,
    DeviceOption,
    JsonOption,
    note,
    print_result,
)


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE|FILE.toml]", help="See: inkling recipes")
    ] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="The run folder to create.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Random seed.")] = None,
    changes: ChangesOption = None,
    ensemble: Annotated[
        int, typer.Option(min=1, max=64, metavar="K", help="Train an ensemble of K networks.")
    ] = 1,
    device: DeviceOption = "auto",
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Resume a stopped run.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a network by a recipe, evaluate it on the test set, and write a run folder."""
    if resume is not None and (data, out, seed, ensemble) != (None, None, None, 1):
        raise typer.BadParameter(
            "--resume cannot be combined with --data, --out, --seed or --ensemble"
        )
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
                device=device,
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
                device=device,
                callback=display,
                notify=note,
                started=STARTED,
            )
    print_result(result.as_json(), as_json, lambda: summary(result))
