"""Stratified splits into training and held-out images, reproducible by a seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.types import Digits

TEST_FRACTION = 0.2  # held out of data without a test part
TEST_SEED = 0  # the same images for all seeds of a run


@dataclass(frozen=True)
class Splits:
    """The data that training sees: training images and validation images.

    It contains no test set on purpose; see `inkling.jobs.run`.
    """

    training: Digits
    validation: Digits | None


def stratified_split(
    labels: NDArray[np.integer], held_out: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices to keep and `held_out` indices to hold out, each class by its fraction.

    Both are sorted, disjoint, and together all of `range(len(labels))`. Every class keeps at
    least one image. Raises `DataError` if that leaves too few to hold out.
    """
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    if not 0 <= held_out <= len(labels) - len(classes):
        raise DataError(
            f"cannot hold out {held_out:,} of {len(labels):,} images of {len(classes)} classes"
        )
    quotas = _apportion(counts, held_out)
    held = np.concatenate(
        [
            rng.permutation(np.nonzero(labels == label)[0])[:quota]
            for label, quota in zip(classes, quotas, strict=True)
        ]
        or [np.empty(0, np.int64)]
    )
    held.sort()
    return np.setdiff1d(np.arange(len(labels)), held), held


def split_digits(digits: Digits, held_out: int, seed: int) -> Splits:
    """Splits `digits` into training and held-out images. The latter is None if `held_out` is 0."""
    if held_out == 0:
        return Splits(digits, None)
    keep, held = stratified_split(digits.labels, held_out, seed)
    return Splits(digits.take(keep), digits.take(held))


def _apportion(counts: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Divides `total` in proportion to `counts` (largest remainders), never a whole class."""
    exact = counts * total / max(counts.sum(), 1)
    quotas = np.minimum(np.floor(exact).astype(np.int64), counts - 1)
    while (missing := total - quotas.sum()) > 0:
        open_classes = np.nonzero(quotas < counts - 1)[0]
        by_remainder = open_classes[np.argsort(quotas[open_classes] - exact[open_classes])]
        quotas[by_remainder[:missing]] += 1
    return quotas
