"""The job `report`: makes the report of a run from its folder, or compares several runs."""

from collections.abc import Sequence
from pathlib import Path

from inkling.errors import RunError
from inkling.evaluation.report.comparison_page import render_comparison
from inkling.evaluation.report.contents import read_run, read_runs
from inkling.evaluation.report.render import is_ours
from inkling.evaluation.report.run_page import render_run
from inkling.files import write_text
from inkling.training.manifest import update_manifest
from inkling.training.run_folder import RunFolder

COMPARISON = Path("comparison.html")


def make_report(run: str | Path) -> tuple[Path, tuple[str, ...]]:
    """Writes `report.html` into a run folder. It needs neither the data nor the network.

    Parameters
    ----------
    run
        A run folder, finished or not.

    Returns
    -------
    tuple of Path and tuple of str
        The path of the report, and a message for each part that is missing.

    Raises
    ------
    RunError
        `run` is not a run folder.
    """
    folder = RunFolder(Path(run))
    contents = read_run(folder)
    write_text(folder.report_path, render_run(contents))
    update_manifest(folder.path, folder.report_path)
    return folder.report_path, contents.missing


def compare_runs(
    runs: Sequence[str | Path], out: str | Path = COMPARISON
) -> tuple[Path, tuple[str, ...]]:
    """Writes a page that compares `runs` to `out`. Returns its path and the missing parts.

    Raises `RunError`, also if `out` is a file that inkling did not make.
    """
    path = Path(out)
    check_ours(path)
    contents = read_runs([RunFolder(Path(run)) for run in runs])
    write_text(path, render_comparison(contents))
    missing = tuple(f"{each.name}: {said}" for each in contents for said in each.missing)
    return path, missing


def check_ours(path: Path) -> None:
    """Raises `RunError` if `path` is a file that inkling did not make."""
    if path.exists() and not is_ours(_text(path)):
        raise RunError(f"{path} was not made by inkling. It is unchanged. Choose another name")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise RunError(f"cannot replace {path}: {error.strerror or error}") from error
