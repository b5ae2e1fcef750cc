"""How many threads to compute with: those that other processes leave free."""

import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch

LOAD = Path("/proc/loadavg")  # Linux; its fourth field is "runnable/all" tasks of this moment
SAMPLES, GAP_S = 9, 0.001


def choose_threads(wanted: int) -> int:
    """`wanted`, or for 0 as many of torch's threads as there are cores without other work.

    Two threads of a training wait for each other at every operation. Where one of them shares its
    core with a busy process, both lose: three times the time of one thread alone, measured.
    """
    most = torch.get_num_threads()
    if wanted or most == 1:
        return wanted or most
    cores = os.cpu_count() or most
    return max(1, min(most, cores - busy_tasks()))


def busy_tasks() -> int:
    """How many other tasks want a core now: the median of 9 samples in 9 ms; 0 if unknown."""
    try:
        samples = []
        for _ in range(SAMPLES):
            time.sleep(GAP_S)
            runnable, _, _ = LOAD.read_text("ascii").split()[3].partition("/")
            samples.append(int(runnable) - 1)  # less this one
    except (OSError, ValueError, IndexError):
        return 0
    return max(0, int(statistics.median(samples)))


@contextlib.contextmanager
def computing_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads within the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
