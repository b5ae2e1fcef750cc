"""Chooses the number of threads: the cores that other processes leave free."""

import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch

LOAD = Path("/proc/loadavg")  # Linux; the fourth field is "runnable/all" tasks
SAMPLES, GAP_S = 9, 0.001


def choose_threads(wanted: int) -> int:
    """`wanted`, or for 0 the number of cores without other work, at most torch's threads.

    Threads of a training wait for each other at each operation. If one shares its core with a busy
    process, all wait: two threads then took three times as long as one (measured).
    """
    most = torch.get_num_threads()
    if wanted or most == 1:
        return wanted or most
    cores = os.cpu_count() or most
    return max(1, min(most, cores - busy_tasks()))


def busy_tasks() -> int:
    """The number of other runnable tasks: the median of 9 samples in 9 ms. 0 if unknown."""
    try:
        samples = []
        for _ in range(SAMPLES):
            time.sleep(GAP_S)
            runnable, _, _ = LOAD.read_text("ascii").split()[3].partition("/")
            samples.append(int(runnable) - 1)  # without this one
    except (OSError, ValueError, IndexError):
        return 0
    return max(0, int(statistics.median(samples)))


@contextlib.contextmanager
def computing_threads(count: int) -> Iterator[None]:
    """Sets torch's number of threads within the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
