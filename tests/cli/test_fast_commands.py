"""repeat, tune and --ensemble as a person or a script meets them."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from PIL import Image

from inkling.training.recipe_text import load_recipe
from tests.commands import command, inkling

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


def test_tune_on_too_little_is_a_sentence_and_no_more(tmp_path: Path, few) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[model]\nkind = "mlp"\n[search]\n"training.epochs" = { low = 1, high = 2 }'
    )
    for label in (0, 1):
        folder = tmp_path / "one" / str(label)
        folder.mkdir(parents=True)
        image = few.images[np.nonzero(few.labels == label)[0][0]]
        Image.fromarray(image).save(folder / "a.png")
    done = inkling("tune", "mine.toml", "--data", "one", cwd=tmp_path, code=1)
    assert done.stderr.startswith("inkling: one has too few images")
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_stops_a_search_and_the_same_command_goes_on(few_npz: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[model]\nkind = "mlp"\nwidths = [8]\n[training]\nepochs = 9000\n'
        '[search]\n"optimizer.learning_rate" = { low = 1e-4, high = 0.1 }'
    )
    job = ["tune", "mine.toml", "--data", str(few_npz), "--device", "cpu", "--trials", "1"]
    process = subprocess.Popen(command(*job), cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    url = f"sqlite:///{tmp_path / 'runs' / 'mine-tune' / 'study.db'}"
    try:
        assert wait_for(lambda: bool(params_of(url)), process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert errors == "inkling: stopped; repeat the command to resume the search\n"
    inkling(*job, "--time", "0", cwd=tmp_path, code=1)
    first, queued = optuna.load_study(study_name="mine", storage=url).trials
    assert first.state == optuna.trial.TrialState.FAIL
    assert queued.state == optuna.trial.TrialState.WAITING
    assert queued.system_attrs["fixed_params"] == first.params


def params_of(url: str) -> dict[str, Any]:
    """What the first trial tries; nothing before it has begun."""
    try:
        trials = optuna.load_study(study_name="mine", storage=url).trials
    except Exception:  # the database is being made
        return {}
    return trials[0].params if trials else {}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
    end = time.monotonic() + 60
    while not condition() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.2)
    return condition()


def test_a_trial_that_diverges_is_a_line(few_npz: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[model]\nkind = "mlp"\n[optimizer]\nname = "sgd"\nweight_decay = 1\n'
        'learning_rate = 90\n[search]\n"optimizer.learning_rate" = { choices = [95, 100] }'
    )
    job = ["tune", "mine.toml", "--data", few_npz, "--trials", "2", "--device", "cpu"]
    done = inkling(*job, "--set", "epochs=20", cwd=tmp_path, code=1)
    assert done.stderr.count("diverged") == 2
    assert "no trial was completed" in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_an_ensemble_is_one_run(few_npz: Path, tmp_path: Path) -> None:
    job = ["train", "mlp-adam", "--ensemble", "2", "--data", few_npz, *QUICK, "--json"]
    result = json.loads(inkling(*job, cwd=tmp_path).stdout)
    one = json.loads(
        inkling("evaluate", result["run"], "--data", few_npz, "--json", cwd=tmp_path).stdout
    )
    assert one["accuracy"] == pytest.approx(result["test"]["accuracy"])
    done = inkling("train", "--resume", result["run"], "--ensemble", "2", cwd=tmp_path, code=2)
    assert "--ensemble" in done.stderr
