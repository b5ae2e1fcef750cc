"""The job `data`: describes a data set by counts and statistics, and draws samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.data.catalog import find_source
from inkling.data.fetch import Notify
from inkling.data.statistics import PartDescription, describe_part
from inkling.errors import RunError
from inkling.evaluation.report.data_page import render_data
from inkling.files import write_text
from inkling.jobs.report import check_ours
from inkling.training.run_folder import next_run_path

HTML_SUFFIXES = (".html", ".htm")


@dataclass(frozen=True)
class DataDescription:
    """The description of a data set: its source, its parts, and the sheet of samples."""

    name: str
    classes: tuple[str, ...]
    training: PartDescription
    test: PartDescription
    sheet: Path
    notice: str
    form: dict[str, Any] | None = None  # how the user's files were converted
    how: tuple[str, ...] = ()  # the same as sentences

    def as_json(self) -> dict[str, Any]:
        """The output of `data --json`."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "training": self.training.as_json(),
            "test": self.test.as_json(),
            "sheet": str(self.sheet),
            "notice": self.notice,
            "form": self.form,
        }


def describe(name: str, sheet: Path | None = None, notify: Notify | None = None) -> DataDescription:
    """Loads, verifies and describes a data set, and draws samples to `sheet`, .png or .html.

    The default `sheet` is `samples.png`, or the next free number. Raises `InklingError` if the data
    is not available or `sheet` would overwrite a file of another origin.
    """
    sheet = sheet or next_run_path(Path(), "samples", ".png")
    page = sheet.suffix.lower() in HTML_SUFFIXES
    _check_sheet(sheet)
    source = find_source(name, notify=notify)
    training, test = source.load_training(), source.load_test()
    description = DataDescription(
        name=source.name,
        classes=training.classes,
        training=describe_part(training),
        test=describe_part(test),
        sheet=sheet,
        notice=source.notice,
        form=source.describe() if source.describe else None,
        how=tuple(source.own.interpretation.sentences()) if source.own else (),
    )
    if page:
        parts = {"training": (training, description.training), "test": (test, description.test)}
        write_text(sheet, render_data(description.name, description.notice, parts))
    else:
        from inkling.evaluation.figures import draw_samples, save_figure  # imports matplotlib

        save_figure(draw_samples(training), sheet)
    return description


def _check_sheet(sheet: Path) -> None:
    """Checks, before loading, that `sheet` has a known suffix and overwrites no other file."""
    suffix = sheet.suffix.lower()
    if suffix in HTML_SUFFIXES:
        check_ours(sheet)
    elif suffix != ".png":
        raise RunError(f"the sheet {sheet} must end in .png or .html")
    elif sheet.exists():
        raise RunError(f"{sheet} exists. It is unchanged. Choose another --sheet")
