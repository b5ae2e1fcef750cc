"""Statistics over seeds: mean, sd, median, and a 95 % interval of the mean."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.training.student_t import t_quantile_975


@dataclass(frozen=True)
class SeedSummary:
    """Statistics of `n` measurements. `interval` is the 95 % interval of the mean (Student's t).

    `sd` is the sample standard deviation. With one measurement, `sd` and `interval` are None.
    """

    n: int
    mean: float
    sd: float | None
    minimum: float
    median: float
    maximum: float
    interval: tuple[float, float] | None


def summarise(values: Sequence[float]) -> SeedSummary:
    """Computes the statistics of at least one value. Raises `ValueError` for none."""
    if not values:
        raise ValueError("a summary needs at least one value")
    mean = statistics.fmean(values)
    sd = statistics.stdev(values) if len(values) > 1 else None
    interval = None
    if sd is not None:
        half = t_quantile_975(len(values) - 1) * sd / len(values) ** 0.5
        interval = (mean - half, mean + half)
    return SeedSummary(
        len(values), mean, sd, min(values), statistics.median(values), max(values), interval
    )
