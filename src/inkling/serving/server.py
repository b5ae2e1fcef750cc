"""uvicorn started, watched and stopped: one process, or a parent with its workers."""

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
from inkling.serving.metrics import SHARED_FOLDER
from inkling.serving.patience import Patience
from inkling.serving.settings import Settings

GRACE_SECONDS = 20  # for what is in flight when the service is told to stop
BACKLOG = 1024  # connections that the system holds while the event loop is busy


def serve(
    host: str, port: int, workers: int, settings: Settings, announce: Callable[[str], None]
) -> None:
    """Serves until SIGTERM or SIGINT; calls `announce` with the address once it can read.

    Raises `ModelError`, and `ServiceError` where the address cannot be had.
    """
    load_network(settings.model)  # a model that cannot be used is told before anything starts
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(host, port))
        threading.Thread(target=_announce, args=(listener, announce), daemon=True).start()
        # uvicorn raises the signal again after it has stopped; this lets the command end with 0.
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, _stop_quietly))
        config = _config(settings, workers)
        if workers == 1:
            uvicorn.Server(config).run([listener])
            return
        os.environ[SHARED_FOLDER] = stack.enter_context(tempfile.TemporaryDirectory())
        stack.callback(os.environ.pop, SHARED_FOLDER, None)
        Multiprocess(config, [listener]).run()


def _config(settings: Settings, workers: int) -> uvicorn.Config:
    protocol: Any = Patience(settings.silent_seconds)
    return uvicorn.Config(
        partial(build_app, settings),
        factory=True,
        workers=workers,
        http=protocol,
        ws="none",
        log_level=logging.ERROR,  # a stranger must not be able to fill the log
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    if not host:  # the system would take it for every network
        raise ServiceError("--host is empty: name an address; 0.0.0.0 is every network")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise ServiceError(f"cannot listen on {host} port {port}: {reason}") from error
    except (TypeError, ValueError) as error:  # letters that no name of a host may have
        listener.close()
        raise ServiceError(f"cannot listen on {host!a}: that is no name of a host") from error
    listener.set_inheritable(True)
    return listener


def _announce(listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Asks the service whether it is ready until it says so."""
    host, port = str(listener.getsockname()[0]), int(listener.getsockname()[1])
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while not _is_ready(near, port):
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


def _stop_quietly(_number: int, _frame: Any) -> None:
    """What was asked for has been done already."""
