"""Starts and stops uvicorn: one process, or a parent with its workers."""

import logging
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from inkling.errors import ServiceError
from inkling.reading.recognise.network import load_network
from inkling.serving.app import build_app
from inkling.serving.corrections import CorrectionStore
from inkling.serving.idle_timeout import IdleTimeout
from inkling.serving.metrics import SHARED_FOLDER
from inkling.serving.settings import Settings

GRACE_SECONDS = 20  # for requests in progress when the service stops
BACKLOG = 1024  # connections that the kernel queues while the event loop is busy


def serve(
    host: str, port: int, workers: int, settings: Settings, announce: Callable[[str], None]
) -> None:
    """Serves until SIGTERM or SIGINT. Calls `announce` with the address once it is ready.

    Raises `ModelError`, and `ServiceError` if the address is not available.
    """
    network = load_network(settings.model)  # report an unusable model before anything starts
    if settings.corrections is not None:
        CorrectionStore(settings.corrections, network.card)  # and an unusable folder
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(host, port))
        threading.Thread(target=_announce, args=(listener, announce), daemon=True).start()
        # uvicorn raises the signal again after it has stopped; with this the exit code is 0.
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, _ignore_signal))
        config = _config(settings, workers)
        if workers == 1:
            uvicorn.Server(config).run([listener])
            return
        os.environ[SHARED_FOLDER] = stack.enter_context(tempfile.TemporaryDirectory())
        stack.callback(os.environ.pop, SHARED_FOLDER, None)
        Multiprocess(config, [listener]).run()


def _config(settings: Settings, workers: int) -> uvicorn.Config:
    protocol: Any = IdleTimeout(settings.idle_seconds)
    return uvicorn.Config(
        partial(build_app, settings),
        factory=True,
        workers=workers,
        http=protocol,
        ws="none",
        log_level=logging.ERROR,  # clients must not be able to fill the log
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    if not host:  # the system would listen on every network
        raise ServiceError("--host is empty. Give an address; 0.0.0.0 listens on every network.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise ServiceError(f"Cannot listen on {host} port {port}: {reason}.") from error
    except (TypeError, ValueError) as error:  # characters that are not allowed in a host name
        listener.close()
        raise ServiceError(f"Cannot listen on {host!a}: this is not a valid host name.") from error
    listener.set_inheritable(True)
    return listener


def _announce(listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Polls the service until it is ready."""
    host, port = str(listener.getsockname()[0]), int(listener.getsockname()[1])
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while not _is_ready(local, port):
        time.sleep(0.02)
    shown = f"[{host}]" if ":" in host else host
    announce(f"http://{shown}:{port}/")


def _is_ready(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _ignore_signal(_number: int, _frame: Any) -> None:
    """uvicorn has handled the signal already."""
