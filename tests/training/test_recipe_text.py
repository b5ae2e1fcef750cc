"""Recipes by name or by path, keys by their full or short name, values of any type."""

from pathlib import Path

import pytest

from inkling.errors import RecipeError
from inkling.training.recipe_text import (
    MAX_BYTES,
    list_recipes,
    load_recipe,
    parse_recipe,
    recipe_text,
)


def test_a_recipe_of_ones_own_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = recipe_text("mlp-adam").replace('name = "mlp-adam"', 'name = "mine"')
    (tmp_path / "mine.toml").write_text(text)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "plain").write_text(text)
    monkeypatch.chdir(tmp_path)
    for path in ("mine.toml", "./mine.toml", str(tmp_path / "mine.toml"), "folder/plain"):
        assert load_recipe(path).name == "mine"
    assert load_recipe("mlp-adam").name == "mlp-adam"
    with pytest.raises(RecipeError, match=r"there is no recipe 'mine'"):
        load_recipe("mine")
    with pytest.raises(RecipeError, match=r"there is no recipe file gone\.toml"):
        load_recipe("gone.toml")
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        load_recipe("./folder")


def test_the_nearest_name_alone_is_suggested() -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_text("mlp-adan")
    assert "; did you mean mlp-adam? The recipes are" in str(caught.value)
    with pytest.raises(RecipeError) as caught:
        recipe_text("zzz")
    assert "'zzz'. The recipes are" in str(caught.value)
    assert all(name in str(caught.value) for name in list_recipes())


def test_a_file_too_large_for_a_recipe_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    text = recipe_text("mlp-adam")
    path.write_text(text + "#" * (MAX_BYTES - len(text.encode())))
    assert load_recipe(str(path)).name == "mlp-adam"
    path.write_text(text + "#" * (MAX_BYTES - len(text.encode()) + 1))
    with pytest.raises(RecipeError, match="too large"):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("training.epochs=3", lambda r: r.training.epochs == 3),
        ("epochs=3", lambda r: r.training.epochs == 3),
        (" training.epochs = 3 ", lambda r: r.training.epochs == 3),
        ("name=other", lambda r: r.name == "other"),
        ("title=a=b", lambda r: r.title == "a=b"),
    ],
)
def test_a_key_is_set(change: str, read) -> None:
    assert read(load_recipe("mlp-adam", [change]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("epochs", "expected key=value"),
        ("=3", "expected key=value"),
        ("what=3", "no table of the recipe has such a key"),
        ("name.x=3", "part of the key is a value"),
    ],
)
def test_a_change_that_cannot_be_made_is_named(change: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        load_recipe("mlp-adam", [change])


def test_faults_of_a_text_name_their_origin() -> None:
    with pytest.raises(RecipeError, match="origin"):
        parse_recipe("not toml", "origin")
    with pytest.raises(RecipeError, match="origin"):
        parse_recipe('name = "x"', "origin")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        # the kind of a table is no key of the file
        ("optimizer.learning_rate=-1", r"optimizer\.learning_rate = -1: "),
        # other tables have no kinds: all of the path is in the file
        ("training.epochs=-1", r"training\.epochs = -1"),
    ],
)
def test_a_fault_is_named_by_its_key_in_the_file(change: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        load_recipe("mlp-adam", [change])


def test_a_missing_key_and_an_item_of_a_list_are_named() -> None:
    text = recipe_text("mlp-adam")
    with pytest.raises(RecipeError, match="name is missing"):
        parse_recipe(text.replace('name = "mlp-adam"\n', ""), "mine.toml")
    searched = text + '\n[search."model.dropout"]\nlow = 0.5\nhigh = 0.1\n'
    with pytest.raises(RecipeError, match=r"search\.model\.dropout"):
        parse_recipe(searched, "mine.toml")


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
def test_nesterov_needs_a_momentum_and_only_that(nesterov: bool, momentum: float) -> None:
    table = f"optimizer={{name='sgd', nesterov={str(nesterov).lower()}, momentum={momentum}}}"
    if nesterov and not momentum:
        with pytest.raises(RecipeError, match="needs a momentum above 0"):
            load_recipe("mlp-adam", [table])
    else:
        loaded = load_recipe("mlp-adam", [table]).optimizer.model_dump()
        assert (loaded["nesterov"], loaded["momentum"]) == (nesterov, momentum)
