"""The command `inkling verify`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, print_result


def verify(
    target: Annotated[
        Path, typer.Argument(metavar="RUN|MODEL", help="A run folder or an ONNX model.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Check the hashes of a run or a model, and of the models in the package."""
    from inkling.jobs import verify as job

    result = job.verify(target)

    def lines() -> list[str]:
        checks = (*result.files, *result.bundled)
        failed = [check for check in checks if check.failed]
        shown = [f"{check.state:>10}  {check.file}" for check in checks]
        count = (
            f"{len(failed)} of {len(checks)} files do not match" if failed else "all files match"
        )
        return [*shown, count]

    print_result(result.as_json(), as_json, lines)
    if not result.ok:
        raise typer.Exit(1)
