"""Compares runs: figures, a significance test of each difference, differing settings."""

import math
from dataclasses import dataclass

import numpy as np

from inkling.evaluation.metrics import wilson_interval
from inkling.evaluation.report.contents import RunContents
from inkling.evaluation.report.verdict import flatten

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Measured:
    """The figures of one run. Unknown figures are a dash."""

    name: str
    place: int  # decides its colour
    recipe: str
    data: str
    seed: str
    accuracy: float | None
    interval: tuple[float, float]
    loss: str
    ece: str
    parameters: str
    seconds: str


@dataclass(frozen=True)
class Difference:
    """Two runs on the same test images: how often only one was right, and the p-value."""

    better: str
    other: str
    only_better: int
    only_other: int
    p: float

    @property
    def sentence(self) -> str:
        """The difference in words."""
        if self.only_better == self.only_other:
            return f"{self.better} and {self.other} are right equally often."
        test = f"McNemar's test: p = {_p_value(self.p)}"
        counts = (
            f"{self.better} alone is right on {self.only_better:,} images, {self.other} alone "
            f"on {self.only_other:,}"
        )
        if self.p < SIGNIFICANT:
            return f"{counts}: a significant difference ({test})."
        return f"{counts}: not a significant difference ({test})."


def measured(contents: RunContents, place: int) -> Measured:
    """The row of a run in the table."""
    card, recipe = contents.card or {}, contents.recipe
    test = card.get("test")
    accuracy = float(test["accuracy"]) if test else None
    interval = (math.nan, math.nan)
    if test and accuracy is not None:
        interval = wilson_interval(round(accuracy * test["n"]), test["n"])
    return Measured(
        name=contents.name,
        place=place,
        recipe=recipe.name if recipe else "–",
        data=str(card.get("data", recipe.data if recipe else "–")),
        seed=str(recipe.training.seed) if recipe else "–",
        accuracy=accuracy,
        interval=interval,
        loss=f"{test['loss']:.4f}" if test else "–",
        ece=f"{contents.measures['ece']:.2%}" if contents.measures else "–",
        parameters=f"{card['parameters']:,}" if "parameters" in card else "–",
        seconds=f"{card['train_seconds']:,.1f}" if "train_seconds" in card else "–",
    )


def differences(runs: list[RunContents]) -> list[Difference]:
    """Compares the best run with each other run on the same test images."""
    groups: dict[str, list[RunContents]] = {}
    for run in runs:
        if run.test_predictions is not None and (test := test_of(run)):
            groups.setdefault(test, []).append(run)
    found = []
    for group in groups.values():
        best = max(group, key=lambda run: _right(run).mean())
        found += [difference(best, other) for other in group if other is not best]
    return found


def test_of(run: RunContents) -> str | None:
    """The hash of the test images of a run; None if it is unknown."""
    hashes = (run.card or {}).get("data_sha256")
    return hashes.get("test") if isinstance(hashes, dict) else None


def difference(one: RunContents, other: RunContents) -> Difference:
    """McNemar's exact test (1947) on the images that only one of two runs answered rightly."""
    mine, theirs = _right(one), _right(other)
    only_mine, only_theirs = int((mine & ~theirs).sum()), int((theirs & ~mine).sum())
    return Difference(one.name, other.name, only_mine, only_theirs, mcnemar(only_mine, only_theirs))


def mcnemar(only_one: int, only_other: int) -> float:
    """The two-sided p-value for equally good runs."""
    n = only_one + only_other
    if n == 0:
        return 1.0
    from scipy.special import bdtr  # 0.1 s to import, and a training needs none of it

    return min(1.0, 2 * float(bdtr(min(only_one, only_other), n, 0.5)))


def set_otherwise(runs: list[RunContents]) -> list[tuple[str, list[str]]]:
    """The recipe keys that differ between the runs, with the value of each run."""
    tables = [flatten(run.recipe.model_dump(mode="json")) if run.recipe else {} for run in runs]
    keys = dict.fromkeys(key for table in tables for key in table)
    rows = [(key, [_shown(table.get(key)) for table in tables]) for key in keys]
    hidden = ("title", "expect", "search")
    return [row for row in rows if len(set(row[1])) > 1 and not row[0].startswith(hidden)]


def _right(run: RunContents) -> np.ndarray:
    assert run.test_predictions is not None
    return run.test_predictions.answers == run.test_predictions.labels


def _p_value(p: float) -> str:
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"


def _shown(value: object) -> str:
    return "–" if value is None else str(value)
