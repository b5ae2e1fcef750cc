"""A small HTTP load generator: keep-alive connections on one event loop, with plain sockets.

Client libraries need more time than the services under test. This one needs about 0.1 ms per
request.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np


@dataclass(frozen=True)
class Sample:
    """One response: its start and duration in seconds, and its status."""

    at: float
    took: float
    status: int


@dataclass(frozen=True)
class Load:
    """The result of a run: all responses, and its duration in seconds."""

    samples: tuple[Sample, ...]
    seconds: float

    def of(self, *statuses: int) -> "Load":
        """The answers with one of these statuses."""
        return Load(tuple(s for s in self.samples if s.status in statuses), self.seconds)

    @property
    def rate(self) -> float:
        """Responses per second."""
        return len(self.samples) / self.seconds

    def percentile(self, rank: float) -> float:
        """The percentile of the durations, in milliseconds."""
        took = [sample.took * 1000 for sample in self.samples]
        return float(np.percentile(took, rank)) if took else float("nan")


class Connection:
    """One keep-alive connection; requests one after the other."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> int:
        """The status after the whole response arrived; 0 if the connection broke."""
        return (await self.ask(path, body))[0]

    async def ask(self, path: str, body: bytes, kind: str = "") -> tuple[int, bytes]:
        """The status and body of the response; 0 and nothing if the connection broke.

        `kind` is the media type of the body.
        """
        try:
            if self.streams is None or self.streams[0].at_eof():
                self.close()  # the service closes idle connections
                self.streams = await asyncio.open_connection(self.host, self.port)
            reader, writer = self.streams
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            head += f"Content-Type: {kind}\r\n\r\n" if kind else "\r\n"
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.lower().split(b"\r\n")
            length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
            return int(answer[9:12]), await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return 0, b""

    def close(self) -> None:
        """Closes the connection."""
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None


async def closed_loop(
    address: str, path: str, bodies: Sequence[bytes], connections: int, seconds: float
) -> Load:
    """Sends requests on `connections` connections, each one after the previous response."""
    started = time.perf_counter()
    samples: list[Sample] = []

    async def ask(offset: int) -> None:
        connection = Connection(address)
        turn = offset
        while (at := time.perf_counter()) - started < seconds:
            status = await connection.post(path, bodies[turn % len(bodies)])
            samples.append(Sample(at - started, time.perf_counter() - at, status))
            turn += connections
        connection.close()

    await asyncio.gather(*(ask(number) for number in range(connections)))
    return Load(tuple(samples), time.perf_counter() - started)


async def open_loop(
    address: str, path: str, bodies: Sequence[bytes], rate: float, seconds: float
) -> Load:
    """Sends `rate` requests per second, without waiting for responses."""
    started = time.perf_counter()
    samples: list[Sample] = []
    idle: list[Connection] = []
    running: set[asyncio.Task[None]] = set()

    async def ask(body: bytes, due: float) -> None:
        connection = idle.pop() if idle else Connection(address)
        status = await connection.post(path, body)
        samples.append(Sample(due, time.perf_counter() - started - due, status))
        idle.append(connection)

    sent = 0
    while (now := time.perf_counter() - started) < seconds:
        while sent / rate <= now:
            # Counted from now, not from when it was due: the client's own delay is not the
            # service's.
            task = asyncio.ensure_future(ask(bodies[sent % len(bodies)], now))
            running.add(task)
            task.add_done_callback(running.discard)
            sent += 1
        await asyncio.sleep(max(0.0, sent / rate - (time.perf_counter() - started)))
    while running:
        await asyncio.wait(set(running))
    for connection in idle:
        connection.close()
    return Load(tuple(samples), time.perf_counter() - started)
