"""`inkling report`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, note, print_result


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    out: Annotated[
        Path | None, typer.Option(help="Where a comparison goes (default comparison.html).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a run's report.html again; of several runs, one page that compares them."""
    if len(runs) == 1 and out is not None:
        raise typer.BadParameter("one run's report lies in its folder; --out is for comparisons")
    from inkling.jobs import report as job

    if len(runs) == 1:
        page, missing = job.make_report(runs[0])
    else:
        page, missing = job.compare_runs(runs, out or job.COMPARISON)
    for sentence in missing:
        note(sentence)
    result = {"runs": [str(run) for run in runs], "page": str(page), "missing": list(missing)}
    print_result(result, as_json, lambda: [f"wrote {page}"])
