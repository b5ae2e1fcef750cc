"""repeat, tune and --ensemble as a person or a script meets them."""

import json
from pathlib import Path

import pytest

from inkling.training.recipe_text import load_recipe
from tests.cli.test_commands import inkling

QUICK = ["--set", "widths=[8]", "--set", "epochs=1", "--device", "cpu"]


def test_repeat_prints_figures_and_a_line_a_seed(few_npz: Path, tmp_path: Path) -> None:
    job = ["repeat", "mlp-adam", "--data", few_npz, *QUICK]
    done = inkling(*job, "--seeds", "2", "--first-seed", "7", "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert result["seeds"] == [7, 8]
    assert result["accuracy"].keys() >= {"mean", "sd", "minimum", "maximum", "interval"}
    assert result["folder"] == "runs/mlp-adam-repeat"
    assert [line.split()[1] for line in done.stderr.splitlines()] == ["7", "8"]
    again = inkling(*job, "--seeds", "2", "--first-seed", "7", cwd=tmp_path)
    assert "seed" not in again.stderr  # nothing was trained anew
    assert "95 % of the mean" in again.stdout


def test_tune_ends_with_a_recipe(few_npz: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        'name = "mine"\n[model]\nkind = "mlp"\nwidths = [8]\n[training]\nepochs = 1\n'
        'validation = 80\n[search]\n"optimizer.learning_rate" = { low = 1e-4, high = 0.1 }'
    )
    job = ["tune", recipe, "--data", few_npz, "--device", "cpu", "--trials", "2"]
    result = json.loads(inkling(*job, "--json", cwd=tmp_path).stdout)
    assert result["complete"] + result["pruned"] == 2
    assert load_recipe(str(tmp_path / result["best_recipe"])).name == "mine-tuned"
    assert "Train the best: inkling train" in inkling(*job, cwd=tmp_path).stdout


def test_tune_without_a_search_says_what_to_add(tmp_path: Path) -> None:
    done = inkling("tune", "mlp-adam", "--data", "digits", cwd=tmp_path, code=1)
    assert "[search]" in done.stderr


def test_an_ensemble_is_one_run(few_npz: Path, tmp_path: Path) -> None:
    job = ["train", "mlp-adam", "--ensemble", "2", "--data", few_npz, *QUICK, "--json"]
    result = json.loads(inkling(*job, cwd=tmp_path).stdout)
    one = json.loads(
        inkling("evaluate", result["run"], "--data", few_npz, "--json", cwd=tmp_path).stdout
    )
    assert one["accuracy"] == pytest.approx(result["test"]["accuracy"])
    done = inkling("train", "--resume", result["run"], "--ensemble", "2", cwd=tmp_path, code=2)
    assert "--ensemble" in done.stderr
