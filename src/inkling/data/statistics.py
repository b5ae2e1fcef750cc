"""Statistics of a data set: counts per class, mean and sd of its pixels, samples."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inkling.types import Digits


@dataclass(frozen=True)
class PartDescription:
    """The statistics of one part of a data set. `mean` and `std` are of pixels scaled to 0..1."""

    shape: tuple[int, ...]
    counts: dict[str, int]
    mean: float
    std: float
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """The entry in the output of `data --json`."""
        return {**vars(self), "shape": list(self.shape), "n": self.shape[0]}


def describe_part(digits: Digits) -> PartDescription:
    """Counts per class, mean and sd of the pixels, and the hash."""
    mean, std = pixel_statistics(digits)
    return PartDescription(
        shape=digits.images.shape,
        counts=dict(zip(digits.classes, digits.counts().tolist(), strict=True)),
        mean=mean,
        std=std,
        sha256=digits.sha256(),
    )


def pixel_statistics(digits: Digits) -> tuple[float, float]:
    """Mean and sd of all pixels scaled to 0..1. Both are 0 without images."""
    if len(digits) == 0:
        return 0.0, 0.0
    # OpenCV sums in double precision without a float copy of 47 million pixels.
    mean, std = cv2.meanStdDev(np.ascontiguousarray(digits.images).reshape(len(digits), -1))
    return float(mean[0, 0]) / 255, float(std[0, 0]) / 255


def first_of_each_class(digits: Digits, count: int) -> Digits:
    """Up to `count` images per class, in the order of the data, class by class."""
    places = [np.nonzero(digits.labels == label)[0][:count] for label in range(len(digits.classes))]
    return digits.take(np.concatenate(places))
