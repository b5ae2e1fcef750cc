"""Threads are chosen by what other processes leave free."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inkling.training import threads
from inkling.training.checkpoint import saved_threads
from inkling.training.threads import busy_tasks, choose_threads, computing_threads


@pytest.mark.parametrize(
    ("runnable", "cores", "chosen"), [(1, 4, 4), (2, 4, 3), (5, 4, 1), (9, 4, 1), (3, 16, 4)]
)
def test_busy_cores_are_not_used(
    runnable: int, cores: int, chosen: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load = tmp_path / "loadavg"
    load.write_text(f"0.10 0.20 0.30 {runnable}/400 1234\n")
    monkeypatch.setattr(threads, "LOAD", load)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: cores)
    with computing_threads(4):
        assert choose_threads(0) == chosen
        assert choose_threads(3) == 3  # a recipe that names a number gets it
    assert torch.get_num_threads() == 1


def test_where_the_load_is_not_known_nothing_is_held_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(threads, "LOAD", tmp_path / "none")
    assert busy_tasks() == 0
    monkeypatch.setattr(threads, "LOAD", tmp_path)
    assert busy_tasks() == 0


@pytest.mark.skipif(not threads.LOAD.exists(), reason="needs Linux")
def test_a_busy_process_is_seen() -> None:
    spinner = subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile True: pass"],
                               stdout=subprocess.PIPE)  # fmt: skip
    try:
        assert spinner.stdout is not None
        spinner.stdout.readline()
        assert busy_tasks() >= 1
    finally:
        spinner.kill()
        spinner.communicate()


def test_an_unreadable_checkpoint_names_no_threads(tmp_path: Path) -> None:
    assert saved_threads(None) == 0
    assert saved_threads(tmp_path / "checkpoint") == 0
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "state.safetensors").write_bytes(b"nonsense")
    assert saved_threads(tmp_path / "checkpoint") == 0
