from pathlib import Path

import numpy as np
import pytest
import torch

from inkling.errors import RecipeError, RunError
from inkling.evaluation.classifier import load_classifier
from inkling.jobs.train import train
from inkling.models.committee import Committee, CommitteeSpec
from inkling.models.mlp import MlpSpec
from inkling.models.zoo import build_model
from inkling.training.committee import as_committee
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import dump_recipe, load_recipe, parse_recipe
from inkling.types import Digits

QUICK = ["widths=[16]", "epochs=2", "batch_size=32"]


@pytest.fixture
def trio() -> Recipe:
    return as_committee(load_recipe("mlp-adam", QUICK), 3)


def test_it_gives_the_log_of_the_mean_probability() -> None:
    torch.manual_seed(0)
    spec = CommitteeSpec(members=3, member=MlpSpec(widths=(8,)))
    committee = build_model(spec, 10).eval()
    assert isinstance(committee, Committee)
    images = torch.randn(5, 1, 28, 28)
    mean = torch.stack([member(images).softmax(1) for member in committee.members]).mean(0)
    torch.testing.assert_close(committee(images), mean.log())


def test_its_members_are_what_their_seeds_give_alone(
    trio: Recipe, few_npz: Path, few: Digits, tmp_path: Path
) -> None:
    whole = train(trio, data=str(few_npz), seed=5, out=tmp_path / "trio")
    committee = load_classifier(whole.run)
    alone = train("mlp-adam", data=str(few_npz), seed=5, out=tmp_path / "one", changes=QUICK)
    single = load_classifier(alone.run)
    assert isinstance(committee.model, Committee)
    first, second, _ = (member.state_dict() for member in committee.model.members)
    for name, value in single.model.state_dict().items():
        torch.testing.assert_close(first[name], value, rtol=0, atol=0)
    assert not torch.equal(first["layers.1.weight"], second["layers.1.weight"])
    assert whole.parameters == 3 * alone.parameters
    assert whole.validation is not None
    proba = committee.predict_proba(few.images[:20])
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)


class StopInSecond:
    """A watch that dies within the second member."""

    def __init__(self) -> None:
        self.epochs = 0

    def on_step(self, step: int, total: int) -> None:
        pass

    def on_epoch(self, metrics: object, history: object) -> None:
        self.epochs += 1
        if self.epochs == 3:
            raise KeyboardInterrupt


def test_it_is_continued_within_a_member(trio: Recipe, few_npz: Path, tmp_path: Path) -> None:
    from inkling.jobs.train import resume

    whole = train(trio, data=str(few_npz), out=tmp_path / "whole")
    with pytest.raises((KeyboardInterrupt, RunError)):
        train(trio, data=str(few_npz), out=tmp_path / "cut", watch=StopInSecond())
    again = resume(tmp_path / "cut")
    assert again.weights_sha256 == whole.weights_sha256


def test_a_committee_is_a_recipe_like_any_other(trio: Recipe) -> None:
    assert parse_recipe(dump_recipe(trio), "text") == trio
    assert as_committee(load_recipe("mlp-adam"), 1) == load_recipe("mlp-adam")
    with pytest.raises(RecipeError, match="committee already"):
        as_committee(trio, 2)
    with pytest.raises(RecipeError, match="1 to 64"):
        as_committee(load_recipe("mlp-adam"), 65)
