"""Run folders that somebody damaged are named in a sentence."""

import json
from pathlib import Path

import pytest

from inkling.errors import RecipeError, RunError
from inkling.evaluation.classifier import load_classifier
from inkling.training.recipe_text import load_recipe
from inkling.training.run_folder import RunFolder, create_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(tmp_path / "run", load_recipe("mlp-adam"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "is not a table"),
        ('"card"', "is not a table"),
        ("{", "is damaged"),
        ('{"format": 9}', "has the format 9"),
        (json.dumps({"format": 1}), "has no classes"),
        (json.dumps({"format": 1, "classes": []}), "has no classes"),
        (json.dumps({"format": 1, "classes": 10}), "has no classes"),
    ],
)
def test_a_damaged_card(content: str, words: str, run: RunFolder) -> None:
    run.card_path.write_text(content)
    with pytest.raises(RunError, match=words):
        load_classifier(run.path)


def test_a_recipe_that_is_no_text(run: RunFolder) -> None:
    run.recipe_path.write_bytes(b"\xff\xfe\0")
    with pytest.raises(RecipeError, match=r"recipe\.toml is damaged"):
        run.read_recipe()


def test_a_run_is_resumable_from_its_own_checkpoint_or_a_members(run: RunFolder) -> None:
    assert not run.resumable
    run.checkpoint_path.mkdir()
    assert not run.resumable  # an empty folder is nothing to go on from
    (run.path / "checkpoint-0").mkdir()
    (run.path / "checkpoint-0" / "state.safetensors").touch()
    assert run.resumable


def test_a_folder_of_a_run_that_was_killed_at_its_recipe_is_free(tmp_path: Path) -> None:
    recipe = load_recipe("mlp-adam")
    (tmp_path / ".recipe.toml.x1.tmp").write_text("title =")
    assert create_run(tmp_path, recipe).read_recipe() == recipe
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]
    (tmp_path / "recipe.toml").rename(tmp_path / ".recipe.toml.x1.tmp")
    (tmp_path / "mine").touch()
    with pytest.raises(RunError, match="exists"):
        create_run(tmp_path, recipe)
