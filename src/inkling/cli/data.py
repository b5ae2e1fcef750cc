"""The command `inkling data`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, note, print_result


def data(
    name: Annotated[
        str, typer.Argument(metavar="[NAME|PATH]", help="A name, or a folder, .csv or .npz.")
    ] = "auto",
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Save samples as a .png image or an .html page.",
            show_default="samples.png, or the next free name",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch, verify and describe data: counts, shapes, balance, mean and sd, samples."""
    from inkling.cli.summary import data_lines
    from inkling.jobs.describe import describe

    description = describe(name, sheet, notify=note)
    print_result(description.as_json(), as_json, lambda: data_lines(description))
