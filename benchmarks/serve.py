"""Measures the service under load, and compares it with a student's service on the same cores.

    python benchmarks/serve.py speed        throughput, latency, memory: both services in turn
    python benchmarks/serve.py overload     four times the sustainable rate for 30 s
    python benchmarks/serve.py endurance    100,000 requests: does memory grow
    python benchmarks/serve.py slow         200 slow connections, and /healthz
    python benchmarks/serve.py check        64 connections for 160 s, all answers compared
    python benchmarks/serve.py batch        64 thumbnails in one request, against the bare reader

Prints one JSON object; `--json FILE` writes it to a file as well. Client and server share the
machine. Ratios and medians count; absolute numbers are this machine's on this day.
"""

import argparse
import asyncio
import base64
import contextlib
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits

from inkling.reading.pipeline import Reader
from inkling.types import Reading
from load import Connection, Load, closed_loop, open_loop
from outcome import add_json_option, write_json

CONNECTIONS = 16
BATCH_REQUESTS = 20  # in each measurement
STUDENT = Path(__file__).with_name("student_service.py")


@dataclass(frozen=True)
class Service:
    """A running service: address, path for images, process id."""

    address: str
    path: str
    pid: int

    def memory(self) -> float:
        """Resident megabytes of the process and its children."""
        pids, total = [self.pid], 0.0
        while pids:
            pid = pids.pop()
            status = Path(f"/proc/{pid}/status").read_text()
            total += int(status.split("VmRSS:")[1].split()[0]) / 1024
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return total

    def processor_seconds(self) -> float:
        """Time that the process has spent computing, all threads: what a busy machine leaves."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(command: list[str], port: int, path: str, probe: str) -> Iterator[Service]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(address + probe):
                break
            time.sleep(0.1)
        yield Service(address, path, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def inkling(*options: str) -> contextlib.AbstractContextManager[Service]:
    port = free_port()
    command = [sys.executable, "-m", "inkling", "serve", "--port", str(port), *options]
    return running(command, port, "/v1/read", "/readyz")


def student() -> contextlib.AbstractContextManager[Service]:
    port = free_port()
    return running([sys.executable, str(STUDENT), str(port)], port, "/predict", "/openapi.json")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def images() -> dict[str, list[bytes]]:
    """Three kinds of images: MNIST-like thumbnails, drawings, photos of paper."""
    scans = [np.uint8(scan * 15.9) for scan in load_digits().images[:64]]
    thumbs = [
        Image.fromarray(np.pad(np.asarray(Image.fromarray(scan).resize((20, 20))), 4))
        for scan in scans
    ]
    drawn = [draw(scan) for scan in scans]
    return {
        "thumbnails 28x28 PNG": [encode(thumb, "PNG") for thumb in thumbs],
        "drawings 480x360 PNG": [encode(image, "PNG") for image in drawn],
        "photos 1600x1200 JPEG": [photograph(image) for image in drawn[:16]],
    }


def draw(scan: np.ndarray) -> Image.Image:
    """A digit of pen strokes on a white page, its outline that of a scan."""
    large = Image.fromarray(scan).resize((160, 160), Image.Resampling.BICUBIC)
    ink = large.point(lambda grey: 255 if grey > 120 else 0).filter(ImageFilter.GaussianBlur(1))
    page = Image.new("L", (480, 360), 255)
    page.paste(0, (160, 100), ink)
    return page


def photograph(page: Image.Image) -> bytes:
    """A page under a lamp, with grain, as a phone stores it."""
    width, height = 1600, 1200
    ink = np.asarray(page.resize((width, height), Image.Resampling.BICUBIC), np.float64) / 255
    light = np.linspace(215, 150, width)[None, :] * np.linspace(1, 0.85, height)[:, None]
    noise = np.random.default_rng(1).normal(0, 4, (height, width))
    grey = np.clip(ink * (light - 45) + 45 + noise, 0, 255).astype(np.uint8)
    return encode(Image.fromarray(grey).convert("RGB"), "JPEG", quality=88)


async def answered(
    service: Service, bodies: list[bytes], seconds: float, connections: int = CONNECTIONS
) -> Load:
    load = await closed_loop(service.address, service.path, bodies, connections, seconds)
    refused = len(load.samples) - len(load.of(200).samples)
    if refused:
        raise SystemExit(f"{refused} of {len(load.samples)} requests were not answered with 200")
    return load


def speed(seconds: float, rounds: int, only: str) -> dict[str, Any]:
    """Both services run all the time and are measured in turn, so that other load affects both."""
    results: dict[str, Any] = {}
    kinds = {kind: bodies for kind, bodies in images().items() if only in kind}
    with inkling() as ours, student() as theirs:
        for kind, bodies in kinds.items():
            pairs = []
            for _ in range(rounds):
                pairs.append({"inkling": measure(ours, bodies, seconds),
                              "student": measure(theirs, bodies, seconds)})  # fmt: skip
            results[kind] = {
                name: {
                    each: round(statistics.median(pair[name][each] for pair in pairs), 2)
                    for each in ("rate", "p50", "p99", "processor_ms")
                }
                for name in ("inkling", "student")
            }
            results[kind]["throughput_ratio"] = spread(
                [pair["inkling"]["rate"] / pair["student"]["rate"] for pair in pairs]
            )
            results[kind]["processor_ratio"] = spread(
                [
                    pair["student"]["processor_ms"] / pair["inkling"]["processor_ms"]
                    for pair in pairs
                ]
            )
            results[kind]["p99_ratio"] = spread(
                [pair["inkling"]["p99"] / pair["student"]["p99"] for pair in pairs]
            )
        memory = {"inkling": ours.memory(), "student": theirs.memory()}
    results["memory_mb"] = {name: round(value, 1) for name, value in memory.items()}
    results["memory_ratio"] = round(memory["inkling"] / memory["student"], 3)
    return results


def measure(service: Service, bodies: list[bytes], seconds: float) -> dict[str, float]:
    before = service.processor_seconds()
    load = asyncio.run(answered(service, bodies, seconds))
    spent = (service.processor_seconds() - before) / len(load.samples)
    return {
        "rate": load.rate,
        "p50": load.percentile(50),
        "p99": load.percentile(99),
        "processor_ms": spent * 1000,
    }


def spread(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "n": len(values),
    }


def overload(seconds: float, capacity: int) -> dict[str, Any]:
    bodies = images()["drawings 480x360 PNG"]
    with inkling("--capacity", str(capacity)) as service:
        connections = min(capacity, CONNECTIONS)
        asyncio.run(answered(service, bodies, 2, connections))
        sustainable = asyncio.run(answered(service, bodies, 5, connections)).rate
        unloaded = asyncio.run(
            open_loop(service.address, service.path, bodies, 0.5 * sustainable, 10)
        )
        flood = asyncio.run(
            open_loop(service.address, service.path, bodies, 4 * sustainable, seconds)
        )
        recovered = asyncio.run(recovery(service, bodies[0], unloaded.percentile(99)))
    accepted, refused = flood.of(200), flood.of(503)
    return {
        "capacity": capacity,
        "sustainable_rate": round(sustainable, 1),
        "offered_rate": round(flood.rate, 1),
        "unloaded_p99_ms": round(unloaded.percentile(99), 1),
        "accepted": len(accepted.samples),
        "accepted_rate": round(accepted.rate, 1),
        "accepted_p99_ms": round(accepted.percentile(99), 1),
        "accepted_p99_ratio": round(accepted.percentile(99) / unloaded.percentile(99), 2),
        "refused": len(refused.samples),
        "refused_p50_ms": round(refused.percentile(50), 1),
        "refused_p99_ms": round(refused.percentile(99), 1),
        "refused_max_ms": round(refused.percentile(100), 1),
        "other_statuses": len(flood.samples) - len(accepted.samples) - len(refused.samples),
        "recovered_after_s": recovered,
    }


async def recovery(service: Service, body: bytes, usual_ms: float) -> float | None:
    """Seconds until five answers in a row are 200 and as quick as unloaded; None after 10."""
    connection, started, good = Connection(service.address), time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < 10:
        at = time.perf_counter()
        status = await connection.post(service.path, body)
        quick = (time.perf_counter() - at) * 1000 <= usual_ms
        good = good + 1 if status == 200 and quick else 0
        if good == 5:
            return round(passed, 2)
    return None


def endurance(count: int) -> dict[str, Any]:
    """Memory after a warm-up and after `count` requests more, a mixture with bad ones among it."""
    kinds = images()
    bodies = kinds["thumbnails 28x28 PNG"] * 4 + kinds["drawings 480x360 PNG"][:8] + [b"none"] * 8
    with inkling() as service:
        readings = [(0, service.memory())]
        asked = 0
        while asked < count + 5000:
            load = asyncio.run(closed_loop(service.address, service.path, bodies, CONNECTIONS, 10))
            asked += len(load.samples)
            readings.append((asked, round(service.memory(), 1)))
            print(readings[-1], file=sys.stderr, flush=True)
    warm = next(memory for asked, memory in readings if asked >= 5000)
    return {
        "requests": asked,
        "memory_mb_after_5000": warm,
        "memory_mb_at_end": readings[-1][1],
        "growth": round(readings[-1][1] / warm - 1, 4),
    }


def slow(seconds: float) -> dict[str, Any]:
    """The time that /healthz takes while 200 connections send a byte now and then."""
    with inkling() as service, contextlib.ExitStack() as stack:
        host, port = "127.0.0.1", int(service.address.rsplit(":", 1)[1])
        head = b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        sockets = [stack.enter_context(socket.create_connection((host, port))) for _ in range(200)]
        for number, connection in enumerate(sockets):
            connection.sendall(head if number % 2 else head[:20])
        took = []
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            for connection in sockets[::7]:
                with contextlib.suppress(OSError):
                    connection.sendall(b"x")
            at = time.perf_counter()
            with urllib.request.urlopen(f"{service.address}/healthz") as answer:
                answer.read()
            took.append((time.perf_counter() - at) * 1000)
            time.sleep(0.02)
    return {
        "asked": len(took),
        "healthz_p50_ms": round(float(np.percentile(took, 50)), 1),
        "healthz_p99_ms": round(float(np.percentile(took, 99)), 1),
        "healthz_max_ms": round(max(took), 1),
    }


def check(seconds: float) -> dict[str, Any]:
    """Compares each answer at 64 connections with that of `Reader.read`. A 503 is asked again."""
    bodies = [body for kind in images().values() for body in kind]
    expected = [
        (one.verdict, one.text, [digit.confidence for digit in one.digits])
        for one in Reader.load().read(bodies)
        if isinstance(one, Reading)
    ]
    counts: Counter[str] = Counter()
    gaps = [0.0]

    async def ask(address: str, offset: int) -> None:
        connection, turn, started = Connection(address), offset, time.perf_counter()
        while time.perf_counter() - started < seconds:
            status, content = await connection.ask("/v1/read", bodies[turn % len(bodies)])
            if status != 200:
                counts[f"status {status}"] += 1
                await asyncio.sleep(0.2)
                continue
            verdict, text, confidences = expected[turn % len(bodies)]
            entry = json.loads(content)
            found = [digit["confidence"] for digit in entry["digits"]]
            same = (entry["verdict"], entry["text"]) == (verdict, text)
            same = same and len(found) == len(confidences)
            gaps.extend(abs(a - b) for a, b in zip(found, confidences, strict=False))
            counts["same" if same else "different"] += 1
            turn += 7
        connection.close()

    async def ask_on_all(address: str) -> None:
        await asyncio.gather(*(ask(address, number) for number in range(4 * CONNECTIONS)))

    with inkling() as service:
        asyncio.run(ask_on_all(service.address))
    return {
        "connections": 4 * CONNECTIONS,
        "seconds": seconds,
        "answers": dict(counts),
        "greatest_difference_of_a_confidence": max(gaps),
    }


def batch(rounds: int) -> dict[str, Any]:
    """Images per second of requests with 64 thumbnails (base64 in JSON), and of the bare reader."""
    bodies = images()["thumbnails 28x28 PNG"]
    entries = [{"image": base64.b64encode(body).decode()} for body in bodies]
    body = json.dumps({"images": entries}).encode()
    reader = Reader.load()

    async def ask_some(address: str) -> None:
        connection = Connection(address)
        for _ in range(BATCH_REQUESTS):
            status, answer = await connection.ask("/v1/read/batch", body, "application/json")
            if status != 200 or len(json.loads(answer)) != len(bodies):
                raise SystemExit(f"a batch was answered with {status}")
        connection.close()

    def read_some(_: str) -> None:
        for _ in range(BATCH_REQUESTS):
            reader.read(bodies)

    def rate(work: Callable[[str], None], address: str) -> float:
        started = time.perf_counter()
        work(address)
        return BATCH_REQUESTS * len(bodies) / (time.perf_counter() - started)

    with inkling() as service:
        pairs = [
            (
                rate(lambda address: asyncio.run(ask_some(address)), service.address),
                rate(read_some, service.address),
            )
            for _ in range(rounds + 1)
        ][1:]
    return {
        "images": len(bodies),
        "service_rate": round(statistics.median(ours for ours, _ in pairs)),
        "reader_rate": round(statistics.median(bare for _, bare in pairs)),
        "ratio": spread([ours / bare for ours, bare in pairs]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", choices=["speed", "overload", "endurance", "slow", "check", "batch"]
    )
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="of each pair (speed, batch)")
    parser.add_argument("--only", default="", help="kinds with this in their name (speed)")
    parser.add_argument("--count", type=int, default=100_000, help="of requests (endurance)")
    parser.add_argument("--capacity", type=int, default=16, help="of the queue (overload)")
    add_json_option(parser)
    chosen = parser.parse_args()
    jobs = {
        "speed": lambda: speed(chosen.seconds or 4, chosen.rounds, chosen.only),
        "overload": lambda: overload(chosen.seconds or 30, chosen.capacity),
        "endurance": lambda: endurance(chosen.count),
        "slow": lambda: slow(chosen.seconds or 9),
        "check": lambda: check(chosen.seconds or 160),
        "batch": lambda: batch(chosen.rounds),
    }
    machine = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}
    write_json({"what": chosen.what, **machine, **jobs[chosen.what]()}, chosen.json)


if __name__ == "__main__":
    main()
