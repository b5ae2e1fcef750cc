from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.errors import RecipeError
from inkling.models.mlp import MlpSpec
from inkling.training.recipe import Adam, Recipe, Sgd, Step
from inkling.training.recipe_text import (
    dump_recipe,
    list_recipes,
    load_recipe,
    parse_recipe,
    recipe_text,
)

STUDENTS = {
    "mlp-dropout-adam": ((128, 64), 0.25, Adam(learning_rate=1e-3), 15),
    "mlp-dropout-sgd": ((128, 64), 0.25, Sgd(learning_rate=0.01, momentum=0.9), 20),
    # Its project tuned the hyperparameters, and so do we: docs/log.d/fast.md.
    "mlp-deep": ((512, 256, 128, 64), 0.0, Adam(learning_rate=5.3e-4, weight_decay=2e-6), 10),
    "mlp-adam": ((128, 64), 0.0, Adam(learning_rate=1e-3), 5),
}


@pytest.mark.parametrize("name", list_recipes())
def test_a_recipe_is_valid_named_after_its_file_and_survives_writing(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.title
    assert parse_recipe(dump_recipe(recipe), name) == recipe


@pytest.mark.parametrize("name", list_recipes())
def test_a_recipe_says_where_it_is_from_and_what_it_reaches(name: str) -> None:
    header = recipe_text(name).partition("\nname =")[0]
    for word in ("Source", "Command", "Accuracy", "Time", "Machine"):
        assert f"# {word}:" in header, f"{name} does not state its {word.lower()}"
    assert load_recipe(name).expect is not None


@pytest.mark.parametrize(("name", "wanted"), STUDENTS.items())
def test_the_student_recipes_are_faithful(name: str, wanted: tuple) -> None:
    recipe = load_recipe(name)
    widths, dropout, optimizer, epochs = wanted
    assert recipe.model == MlpSpec(widths=widths, dropout=dropout)
    assert recipe.optimizer == optimizer
    assert (recipe.training.epochs, recipe.training.batch_size) == (epochs, 64)


def test_the_sgd_student_steps_down_every_seven_epochs() -> None:
    assert load_recipe("mlp-dropout-sgd").schedule == Step(every_epochs=7, gamma=0.1)
    assert Step() == Step(every_epochs=7, gamma=0.1)  # a recipe may leave both out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("training.epoch=3", ["training.epoch", "did you mean epochs?", "batch_size"]),
        ("trainin.epochs=3", ["trainin", "did you mean training?"]),
        ("training.epochs=0", ["training.epochs = 0", "greater than 0"]),
        ("training.epochs=many", ["training.epochs = 'many'", "valid number"]),
        ("training.batch_size=1.5", ["training.batch_size = 1.5", "integer"]),
        ("learning_rate=-1", ["optimizer.learning_rate = -1", "greater than 0"]),
        ("optimizer.momentum=0.9", ["optimizer.momentum", "betas", "learning_rate"]),
        ("optimizer.name=lion", ["optimizer", "lion", "sgd", "adam"]),
        ("model.dropout=1", ["model.dropout = 1", "less than 1"]),
        ("model.widths=[128, -3]", ["model.widths.1 = -3", "greater than or equal to 1"]),
        ("model.kind=transformer", ["model", "transformer", "mlp", "cnn"]),
        ("augment.rotation_degrees=720", ["augment.rotation_degrees = 720", "180"]),
        ("training.validation=0", []),
        ("speed=9", ["speed", "no table"]),
        ("epochs", ["expected key=value"]),
        ("training.epochs.x=1", ["is a value, not a table"]),
        ("name=Bad Name", ["name = 'Bad Name'", "pattern"]),
    ],
)
def test_a_wrong_key_or_value_is_named_with_what_is_allowed(change: str, words: list[str]) -> None:
    changes = [change] if words else [change, "training.patience=3"]
    with pytest.raises(RecipeError) as caught:
        load_recipe("mlp-adam", changes)
    for word in words or ["patience needs validation"]:
        assert word in str(caught.value)


@pytest.mark.parametrize("channels", ["[-1, 64]", "[0, 64]", "[3, 64]", "[32, 5]"])
def test_a_sprint_has_even_channels(channels: str) -> None:
    with pytest.raises(RecipeError, match=r"model\.channels\.[01] = "):
        load_recipe("cnn-sprint-99", [f"channels={channels}"])


def test_batch_norm_needs_more_than_one_image() -> None:
    changes = ["batch_norm=true", "batch_size=1"]
    with pytest.raises(RecipeError, match="batch_size above 1"):
        load_recipe("mlp-adam", changes)
    member = "model={kind='ensemble', members=2, member={kind='mlp', batch_norm=true}}"
    with pytest.raises(RecipeError, match="batch_size above 1"):
        load_recipe("mlp-adam", [member, "training.batch_size=1"])
    assert load_recipe("mlp-adam", ["batch_size=1"]).training.batch_size == 1


@pytest.mark.parametrize("seed", [-1, 2**31, 10**14])
def test_a_seed_that_no_recipe_may_have(seed: int) -> None:
    with pytest.raises(RecipeError, match=r"within 0\.\.2147483647"):
        load_recipe("mlp-adam").with_seed(seed)


def test_set_finds_the_table_of_a_plain_key() -> None:
    recipe = load_recipe("mlp-adam", ["epochs=2", "learning_rate=0.01", "widths=[10]", "seed=7"])
    assert recipe.training.epochs == 2
    assert recipe.training.seed == 7
    assert recipe.optimizer.learning_rate == 0.01
    assert recipe.model == MlpSpec(widths=(10,))


def test_a_copy_can_be_edited(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(recipe_text("mlp-adam").replace("epochs = 5", "epochs = 6"))
    assert load_recipe(str(mine)).training.epochs == 6


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"name = ", "not valid TOML"), (b"\xff\xfe", "cannot read"), (b"", "model is missing")],
)
def test_broken_files_are_named(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=reason) as caught:
        load_recipe(str(path))
    assert str(path) in str(caught.value)


def test_names_that_are_not_there() -> None:
    with pytest.raises(RecipeError, match="did you mean mlp-adam"):
        load_recipe("mlp-adan")
    with pytest.raises(RecipeError, match="there is no recipe file"):
        load_recipe("./nowhere.toml")


@given(st.integers(1, 100_000), st.integers(1, 512), st.floats(0.01, 20))
def test_steps_cover_the_epochs(images: int, batch_size: int, epochs: float) -> None:
    recipe = Recipe.model_validate(
        {
            "name": "x",
            "model": {"kind": "mlp"},
            "training": {"epochs": epochs, "batch_size": batch_size},
        }
    )
    per_epoch = recipe.steps_per_epoch(images)
    # A single image that is left over joins the batch before it.
    assert (per_epoch - 1) * batch_size < images <= per_epoch * batch_size + 1
    assert images <= per_epoch * batch_size or images % batch_size == 1
    assert abs(recipe.total_steps(images) - epochs * per_epoch) <= 1
