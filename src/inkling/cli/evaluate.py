"""`inkling evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import DataOption, DeviceOption, JsonOption, device_name, note, print_result


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN|MODEL", help="A run folder.")],
    data: DataOption = None,
    corrected: Annotated[
        bool,
        typer.Option(
            "--corrected", help="Also without the 15 MNIST labels that a study did not confirm."
        ),
    ] = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Measure a run on the test part of any data."""
    where = device_name(device)
    from inkling.cli.summary import corrected_lines, evaluation_lines
    from inkling.jobs import evaluate as job

    if corrected:
        official, without = job.evaluate_corrected(
            run, data=data or job.AUTO, device=where, notify=note
        )
        print_result(
            {**official.as_json(), "corrected": without.as_json()},
            as_json,
            lambda: [*evaluation_lines(str(run), official), *corrected_lines(without)],
        )
        return
    evaluation = job.evaluate(run, data=data or job.AUTO, device=where, notify=note)
    print_result(evaluation.as_json(), as_json, lambda: evaluation_lines(str(run), evaluation))
