"""A real `inkling serve` on loopback, and test images."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.serving.images import drawing

START = 60  # seconds; a loaded machine needs long to start Python and load the model


@dataclass(frozen=True)
class Running:
    """A service that was started for a test."""

    process: subprocess.Popen[str]
    address: str

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(START)


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "inkling", "serve", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"inkling serve ended with {process.wait(START)}"
        yield Running(process, json.loads(line)["address"].rstrip("/"))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(START)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def start() -> Callable[..., contextlib.AbstractContextManager[Running]]:
    return serving


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    """One service for all tests that only send requests."""
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def address(shared: Running) -> str:
    return shared.address


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def seven() -> bytes:
    return drawing("7")


@pytest.fixture(scope="session")
def forty_two() -> bytes:
    return drawing("42")
