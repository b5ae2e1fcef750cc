"""Overload: requests above the capacity are rejected quickly, and the service recovers."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from inkling.client import Client
from inkling.serving.admission import STALL_SECONDS
from tests.serving.conftest import START, serving
from tests.serving.images import drawing, photo

# The same service with shorter time limits than the command line allows.
SHORT_LIMITS = """
import sys
from inkling.serving.server import serve
from inkling.serving.settings import Settings
say = lambda address: print(address, flush=True)
serve("127.0.0.1", 0, 1, Settings(idle_seconds=0.3, body_seconds=0.6, held_bytes=3_000_000), say)
"""


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    with serving("--threads", "1", "--capacity", "2") as running:
        yield running.address


def test_requests_above_the_capacity_get_503(small: str) -> None:
    content = photo("42")
    with httpx.Client(base_url=small, timeout=60) as http, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: http.post("/v1/read", content=content), range(48)))
        statuses = {answer.status_code for answer in answers}
        assert statuses == {200, 503}
        for answer in answers:
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["type"] == "/docs#busy"
            else:
                assert answer.json()["text"] == "42"
        assert http.post("/v1/read", content=content).json()["text"] == "42"
        counted = http.get("/metrics").text
    refused = sum(answer.status_code == 503 for answer in answers)
    assert f"inkling_rejected_total {refused}.0" in counted
    assert "inkling_images_in_progress 0.0" in counted


def test_the_client_retries(small: str) -> None:
    content = photo("7")

    def read(_: int) -> str:
        with Client(small, retries=60) as client:
            return client.read(content).text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == ["7"] * 8


def test_a_batch_larger_than_the_queue_is_read_when_it_is_empty(small: str) -> None:
    with Client(small) as client:
        answers = client.read_many([drawing("7")] * 5)
    assert [getattr(answer, "text", "") for answer in answers] == ["7"] * 5


@pytest.fixture
def short_limits() -> Iterator[str]:
    command = [sys.executable, "-c", SHORT_LIMITS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().rstrip("/")
    finally:
        process.terminate()
        process.wait(START)
        process.stdout.close()  # type: ignore[union-attr]


def connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def receive_all(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"POST /v1/read HTTP/1.1\r\nHost: x\r\nX-"])
def test_silent_connections_are_closed(short_limits: str, sent: bytes) -> None:
    with connect(short_limits) as connection:
        connection.sendall(sent)
        assert receive_all(connection) == b""


def test_a_body_that_never_ends_is_408(short_limits: str) -> None:
    with connect(short_limits) as connection:
        connection.sendall(b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        answer = receive_all(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/docs#too-slow" in answer


def test_bodies_held_at_once_are_bounded(short_limits: str, seven: bytes) -> None:
    head = b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(short_limits)) for _ in range(3)]
        for connection in connections:
            connection.sendall(head + bytes(1_500_000))
        answers = [receive_all(connection) for connection in connections]
    assert any(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
    assert httpx.post(f"{short_limits}/v1/read", content=seven, timeout=60).json()["text"] == "7"


def test_200_slow_connections_do_not_block_others(address: str, seven: bytes) -> None:
    head = b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(connect(address))
            connection.sendall(head + seven[:500] if number % 2 else head[:30])
        assert httpx.get(f"{address}/healthz", timeout=20).json() == {"status": "ok"}
        time.sleep(20 * STALL_SECONDS)  # a body counts as slow after `STALL_SECONDS` of silence
        assert httpx.post(f"{address}/v1/read", content=seven, timeout=60).json()["text"] == "7"


def test_a_client_that_disconnects_is_not_an_error(address: str, seven: bytes) -> None:
    with connect(address) as connection:
        connection.sendall(b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nabc")
    with connect(address) as connection:
        length = str(len(seven)).encode()
        head = b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n"
        connection.sendall(head + seven)
    assert "499" in httpx.get(f"{address}/metrics", timeout=20).text
    assert httpx.get(f"{address}/healthz", timeout=20).status_code == 200
    assert 'status="500"' not in httpx.get(f"{address}/metrics", timeout=20).text
