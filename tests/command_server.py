"""Starts inkling's commands as forks of a process that has already imported the libraries.

    python tests/command_server.py SOCKET           the server
    python tests/command_server.py SOCKET COMMAND   a client: what a test or a script calls

A fork starts in a tenth of a second, a new interpreter in three to six, since it imports torch.
Each command is a process of its own. It takes over the client's folder, environment, streams and
limits, and it imports inkling itself. The client forwards signals and ends with the command's exit
code. If the client is killed, the command is too.
"""

import array
import json
import os
import resource
import signal
import socket
import sys
from types import FrameType

LIBRARIES = (
    "numpy", "cv2", "PIL.Image", "onnx", "onnxruntime", "torch", "torch.onnx", "safetensors.torch",
    "pydantic", "rich.progress", "typer", "scipy.ndimage", "scipy.optimize", "sklearn.datasets",
    "sklearn.metrics", "jinja2", "matplotlib.figure", "optuna", "sqlalchemy",
)  # fmt: skip
MAX_REQUEST = 1 << 17  # bytes


def call(path: str, arguments: list[str]) -> None:
    """The client: has the server run a command, and ends as the command ends."""
    request = {
        "arguments": arguments,
        "folder": os.getcwd(),  # noqa: PTH109 (pathlib would double the start time)
        "environment": dict(os.environ),
        "file_bytes": resource.getrlimit(resource.RLIMIT_FSIZE),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)
        streams = array.array("i", [0, 1, 2])
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)
        connection.sendmsg([json.dumps(request).encode()], [rights])
        child = int(connection.recv(20))

        def forward(number: int, frame: FrameType | None) -> None:
            os.kill(child, number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, forward)
        code = int(connection.recv(20))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if code != -signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    os._exit(code)


def serve(path: str) -> None:
    """The server: forks for each client until it is ended."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen(64)
        _import_libraries()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nothing waits for the monitors
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                if _start(connection):
                    return
                os._exit(0)
            connection.close()


def _import_libraries() -> None:
    import importlib

    # Read when the libraries are loaded; `inkling.cli.main` sets the same.
    os.environ |= {"GOMP_SPINCOUNT": "10000", "OPENCV_FOR_THREADS_NUM": "1"}
    for name in LIBRARIES:
        importlib.import_module(name)


def _start(connection: socket.socket) -> bool:
    """Forks the command. True in the command itself; the other process watches it to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    content, ancillary, _, _ = connection.recvmsg(MAX_REQUEST, socket.CMSG_SPACE(12))
    if not content:
        return False
    streams = array.array("i", ancillary[0][2])
    child = os.fork()
    if child == 0:
        connection.close()
        _become(json.loads(content), list(streams))
        return True
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    connection.send(str(child).encode())
    _watch(connection, child)
    return False


def _watch(connection: socket.socket, child: int) -> None:
    """Sends the exit code of the command; kills it if the client is gone."""
    import threading

    def kill_if_gone() -> None:
        if not connection.recv(1):
            os.kill(child, signal.SIGKILL)

    threading.Thread(target=kill_if_gone, daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        connection.send(str(code).encode())
    except OSError:
        return  # the client is gone


def _become(request: dict, streams: list[int]) -> None:
    """Takes over the folder, environment, streams and limits of a client."""
    import io

    os.chdir(request["folder"])
    os.environ.clear()
    os.environ |= request["environment"]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding)
    outputs = [io.BufferedWriter(io.FileIO(number, "w", closefd=False)) for number in (1, 2)]
    sys.stdout = io.TextIOWrapper(outputs[0], encoding)
    sys.stderr = io.TextIOWrapper(outputs[1], encoding, "backslashreplace", line_buffering=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, request["file_bytes"])
    sys.argv = ["inkling", *request["arguments"]]


def _run() -> int:
    """Runs inkling and what it has left for the end, and returns the exit code.

    The interpreter cannot end as usual: the libraries wait for threads that a fork does not have.
    """
    import atexit
    import runpy
    import threading
    import traceback

    try:
        runpy.run_module("inkling", run_name="__main__", alter_sys=True)
        code: object = 0
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        call(sys.argv[1], sys.argv[2:])
    serve(sys.argv[1])
    os._exit(_run())
