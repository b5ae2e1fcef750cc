"""The command `inkling report`."""

from pathlib import Path
from typing import Annotated

import typer

from inkling.cli.output import JsonOption, note, print_result


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    out: Annotated[
        Path | None, typer.Option(help="The page of a comparison. Default: comparison.html.")
    ] = None,
    png: Annotated[
        bool, typer.Option("--png", help="Also draw the figures of one run as PNG files.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Regenerate a run's report.html, or compare several runs on one page."""
    if len(runs) == 1 and out is not None:
        raise typer.BadParameter(
            "--out applies to comparisons; the report of one run is written to its folder"
        )
    if len(runs) != 1 and png:
        raise typer.BadParameter("--png draws the figures of one run", param_hint="--png")
    from inkling.jobs import report as job

    if len(runs) == 1:
        page, missing = job.make_report(runs[0])
    else:
        page, missing = job.compare_runs(runs, out or job.COMPARISON)
    for sentence in missing:
        note(sentence)
    figures: list[str] = []
    if png:
        from inkling.jobs.figures import write_figures

        figures = [str(path) for path in write_figures(runs[0])]
    result: dict[str, object] = {
        "runs": [str(run) for run in runs],
        "page": str(page),
        "missing": list(missing),
    }
    if png:
        result["figures"] = figures
    print_result(result, as_json, lambda: [f"wrote {path}" for path in (page, *figures)])
