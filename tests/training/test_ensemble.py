from pathlib import Path

import numpy as np
import pytest
import torch

from inkling.data.splits import Splits
from inkling.errors import RecipeError, RunError
from inkling.evaluation.classifier import load_classifier
from inkling.evaluation.report.contents import read_run
from inkling.jobs import cross_validate
from inkling.jobs.train import train
from inkling.models.ensemble import Ensemble, EnsembleSpec
from inkling.models.mlp import MlpSpec
from inkling.models.zoo import build_model
from inkling.training.callback import NullCallback
from inkling.training.ensemble import as_ensemble, member_recipe
from inkling.training.history import read_history
from inkling.training.loop import TrainingPlan
from inkling.training.network import train_network
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import dump_recipe, load_recipe, parse_recipe
from inkling.training.run_folder import RunFolder
from inkling.types import Digits

QUICK = ["widths=[16]", "epochs=2", "batch_size=32"]


@pytest.fixture
def trio() -> Recipe:
    return as_ensemble(load_recipe("mlp-adam", QUICK), 3)


def test_it_gives_the_log_of_the_mean_probability() -> None:
    torch.manual_seed(0)
    spec = EnsembleSpec(members=3, member=MlpSpec(widths=(8,)))
    ensemble = build_model(spec, 10).eval()
    assert isinstance(ensemble, Ensemble)
    images = torch.randn(5, 1, 28, 28)
    mean = torch.stack([member(images).softmax(1) for member in ensemble.members]).mean(0)
    torch.testing.assert_close(ensemble(images), mean.log())


def test_its_members_are_what_their_seeds_give_alone(
    trio: Recipe, few_npz: Path, few: Digits, tmp_path: Path
) -> None:
    whole = train(trio, data=str(few_npz), seed=0, out=tmp_path / "trio")
    ensemble = load_classifier(whole.run)
    alone = train("mlp-adam", data=str(few_npz), seed=0, out=tmp_path / "one", changes=QUICK)
    single = load_classifier(alone.run)
    assert isinstance(ensemble.model, Ensemble)
    first, second, _ = (member.state_dict() for member in ensemble.model.members)
    for name, value in single.model.state_dict().items():
        torch.testing.assert_close(first[name], value, rtol=0, atol=0)
    assert not torch.equal(first["layers.1.weight"], second["layers.1.weight"])
    assert whole.parameters == 3 * alone.parameters
    assert whole.validation is not None
    proba = ensemble.predict_proba(few.images[:20])
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)


class StopInSecond:
    """A callback that dies within the second member."""

    def __init__(self) -> None:
        self.epochs = 0

    def on_step(self, step: int, total: int) -> None:
        pass

    def on_epoch(self, metrics: object, history: object) -> None:
        self.epochs += 1
        if self.epochs == 3:
            raise KeyboardInterrupt


class Steps:
    """A callback that writes down what it is told of steps."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    def on_step(self, step: int, total: int) -> None:
        self.steps.append((step, total))

    def on_epoch(self, metrics: object, history: object) -> None:
        pass


def with_seed(recipe: Recipe, seed: int) -> Recipe:
    training = recipe.training.model_copy(update={"seed": seed})
    return recipe.model_copy(update={"training": training})


def test_it_is_continued_within_a_member(trio: Recipe, few_npz: Path, tmp_path: Path) -> None:
    from inkling.jobs.train import resume

    whole = train(trio, data=str(few_npz), out=tmp_path / "whole")
    with pytest.raises((KeyboardInterrupt, RunError)):
        train(trio, data=str(few_npz), out=tmp_path / "cut", callback=StopInSecond())
    cut = RunFolder(tmp_path / "cut")
    assert len(read_history(cut.metrics_path)) == 3  # of both members, not of the second alone
    assert (
        "3 of 6 epochs are done. Resume it with inkling train --resume" in read_run(cut).missing[0]
    )
    again = resume(cut.path)
    assert again.weights_sha256 == whole.weights_sha256
    history = read_history(cut.metrics_path)
    assert [metrics.epoch for metrics in history] == [1, 2, 3, 4, 5, 6]


def test_ensembles_of_neighbouring_seeds_share_no_member() -> None:
    """Members that two of them had in common would make the figures over seeds look calm."""
    largest = as_ensemble(load_recipe("mlp-adam"), 64)
    seeds = [
        member_recipe(with_seed(largest, seed), index).training.seed
        for seed in range(3)
        for index in range(64)
    ]
    assert seeds[:64] == list(range(64))
    assert len(set(seeds)) == 3 * 64
    assert member_recipe(with_seed(largest, 2**31 - 1), 63).training.seed < 2**31


def test_every_job_trains_an_ensemble_member_by_member(
    few: Digits, few_npz: Path, tmp_path: Path
) -> None:
    """The tuner and the audit get the very network that `train` gives, whitened filters too."""
    recipe = as_ensemble(load_recipe("cnn-sprint-99", ["channels=[4,8]", "batch_size=32"]), 2)
    whole = train(recipe, data=str(few_npz), out=tmp_path / "duo", device="cpu")
    splits = Splits(few.take(np.arange(320)), None)
    model, _ = train_network(splits, TrainingPlan(recipe, torch.device("cpu"), NullCallback()))
    wanted = load_classifier(whole.run, "cpu").model.state_dict()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, wanted[name], rtol=0, atol=0)
    judge = cross_validate._train(splits.training, recipe, 0, torch.device("cpu"), NullCallback())
    for name, value in judge.model.state_dict().items():
        torch.testing.assert_close(value, wanted[name], rtol=0, atol=0)


def test_a_callback_gets_the_whole_training(trio: Recipe, few_npz: Path, tmp_path: Path) -> None:
    seen = Steps()
    train(trio, data=str(few_npz), out=tmp_path / "trio", callback=seen)
    assert [step for step, _ in seen.steps] == list(range(1, len(seen.steps) + 1))
    assert {total for _, total in seen.steps} == {len(seen.steps)}


def test_an_ensemble_is_a_recipe_like_any_other(trio: Recipe) -> None:
    assert parse_recipe(dump_recipe(trio), "text") == trio
    assert as_ensemble(load_recipe("mlp-adam"), 1) == load_recipe("mlp-adam")
    with pytest.raises(RecipeError, match="already an ensemble"):
        as_ensemble(trio, 2)
    with pytest.raises(RecipeError, match="1 to 64"):
        as_ensemble(load_recipe("mlp-adam"), 65)
