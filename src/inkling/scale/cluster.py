"""Starts a Ray cluster on this machine or connects to one, with clear errors."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from inkling.errors import InklingError, MissingExtraError, RunError
from inkling.scale.exit_message import explain_sudden_end

if TYPE_CHECKING:
    from types import ModuleType

HERE = "ray"  # the user's argument for a cluster on this machine
KNOCK_S = 5.0  # seconds until something must accept a connection
ANSWER_S = 14.5  # seconds until it must respond as a cluster; Ray itself would wait forever


@contextmanager
def cluster(address: str, cores: int | None = None) -> Iterator[ModuleType]:
    """The package `ray`, connected to `address` within the block.

    "ray" starts a cluster on this machine with `cores` cores. Raises `RunError` if no cluster
    responds or its version differs.
    """
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "ray") from error
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == HERE:
        # Without an address, Ray would join a cluster that runs here, or the one in RAY_ADDRESS.
        options |= {"address": "local", "num_cpus": cores, "include_dashboard": False}
    else:
        options["address"] = address
        _knock(address)
    with explain_sudden_end(address):
        try:
            with nullcontext() if address == HERE else _without_stderr():
                _connect(ray, address, options)
            yield ray
        finally:
            ray.shutdown()


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Discards what the process writes to stderr.

    Ray's C++ part logs a line per retry before it knows its log level. Failures become errors here.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (not a path on every system)
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def _knock(address: str) -> None:
    """Raises `RunError` if nothing listens, because Ray would retry for minutes."""
    place = address.partition("://")[2] or address
    host, _, port = place.rpartition(":")
    if not port.isdigit():
        if address == "auto":
            return
        raise RunError(
            f"{address} is not an address of a cluster. Use ray, HOST:PORT or ray://HOST:PORT"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_S).close()
    except (OSError, OverflowError) as error:
        raise RunError(f"no Ray cluster responds at {address}: {error}") from error


def _connect(ray: ModuleType, address: str, options: dict[str, Any]) -> None:
    failures: list[BaseException] = []

    def connect() -> None:
        try:
            ray.init(**options)
        except BaseException as error:  # Ray raises SystemExit, too
            failures.append(error)

    if address == HERE:
        connect()
    else:
        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        thread.join(ANSWER_S)
        if thread.is_alive():
            raise RunError(f"no Ray cluster responds at {address}: {_silence()}")
    if failures:
        raise _explain(address, failures[0])


def _silence() -> str:
    """Why something listens at an address, but a connection is not made."""
    other = "it is overloaded, something else listens there"
    # Ray sends its token to an explicit address only if the variable says so, and else retries.
    if os.environ.get("RAY_AUTH_MODE") == "token":
        return f"{other}, or the cluster has another token. Copy its ~/.ray/auth_token here"
    return f"{other}, or the cluster asks for a token. Set RAY_AUTH_MODE=token and try again"


def _explain(address: str, error: BaseException) -> InklingError:
    text = " ".join(str(error).split())
    if isinstance(error, KeyboardInterrupt):
        return RunError("stopped while Ray was starting")
    if "ersion" in text and ("mismatch" in text.lower() or "differ" in text.lower()):
        return RunError(
            f"the cluster at {address} has another version of Ray or Python: {text[:300]}"
        )
    if address == HERE:
        return RunError(f"Ray cannot start on this machine: {text[:300]}")
    return RunError(f"no Ray cluster responds at {address}: {text[:300]}")


def explain_failure(error: BaseException) -> InklingError:
    """The error of a task: its own `InklingError`, or a description."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, InklingError):
            return seen
        if isinstance(seen, ModuleNotFoundError):
            return RunError(
                f"the nodes of the cluster lack the package {seen.name!r}. Install the same "
                "version of inkling on each"
            )
        seen = getattr(seen, "cause", None) or seen.__cause__
    lines = [line for line in str(error).splitlines() if line.strip()]
    return RunError(f"a task on Ray failed: {lines[-1].strip() if lines else type(error).__name__}")
