"""The verdict on a run: its accuracy, the interval, and a comparison with the recipe."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from inkling.errors import RecipeError
from inkling.evaluation.metrics import wilson_interval
from inkling.training.recipe import Expectation, Recipe
from inkling.training.recipe_text import load_recipe
from inkling.training.student_t import t_quantile_975

Status = Literal["as expected", "above", "below", "not compared", "unfinished"]
# Settings that may differ from the published recipe without making it another recipe.
MAY_DIFFER = (
    "title",
    "expect",
    "search",
    "data",
    "training.seed",
    "training.threads",
    "training.precision",
)


@dataclass(frozen=True)
class RunVerdict:
    """The accuracy (`headline`), its interval (`detail`) and the comparison (`expectation`)."""

    headline: str
    detail: str
    expectation: str
    status: Status


def judge(
    recipe: Recipe | None, card: dict[str, Any] | None, interval: tuple[float, float] | None = None
) -> RunVerdict:
    """The verdict on a run. `interval` is computed from the card if it is None."""
    if card is None:
        text = "No test result: the test set is evaluated once, at the end of a run."
        return RunVerdict("Not yet measured", "", text, "unfinished")
    accuracy, n = float(card["test"]["accuracy"]), int(card["test"]["n"])
    low, high = interval or wilson_interval(round(accuracy * n), n)
    sentence, status = _expectation(recipe, card, accuracy, (low, high))
    return RunVerdict(
        headline=f"{accuracy:.2%} right",
        detail=f"of {n:,} test images; 95% interval {low:.2%} to {high:.2%}",
        expectation=sentence,
        status=status,
    )


def changes_of(recipe: Recipe) -> list[str]:
    """The differences of a recipe from the bundled one of the same name, key by key.

    Raises `RecipeError` if there is no bundled recipe of that name.
    """
    published = flatten(load_recipe(recipe.name).model_dump(mode="json"))
    own = flatten(recipe.model_dump(mode="json"))
    return [
        f"{key} is {own.get(key, 'not set')} instead of {published.get(key, 'not set')}"
        for key in dict.fromkeys([*own, *published])
        if own.get(key) != published.get(key) and not key.startswith(MAY_DIFFER)
    ]


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flattens nested tables to one with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _expectation(
    recipe: Recipe | None, card: dict[str, Any], accuracy: float, interval: tuple[float, float]
) -> tuple[str, Status]:
    if recipe is None or recipe.expect is None:
        return "The recipe has no expected accuracy to compare with.", "not compared"
    try:
        changes = changes_of(recipe)
    except RecipeError:
        changes = []  # a recipe of the user with its own expectation
    if changes:
        return f"Not compared with the recipe: {'; '.join(changes)}.", "not compared"
    if card.get("data") != "mnist":
        text = "The recipe's expectation is for MNIST and does not apply to this data."
        return text, "not compared"
    return _compare(recipe.expect, accuracy, interval)


def _compare(
    expect: Expectation, accuracy: float, interval: tuple[float, float]
) -> tuple[str, Status]:
    """Compares with the 95 % prediction interval for another seed, given `n` seeds.

    Without a known sd, compares with the interval of the run.
    """
    said = f"The recipe expects {expect.accuracy:.2%}"
    if expect.n > 1 and expect.sd > 0:
        reach = t_quantile_975(expect.n - 1) * expect.sd * math.sqrt(1 + 1 / expect.n)
        low, high = expect.accuracy - reach, expect.accuracy + reach
        said += f" ± {100 * expect.sd:.2f} (n = {expect.n} seeds)"
        if low <= accuracy <= high:
            return f"{said}: as expected.", "as expected"
    else:
        low, high = interval
        said += f" (n = {expect.n})"
        if low <= expect.accuracy <= high:
            return f"{said}: as expected.", "as expected"
    if accuracy > expect.accuracy:
        return f"{said}: this run is better.", "above"
    return f"{said}: this run is worse.", "below"
