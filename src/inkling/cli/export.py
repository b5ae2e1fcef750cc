"""The command `inkling export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from inkling.cli.output import JsonOption, print_result

if TYPE_CHECKING:
    from inkling.exporters.raw_input import InputType
    from inkling.jobs.export import ExportFormat

FORMATS = ("onnx", "safetensors", "pth")


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    to: Annotated[str, typer.Option("--to", metavar="|".join(FORMATS), help="The output format.")],
    pixels: Annotated[
        str, typer.Option("--input", metavar="uint8|float", help="ONNX: type of pixels, 0 to 255.")
    ] = "uint8",
    out: Annotated[Path | None, typer.Option(help="The output file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Export a run's model for other tools."""
    if to not in FORMATS:
        raise typer.BadParameter(f"'{to}' is not one of {', '.join(FORMATS)}", param_hint="--to")
    if pixels not in ("uint8", "float"):
        raise typer.BadParameter(f"'{pixels}' is not one of uint8, float", param_hint="--input")
    from inkling.jobs.export import export as export_run
    from inkling.training.run_folder import sha256_of

    path = export_run(run, cast("ExportFormat", to), out=out, pixels=cast("InputType", pixels))
    result = {"run": str(run), "to": to, "file": str(path), "sha256": sha256_of(path)}
    print_result(result, as_json, lambda: [f"wrote {path}"])
