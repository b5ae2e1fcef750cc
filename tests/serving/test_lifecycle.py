"""Start, readiness, several workers, and a shutdown that finishes running requests."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from tests.commands import inkling
from tests.serving.conftest import START, Running
from tests.serving.images import photo

Start = Callable[..., AbstractContextManager[Running]]


def refusal(*arguments: str) -> str:
    """The one sentence of a service that does not start."""
    done = inkling("serve", *arguments, code=1)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_shutdown_finishes_running_requests(start: Start, number: int) -> None:
    content = photo("42", 3000, 2400)
    with start("--threads", "1") as running, httpx.Client(timeout=60) as http:
        with ThreadPoolExecutor(4) as pool:
            url = f"{running.address}/v1/read"
            asked = [pool.submit(http.post, url, content=content) for _ in range(4)]
            metrics = f"{running.address}/metrics"
            while "inkling_images_in_progress 4.0" not in http.get(metrics).text:
                assert not all(future.done() for future in asked), "finished before the signal"
                time.sleep(0.005)
            code = running.stop(number)
            assert [future.result().json()["text"] for future in asked] == ["42"] * 4
        assert code == 0


def test_workers_share_one_address_and_their_metrics(start: Start, seven: bytes) -> None:
    with start("--workers", "2") as running:
        for _ in range(12):  # a new connection each time, so that both workers receive some
            answer = httpx.post(f"{running.address}/v1/read", content=seven, timeout=60)
            assert answer.json()["text"] == "7"
        text = httpx.get(f"{running.address}/metrics", timeout=60).text
        counted = re.findall(r'inkling_verdicts_total{verdict="digits"} (\S+)', text)
        assert counted == ["12.0"]
        assert running.stop() == 0


def test_one_line_reports_readiness() -> None:
    command = [sys.executable, "-m", "inkling", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address is not None
        assert httpx.get(f"{address[0]}readyz", timeout=60).json() == {"status": "ready"}
        process.terminate()
        assert process.stdout.read() == ""
        assert process.wait(START) == 0


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refusal("--port", port)


@pytest.mark.parametrize("host", ["", os.fsdecode(b"\xff"), "é" * 70])
def test_an_invalid_host_is_one_sentence(host: str) -> None:
    assert "host" in refusal("--port", "0", "--host", host)


def test_an_invalid_model_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"nothing")
    for model in (path, tmp_path / "absent.onnx"):
        assert model.name in refusal("--port", "0", "--model", str(model))


def test_no_torch_in_the_service(shared: Running) -> None:
    maps = Path(f"/proc/{shared.process.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc to see what a process has loaded")
    loaded = maps.read_text()
    assert "onnxruntime" in loaded
    assert "torch" not in loaded
