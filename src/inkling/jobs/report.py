"""Make the report of a run from its folder alone, or compare several."""

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
    """Write `report.html` into a run folder; gives its path, and what was missing for it.

    Needs neither the data nor the network. Raises `RunError` where `run` is no run folder.
    """
    folder = RunFolder(Path(run))
    contents = read_run(folder)
    write_text(folder.report_path, render_run(contents))
    update_manifest(folder.path, folder.report_path)
    return folder.report_path, contents.missing


def compare_runs(
    runs: Sequence[str | Path], out: str | Path = COMPARISON
) -> tuple[Path, tuple[str, ...]]:
    """Write a page that compares `runs` to `out`; gives its path, and what was missing for it.

    A file that inkling did not make is left alone. Raises `RunError`.
    """
    path = Path(out)
    check_ours(path)
    contents = read_runs([RunFolder(Path(run)) for run in runs])
    write_text(path, render_comparison(contents))
    missing = tuple(f"{each.name}: {said}" for each in contents for said in each.missing)
    return path, missing


def check_ours(path: Path) -> None:
    """Raises `RunError` where `path` is a file that inkling did not make."""
    if path.exists() and not is_ours(_text(path)):
        raise RunError(f"{path} was not made by inkling and is left alone: choose another name")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise RunError(f"{path} cannot be replaced: {error.strerror or error}") from error
