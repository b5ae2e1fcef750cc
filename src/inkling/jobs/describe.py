"""`inkling data`: what a data set holds, counted and computed from its own pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.data.catalog import find_source
from inkling.data.fetch import Notify
from inkling.data.statistics import PartDescription, describe_part
from inkling.evaluation.figures import draw_samples, save_figure
from inkling.evaluation.report.data_page import render_data
from inkling.files import write_text
from inkling.jobs.report import check_ours


@dataclass(frozen=True)
class DataDescription:
    """A data set: where it came from, its parts, and the sheet of samples."""

    name: str
    classes: tuple[str, ...]
    training: PartDescription
    test: PartDescription
    sheet: Path
    notice: str

    def as_json(self) -> dict[str, Any]:
        """The object that `data --json` prints."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "training": self.training.as_json(),
            "test": self.test.as_json(),
            "sheet": str(self.sheet),
            "notice": self.notice,
        }


def describe(name: str, sheet: Path, notify: Notify | None = None) -> DataDescription:
    """Fetch, verify and describe a data set, and draw its samples to `sheet`, .png or .html.

    Raises `InklingError`: data that cannot be had, a page in its place that is not inkling's.
    """
    page = sheet.suffix.lower() in (".html", ".htm")
    if page:
        check_ours(sheet)
    source = find_source(name, notify=notify)
    training, test = source.load_training(), source.load_test()
    description = DataDescription(
        name=source.name,
        classes=training.classes,
        training=describe_part(training),
        test=describe_part(test),
        sheet=sheet,
        notice=source.notice,
    )
    if page:
        parts = {"training": (training, description.training), "test": (test, description.test)}
        write_text(sheet, render_data(description.name, description.notice, parts))
    else:
        save_figure(draw_samples(training), sheet)
    return description
