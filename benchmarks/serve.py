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
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from inkling.reading.pipeline import Reader
from inkling.types import Reading
from load import Connection
from outcome import add_json_option, write_json
from serve_images import images
from serve_limits import CONNECTIONS, answered, endurance, overload, slow
from serve_processes import Service, inkling, student

BATCH_REQUESTS = 20  # in each measurement


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
