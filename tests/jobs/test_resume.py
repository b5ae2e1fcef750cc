"""A real process, really killed."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from inkling.training.run_folder import RunFolder
from tests.commands import command, inkling

ARGUMENTS = ["mlp-dropout-adam", "--set", "epochs=6", "--set", "ema=0.99", "--set", "batch_size=8"]
AUGMENT = ["--set", "augment.rotation_degrees=10", "--seed", "5"]


def weights_of(done: subprocess.CompletedProcess[str]) -> str:
    return json.loads(done.stdout)["weights_sha256"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, few) -> Path:
    import numpy as np

    path = tmp_path_factory.mktemp("data") / "few.npz"
    np.savez(path, X=few.images, y=few.labels)
    return path


@pytest.fixture(scope="module")
def uninterrupted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    inkling("train", *ARGUMENTS, *AUGMENT, "--data", data, "--out", out, "--json")
    return out


def start(data: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("train", *ARGUMENTS, *AUGMENT, "--data", data, "--out", out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not condition() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)


def assert_same_as_uninterrupted(out: Path, uninterrupted: Path) -> None:
    whole, mended = RunFolder(uninterrupted), RunFolder(out)
    assert mended.weights_path.read_bytes() == whole.weights_path.read_bytes()
    assert mended.read_card()["test"] == whole.read_card()["test"]

    def lines(folder: RunFolder) -> list[dict]:
        entries = [json.loads(line) for line in folder.metrics_path.read_text().splitlines()]
        return [{**entry, "examples_per_second": 0} for entry in entries]

    assert lines(mended) == lines(whole)


@pytest.mark.parametrize("kills", [1, 3])
def test_killed_at_any_moment_it_ends_with_the_same_bits(
    kills: int, data: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(data, out)
    state = out / "checkpoint" / "state.safetensors"
    for _ in range(kills):
        before = state.stat().st_mtime_ns if state.exists() else 0
        wait_for(lambda: state.exists() and state.stat().st_mtime_ns != before, process)  # noqa: B023
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if RunFolder(out).complete:
            break  # too quick for the last kill
        process = subprocess.Popen(
            command("train", "--resume", out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    process.communicate(timeout=120)
    assert_same_as_uninterrupted(out, uninterrupted)


def test_killed_before_the_first_checkpoint_it_starts_again(
    data: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(data, out)
    wait_for((out / "recipe.toml").exists, process)
    process.kill()
    process.communicate()
    inkling("train", "--resume", out, "--json")
    assert_same_as_uninterrupted(out, uninterrupted)


def test_ctrl_c_saves_in_mid_epoch_and_says_how_to_go_on(
    data: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(data, out)
    wait_for((out / "metrics.jsonl").exists, process)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"inkling train --resume {out}" in errors
    assert "Traceback" not in errors
    inkling("train", "--resume", out, "--json")
    assert_same_as_uninterrupted(out, uninterrupted)


def test_what_cannot_be_resumed(data: Path, uninterrupted: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, words in (
        (tmp_path / "nowhere", "does not exist"),
        (tmp_path / "empty", "is not a run folder"),
        (uninterrupted, "is finished"),
    ):
        assert words in inkling("train", "--resume", folder, code=1).stderr
    other = inkling("train", "mlp-deep", "--resume", uninterrupted, code=1)
    assert "was started with another recipe" in other.stderr
    inkling("train", "--resume", uninterrupted, "--seed", "1", code=2)


def test_changed_data_is_noticed(data: Path, tmp_path: Path, few) -> None:
    import numpy as np

    own, out = tmp_path / "own.npz", tmp_path / "run"
    np.savez(own, X=few.images, y=few.labels)
    process = start(own, out)
    wait_for((out / "metrics.jsonl").exists, process)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    np.savez(own, X=few.images[::-1], y=few.labels[::-1])
    assert "other data" in inkling("train", "--resume", out, code=1).stderr
