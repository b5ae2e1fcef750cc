"""The command `inkling repeat`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    from inkling.jobs.repeat import Repetition
    from inkling.training.seed_statistics import SeedSummary


def repeat(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE|FILE.toml", help="See: inkling recipes")],
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = 5,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    data: DataOption = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder of the runs. Seeds that it already holds are not repeated."),
    ] = None,
    changes: ChangesOption = None,
    device: DeviceOption = "auto",
    on: OnOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train with several seeds; report mean, standard deviation and 95 % interval."""
    from inkling.jobs import repeat as job

    engine = None
    if on is not None:
        from inkling.scale.training import SeedsOnRay

        engine = SeedsOnRay(on)
    result = job.repeat(
        recipe,
        seeds,
        first_seed=first_seed,
        data=data,
        out=out,
        changes=changes or [],
        device=device,
        notify=note,
        on_seed=lambda run: note(_seed_line(run)),
        engine=engine,
    )
    print_result(result.as_json(), as_json, lambda: _lines(result))


def _seed_line(run: dict[str, Any]) -> str:
    validation = run["validation"]
    chosen = f"  validation {validation['accuracy']:.2%}" if validation else ""
    return (
        f"seed {run['seed']:>4}  test {run['test']['accuracy']:.2%}{chosen}  "
        f"trained in {run['train_seconds']:.3f} s"
    )


def _lines(result: "Repetition") -> list[str]:
    lines = [
        "",
        f"{result.recipe} on {result.data}, {len(result.runs)} seeds",
        "                      mean       sd      min   median      max   95 % of the mean",
        "  test accuracy   " + _row(result.accuracy, 100, 3, " %"),
    ]
    if result.validation_accuracy:
        lines.append("  validation      " + _row(result.validation_accuracy, 100, 3, " %"))
    lines.append("  train seconds   " + _row(result.train_seconds, 1, 3, " s"))
    return [*lines, "", f"One line per seed: {result.folder / 'seeds.jsonl'}"]


def _row(summary: "SeedSummary", scale: float, digits: int, unit: str) -> str:
    def number(value: float | None) -> str:
        return f"{value * scale:8.{digits}f}" if value is not None else "       -"

    columns = (summary.mean, summary.sd, summary.minimum, summary.median, summary.maximum)
    row = " ".join(number(value) for value in columns)
    if summary.interval is None:
        return row + unit
    low, high = summary.interval
    return f"{row}   {number(low).strip()} to {number(high).strip()}{unit}"
