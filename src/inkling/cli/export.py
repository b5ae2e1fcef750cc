"""`inkling export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from inkling.cli.output import JsonOption, print_result

if TYPE_CHECKING:
    from inkling.jobs.export import ExportFormat

FORMATS = ("onnx", "safetensors", "pth")


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    to: Annotated[str, typer.Option("--to", metavar="|".join(FORMATS), help="The output format.")],
    out: Annotated[Path | None, typer.Option(help="The output file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Export a run's model for other tools."""
    if to not in FORMATS:
        raise typer.BadParameter(f"'{to}' is not one of {', '.join(FORMATS)}", param_hint="--to")
    from inkling.jobs.export import export as export_run
    from inkling.training.run_folder import sha256_of

    path = export_run(run, cast("ExportFormat", to), out=out)
    result = {"run": str(run), "to": to, "file": str(path), "sha256": sha256_of(path)}
    print_result(result, as_json, lambda: [f"wrote {path}"])
