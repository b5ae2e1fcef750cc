from functools import cache

import numpy as np
import pytest

from inkling.evaluation.report.verdict import changes_of, judge
from inkling.training.recipe import Expectation, Recipe
from inkling.training.recipe_text import load_recipe


def card(accuracy: float, data: str = "mnist", n: int = 10_000) -> dict:
    return {"test": {"accuracy": accuracy, "n": n}, "data": data}


def expecting(accuracy: float, sd: float, n: int) -> Recipe:
    expect = Expectation(accuracy=accuracy, sd=sd, n=n)
    return mlp_adam().model_copy(update={"expect": expect})


@cache
def mlp_adam() -> Recipe:
    return load_recipe("mlp-adam")


@pytest.mark.parametrize(
    ("accuracy", "status"), [(0.9700, "as expected"), (0.95, "below"), (0.99, "above")]
)
@pytest.mark.parametrize(("sd", "n"), [(0.001, 5), (0.0, 1)])
def test_the_verdict_holds_a_run_against_its_recipe(
    accuracy: float, status: str, sd: float, n: int
) -> None:
    verdict = judge(expecting(0.9705, sd, n), card(accuracy))
    assert verdict.status == status
    assert verdict.headline == f"{accuracy:.2%} right"
    assert "97.05%" in verdict.expectation


def test_a_further_seed_falls_within_the_expectation_19_times_in_20() -> None:
    rng = np.random.default_rng(0)
    expected = []
    for _ in range(2000):
        accuracies = rng.normal(0.97, 0.001, 6)
        known, new = accuracies[:5], accuracies[5]
        recipe = expecting(float(known.mean()), float(known.std(ddof=1)), 5)
        expected.append(judge(recipe, card(float(new))).status == "as expected")
    assert np.mean(expected) == pytest.approx(0.95, abs=0.015)


def test_what_is_not_the_recipe_is_not_compared() -> None:
    recipe = expecting(0.97, 0.001, 3)
    training = recipe.training.model_copy(update={"epochs": 2.0})
    changed = recipe.model_copy(update={"training": training})
    assert changes_of(changed) == ["training.epochs is 2.0 instead of 5.0"]
    assert judge(changed, card(0.9)).status == "not compared"
    assert "training.epochs" in judge(changed, card(0.9)).expectation
    seeded = recipe.training.model_copy(update={"seed": 9})
    assert changes_of(recipe.model_copy(update={"training": seeded})) == []
    assert judge(recipe, card(0.9, data="digits")).status == "not compared"
    assert judge(recipe.model_copy(update={"expect": None}), card(0.9)).status == "not compared"
    assert judge(None, card(0.9)).status == "not compared"
    assert judge(recipe, None).status == "unfinished"
