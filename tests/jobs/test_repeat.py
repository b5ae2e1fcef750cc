"""Seeds are runs like any other; what was done is not done again."""

import json
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import RecipeError, RunError
from inkling.jobs.repeat import SEEDS_FILE, repeat
from inkling.jobs.train import train
from inkling.training.ensemble import as_ensemble
from inkling.training.history import EpochMetrics
from inkling.training.recipe_text import load_recipe

QUICK = ["widths=[16]", "epochs=2", "batch_size=64"]


class KilledError(Exception):
    pass


class KillAfter:
    """A callback that kills the training behind its `epochs`-th epoch."""

    def __init__(self, epochs: int) -> None:
        self.left = epochs

    def on_step(self, step: int, total: int) -> None:
        pass

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        self.left -= 1
        if self.left == 0:
            raise KilledError


def hashes(runs: tuple[dict[str, Any], ...]) -> list[str]:
    return [run["weights_sha256"] for run in runs]


def test_each_seed_is_what_train_gives(few_npz: Path, tmp_path: Path) -> None:
    result = repeat("mlp-adam", 2, data=str(few_npz), out=tmp_path / "r", changes=QUICK)
    alone = train("mlp-adam", data=str(few_npz), seed=1, out=tmp_path / "one", changes=QUICK)
    assert result.runs[1]["weights_sha256"] == alone.weights_sha256
    assert hashes(result.runs)[0] != alone.weights_sha256
    accuracies = [run["test"]["accuracy"] for run in result.runs]
    assert result.accuracy.mean == pytest.approx(sum(accuracies) / 2)
    assert result.validation_accuracy is not None
    assert result.train_seconds.minimum > 0
    assert json.loads(json.dumps(result.as_json()))["seeds"] == [0, 1]


def test_more_seeds_add_to_those_that_are_there(few_npz: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    job = {"data": str(few_npz), "out": tmp_path / "r", "changes": QUICK}
    first = repeat("mlp-adam", 2, **job, on_seed=lambda run: seen.append(run["seed"]))
    more = repeat("mlp-adam", 3, **job, on_seed=lambda run: seen.append(run["seed"]))
    assert seen == [0, 1, 2]
    assert more.runs[:2] == first.runs
    assert len((tmp_path / "r" / SEEDS_FILE).read_text().splitlines()) == 3


def test_a_killed_seed_goes_on_and_ends_the_same(few_npz: Path, tmp_path: Path) -> None:
    job = {"data": str(few_npz), "changes": QUICK}
    whole = repeat("mlp-adam", 2, out=tmp_path / "whole", **job)
    with pytest.raises(KilledError):
        repeat("mlp-adam", 2, out=tmp_path / "killed", callback=KillAfter(3), **job)
    again = repeat("mlp-adam", 2, out=tmp_path / "killed", **job)
    assert hashes(again.runs) == hashes(whole.runs)


def test_a_killed_ensemble_goes_on_within_its_member(few_npz: Path, tmp_path: Path) -> None:
    """What its first members have learnt is not thrown away."""
    duo = as_ensemble(load_recipe("mlp-adam", QUICK), 2)
    whole = repeat(duo, 1, data=str(few_npz), out=tmp_path / "whole")
    with pytest.raises(KilledError):
        repeat(duo, 1, data=str(few_npz), out=tmp_path / "killed", callback=KillAfter(3))
    callback = KillAfter(99)
    again = repeat(duo, 1, data=str(few_npz), out=tmp_path / "killed", callback=callback)
    assert hashes(again.runs) == hashes(whole.runs)
    assert 99 - callback.left == 2  # epochs: those of the second member, the first is kept


def test_a_lost_line_is_taken_from_the_card(few_npz: Path, tmp_path: Path) -> None:
    job = {"data": str(few_npz), "out": tmp_path / "r", "changes": QUICK}
    first = repeat("mlp-adam", 1, **job)
    (tmp_path / "r" / SEEDS_FILE).unlink()
    again = repeat("mlp-adam", 1, **job)
    assert hashes(again.runs) == hashes(first.runs)
    assert again.accuracy == first.accuracy
    assert again.train_seconds == first.train_seconds


def test_a_folder_of_something_else_is_not_changed(few_npz: Path, tmp_path: Path) -> None:
    job = {"data": str(few_npz), "out": tmp_path / "r"}
    repeat("mlp-adam", 1, **job, changes=QUICK)
    with pytest.raises(RunError, match="another recipe"):
        repeat("mlp-adam", 1, **job, changes=[*QUICK, "learning_rate=0.01"])
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    with pytest.raises(RunError, match="Choose another --out"):
        repeat("mlp-adam", 1, data=str(few_npz), out=foreign, changes=QUICK)
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]
    with pytest.raises(RunError, match="is a file, not a folder"):
        repeat("mlp-adam", 1, data=str(few_npz), out=foreign / "letter.txt", changes=QUICK)
    assert (foreign / "letter.txt").read_text() == "mine"


def test_seeds_that_no_recipe_may_have_are_known_before_the_folder_is_made(
    few_npz: Path, tmp_path: Path
) -> None:
    job = {"data": str(few_npz), "out": tmp_path / "r", "changes": QUICK}
    for first in (2**31, 2**31 - 1):
        with pytest.raises(RecipeError, match="must be within"):
            repeat("mlp-adam", 2, **job, first_seed=first)
    assert not (tmp_path / "r").exists()


def test_a_recipe_that_is_no_text_is_named(few_npz: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "recipe.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(RecipeError, match="is damaged"):
        repeat("mlp-adam", 1, data=str(few_npz), out=tmp_path / "r", changes=QUICK)


def test_a_damaged_record_is_named(few_npz: Path, tmp_path: Path) -> None:
    job = {"data": str(few_npz), "out": tmp_path / "r", "changes": QUICK}
    repeat("mlp-adam", 1, **job)
    (tmp_path / "r" / SEEDS_FILE).write_text("{not json\n")
    with pytest.raises(RunError, match="is damaged"):
        repeat("mlp-adam", 1, **job)
