"""The search on real scans: it goes on, it never opens the test set, it finds what is better."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest

import inkling
from inkling.data.catalog import Source, find_source
from inkling.data.fetch import Notify
from inkling.errors import InklingError, RecipeError, RunError
from inkling.jobs.study import check_search, with_changes
from inkling.jobs.tune import tune
from inkling.training.recipe_text import load_recipe
from inkling.types import Digits

RECIPES = Path(inkling.__file__).parent / "recipes"
RECIPE = """
name = "small"
[model]
kind = "mlp"
widths = [16]
[training]
epochs = 2
batch_size = 32
validation = 80
[search]
"optimizer.learning_rate" = { low = 1e-4, high = 1e-1, log = true }
"model.widths" = { choices = [[8], [16, 16]] }
"training.batch_size" = { low = 16, high = 64 }
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def job(recipe: Path, few_npz: Path, tmp_path: Path) -> dict[str, Any]:
    return {"recipe": str(recipe), "data": str(few_npz), "out": tmp_path / "study"}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_search_of_a_bundled_recipe_is_valid(path: Path) -> None:
    recipe = load_recipe(path.stem)
    if recipe.search:
        check_search(recipe)


def test_another_kind_of_schedule_drops_the_settings_of_the_old_one() -> None:
    recipe = load_recipe("mlp-deep", ["schedule={name='one-cycle', warmup=0.2}"])
    constant = with_changes(recipe, {"schedule.name": "constant", "optimizer.weight_decay": 0.1})
    assert constant.schedule.model_dump() == {"name": "constant"}
    assert constant.optimizer.weight_decay == 0.1
    assert constant.optimizer.learning_rate == recipe.optimizer.learning_rate
    same = with_changes(recipe, {"schedule.name": "one-cycle"})
    assert same.schedule == recipe.schedule
    with pytest.raises(RecipeError, match="warmup"):
        with_changes(recipe, {"schedule.name": "constant", "schedule.warmup": 0.1})


def test_the_best_is_a_recipe_to_train(job: dict[str, Any]) -> None:
    result = tune(**job, trials=6)
    assert result.complete + result.pruned == 6
    best = load_recipe(str(result.best_recipe))
    changes = result.best[0].changes
    assert best.optimizer.learning_rate == changes["optimizer.learning_rate"]
    assert list(best.model.widths) == changes["model.widths"]  # type: ignore[union-attr]
    assert best.training.batch_size == changes["training.batch_size"]
    assert best.training.validation == 80
    accuracies = [line.accuracy for line in result.best]
    assert accuracies == sorted(accuracies, reverse=True)
    for name in ("history.png", "importance.png", "study.db"):
        assert (result.folder / name).stat().st_size > 1_000


def test_it_goes_on_where_it_stopped(job: dict[str, Any]) -> None:
    seen: list[int] = []
    for wanted in (2, 4, 4):
        tune(**job, trials=wanted, on_trial=lambda trial, best: seen.append(trial.number))
    assert seen == [0, 1, 2, 3]


def test_the_test_set_stays_shut(job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def opened() -> Digits:
        raise AssertionError("the test set was opened")

    def shut(name: str, notify: Notify | None = None) -> Source:
        return dataclasses.replace(find_source(name, notify=notify), load_test=opened)

    monkeypatch.setattr("inkling.jobs.tune.find_source", shut)
    tune(**job, trials=1)


def test_a_killed_trial_is_tried_again(job: dict[str, Any]) -> None:
    """A process that dies in its trial leaves it running; the next takes up its settings."""
    code = f"""
import os
from inkling.jobs import tune as job
job.train_network = lambda *a: os._exit(9)
job.tune({job["recipe"]!r}, 1, data={job["data"]!r}, out={str(job["out"])!r})
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, env=os.environ)
    assert done.returncode == 9
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{job['out'] / 'study.db'}")
    assert study.trials[0].state == optuna.trial.TrialState.RUNNING
    result = tune(**job, trials=1)
    assert (result.failed, result.best[0].number) == (1, 1)
    again = optuna.load_study(study_name=None, storage=result.storage)
    assert again.trials[1].params == again.trials[0].params


def test_a_recipe_that_holds_nothing_out_is_judged_all_the_same(
    job: dict[str, Any], recipe: Path
) -> None:
    recipe.write_text(RECIPE.replace("validation = 80", 'validation = 0\nkeep = "last"'))
    result = tune(**job, trials=1)
    assert 0 < result.best[0].accuracy <= 1
    assert load_recipe(str(result.best_recipe)).training.validation == 0


@pytest.mark.parametrize(
    ("search", "complaint"),
    [
        ("", r"no \[search\] table"),
        ('[search]\n"optimizer.speed" = { low = 1, high = 2 }', "optimizer"),
        ('[search]\n"training.batch_size" = { low = 0, high = 9 }', "batch_size"),
        ('[search]\n"name.first" = { choices = ["a", "b"] }', "value, not a table"),
        ('[search]\n"training.seed" = { low = 0, high = 9 }', "seed cannot be searched"),
        ('[search]\n"training.validation" = { low = 9, high = 99 }', "cannot be searched"),
        ('[search]\n"data" = { choices = ["mnist", "digits"] }', "data cannot be searched"),
        ('[search]\n"training.epochs" = { low = 3, high = 2 }', "must be below"),
        ('[search]\n"training.epochs" = { low = 0, high = 2, log = true }', "above 0"),
    ],
)
def test_a_search_that_does_not_fit_is_named(
    job: dict[str, Any], recipe: Path, search: str, complaint: str
) -> None:
    recipe.write_text(RECIPE.partition("[search]")[0] + search)
    with pytest.raises(RecipeError, match=complaint):
        tune(**job, trials=1)


def test_a_study_of_another_recipe_is_not_changed(job: dict[str, Any], recipe: Path) -> None:
    tune(**job, trials=1)
    recipe.write_text(RECIPE.replace("epochs = 2", "epochs = 1"))
    with pytest.raises(RunError, match="another recipe"):
        tune(**job, trials=1)


def test_a_study_of_another_search_is_not_changed(job: dict[str, Any], recipe: Path) -> None:
    first = tune(**job, trials=1)
    for old, new in (
        ("[[8], [16, 16]]", "[[64], [128]]"),  # a stored place would mean another value
        ("[[8], [16, 16]]", "[[8], [16, 16], [32]]"),
        ("high = 64", "high = 96"),
        ("[search]", '[search]\n"model.dropout" = { low = 0.0, high = 0.5 }'),
    ):
        recipe.write_text(RECIPE.replace(old, new))
        with pytest.raises(RunError, match="another recipe, search or data"):
            tune(**job, trials=2)
    recipe.write_text(RECIPE)
    assert tune(**job, trials=1).best == first.best


def test_a_trial_that_diverges_is_cut_short_and_the_search_goes_on(
    job: dict[str, Any], recipe: Path
) -> None:
    wild = '"optimizer.weight_decay" = { choices = [0.0, 1.0] }'
    sgd = '[optimizer]\nname = "sgd"\nlearning_rate = 10\n'
    long = RECIPE.replace("epochs = 2", "epochs = 20")
    recipe.write_text(long.partition("[search]")[0] + sgd + "[search]\n" + wild)
    result = tune(**job, trials=8)
    assert result.complete + result.pruned == 8
    assert result.best[0].changes == {"optimizer.weight_decay": 0.0}
    study = optuna.load_study(study_name=None, storage=result.storage)
    reasons = [trial.user_attrs.get("reason", "") for trial in study.trials]
    assert any("diverged" in reason for reason in reasons)


def test_a_file_in_the_place_of_the_folder_is_named(job: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")
    with pytest.raises(RunError, match="is a file, not a folder"):
        tune(**(job | {"out": tmp_path / "letter"}), trials=1)
    with pytest.raises(RunError, match="cannot make the folder"):
        tune(**(job | {"out": tmp_path / "letter" / "study"}), trials=1)
    assert (tmp_path / "letter").read_text() == "mine"


def test_a_storage_that_cannot_be_opened_is_named(job: dict[str, Any]) -> None:
    with pytest.raises(InklingError, match="cannot open the study"):
        tune(**job, trials=1, storage="sqlite:////nowhere/at/all/study.db")


@pytest.mark.parametrize("name", ["best.toml", "history.png", "importance.png"])
def test_a_file_of_the_user_is_never_replaced(job: dict[str, Any], name: str) -> None:
    job["out"].mkdir()
    mine = job["out"] / name
    mine.write_text("mine")
    with pytest.raises(RunError, match=f"{name} was not made by inkling"):
        tune(**job, trials=2)
    assert mine.read_text() == "mine"
    assert [path.name for path in job["out"].iterdir()] == [name]
