"""Writes the model of a run in the format of other tools."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from inkling.errors import RunError
from inkling.exporters.onnx import export_run_onnx
from inkling.exporters.raw_input import InputType
from inkling.exporters.weights import export_pth, export_safetensors
from inkling.training.run_folder import RunFolder

ExportFormat = Literal["onnx", "safetensors", "pth"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
_WRITERS: dict[ExportFormat, Callable[[RunFolder, Path], None]] = {
    "safetensors": export_safetensors,
    "pth": export_pth,
}


def export(
    run: str | Path,
    to: ExportFormat = "onnx",
    *,
    out: str | Path | None = None,
    pixels: InputType = "uint8",
) -> Path:
    """Exports the model of a run to a new file.

    Parameters
    ----------
    run
        A finished run folder.
    to
        The file format: `onnx`, `safetensors` or `pth`. The ONNX file is verified against the run's
        own answers.
    out
        The file to write. Default: the name of the run, in the current folder.
    pixels
        The input type, `uint8` or `float`, of the ONNX file, which takes pixels from 0 to 255 and
        scales them itself.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    RunError
        The run is not finished, or the file exists.
    ModelError
        The output of the exported model differs from that of the run.
    """
    if to not in FORMATS:
        raise RunError(f"unknown format '{to}': choose one of {', '.join(FORMATS)}")
    folder = Path(run)
    path = Path(out) if out else Path(f"{folder.resolve().name}.{to}")
    if path.exists():
        raise RunError(f"{path} exists. It is unchanged. Choose another file (out)")
    if to == "onnx":
        export_run_onnx(RunFolder(folder), path, pixels)
    else:
        _WRITERS[to](RunFolder(folder), path)
    return path
