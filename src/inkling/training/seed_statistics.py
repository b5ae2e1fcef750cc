"""Figures over seeds: what a claim about a recipe is made of."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.training.student_t import t_quantile_975


@dataclass(frozen=True)
class Summary:
    """Of `n` measurements; `interval` holds their true mean with 95 % certainty (Student's t).

    `sd` is that of the sample. With a single measurement it and the interval are None.
    """

    n: int
    mean: float
    sd: float | None
    minimum: float
    median: float
    maximum: float
    interval: tuple[float, float] | None


def summarise(values: Sequence[float]) -> Summary:
    """The summary of at least one value. Raises `ValueError` for none."""
    if not values:
        raise ValueError("a summary needs at least one value")
    mean = statistics.fmean(values)
    sd = statistics.stdev(values) if len(values) > 1 else None
    interval = None
    if sd is not None:
        half = t_quantile_975(len(values) - 1) * sd / len(values) ** 0.5
        interval = (mean - half, mean + half)
    return Summary(
        len(values), mean, sd, min(values), statistics.median(values), max(values), interval
    )
