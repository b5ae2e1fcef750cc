"""`inkling data`: what a data set holds, counted and computed from its own pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inkling.data.catalog import find_source
from inkling.data.fetch import Notify
from inkling.evaluation.figures import draw_samples, save_figure
from inkling.types import Digits


@dataclass(frozen=True)
class PartDescription:
    """One part of a data set; `mean` and `std` are of its pixels on the scale 0..1."""

    shape: tuple[int, ...]
    counts: dict[str, int]
    mean: float
    std: float
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """The entry that `data --json` prints."""
        return {**vars(self), "shape": list(self.shape), "n": self.shape[0]}


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
    """Fetch, verify and describe a data set, and draw its samples to `sheet` (PNG)."""
    source = find_source(name, notify=notify)
    training, test = source.load_training(), source.load_test()
    save_figure(draw_samples(training), sheet)
    return DataDescription(
        name=source.name,
        classes=training.classes,
        training=describe_part(training),
        test=describe_part(test),
        sheet=sheet,
        notice=source.notice,
    )


def describe_part(digits: Digits) -> PartDescription:
    """Counts a class, mean and sd of the pixels."""
    # A histogram gives exact sums without a float copy of 47 million pixels.
    histogram = np.bincount(digits.images.ravel(), minlength=256).astype(np.float64)
    values = np.arange(256) / 255
    total = max(histogram.sum(), 1)
    mean = float(histogram @ values / total)
    variance = float(histogram @ (values - mean) ** 2 / total)
    counts = dict(zip(digits.classes, digits.counts().tolist(), strict=True))
    return PartDescription(
        shape=digits.images.shape,
        counts=counts,
        mean=mean,
        std=variance**0.5,
        sha256=digits.sha256(),
    )
