"""Work in a process of its own that can be killed at any time, and a small training as work."""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inkling.data.embedded import embedded_digits
from inkling.jobs.train import resume, train


def start(work: Callable[[], object]) -> int:
    """The process id of a fork that does the work without output."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        work()
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def seconds_of(work: Callable[[], object]) -> float:
    """Does the work in a fork; returns its seconds."""
    began = time.perf_counter()
    _, status = os.waitpid(start(work), 0)
    if status:
        raise SystemExit(f"the work failed: {status}")
    return time.perf_counter() - began


def kill_after(work: Callable[[], object], seconds: float) -> bool:
    """Whether the work was killed before its end."""
    process = start(work)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if os.waitpid(process, os.WNOHANG)[0]:
            return False
        time.sleep(0.0005)
    os.kill(process, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


RECIPE = "mlp-dropout-adam"
CHANGES = ("training.epochs=5", "training.batch_size=8", "training.threads=1", "model.widths=[32]")


def train_on(data: Path, run: Path) -> None:
    """What a user does: resume the run, or begin again if it has not begun."""
    if (run / "recipe.toml").exists():
        resume(run, figures=False)
    else:
        train(RECIPE, data=str(data), out=run, changes=CHANGES, seed=3, figures=False)


def few_digits(folder: Path) -> Path:
    digits = embedded_digits()
    path = folder / "few.npz"
    np.savez(path, X=digits.images[:400], y=digits.labels[:400])
    return path


def weights_of(run: Path) -> str:
    return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()
