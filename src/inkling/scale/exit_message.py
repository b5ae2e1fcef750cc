"""Prints a sentence if Ray ends this process, which it does silently when the head node is lost."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# It reads from a pipe that closes when this process ends, in whichever way. Ray's C++ part calls
# `_exit`, so neither `finally` nor `atexit` would run here.
WATCHER = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
if not sys.stdin.buffer.read():
    sys.stderr.write(sys.argv[1])
"""
DONE = b"done"


@contextmanager
def explain_sudden_end(address: str) -> Iterator[None]:
    """Prints one sentence to stderr if the process ends inside the block without unwinding it."""
    sentence = (
        f"inkling: this process was ended, by Ray if the head node of the cluster at {address} "
        "was lost, or from outside; repeat the command to resume\n"
    )
    command = [sys.executable, "-I", "-S", "-c", WATCHER, sentence]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as watcher:
        try:
            yield
        finally:
            watcher.communicate(DONE)
