"""`inkling export`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, print_result
from inkling.errors import RunError

SUFFIXES = {"onnx": ".onnx", "safetensors": ".safetensors", "pth": ".pth"}


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    to: Annotated[str, typer.Option("--to", metavar="|".join(SUFFIXES), help="The form.")],
    out: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a run's model in a form that other tools read."""
    if to not in SUFFIXES:
        raise typer.BadParameter(f"'{to}' is none of {', '.join(SUFFIXES)}", param_hint="--to")
    from inkling.export.onnx import export_run_onnx
    from inkling.export.weights import export_pth, export_safetensors
    from inkling.training.run_folder import RunFolder, sha256_of

    path = out or Path(f"{run.resolve().name}{SUFFIXES[to]}")
    if path.exists():
        raise RunError(f"{path} exists already and is left alone: choose another --out")
    writers = {"onnx": export_run_onnx, "safetensors": export_safetensors, "pth": export_pth}
    writers[to](RunFolder(run), path)
    result = {"run": str(run), "to": to, "file": str(path), "sha256": sha256_of(path)}
    print_result(result, as_json, lambda: [f"wrote {path}"])
