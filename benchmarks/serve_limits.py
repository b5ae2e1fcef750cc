"""The service at its limits: overload, a long run, slow clients."""

import asyncio
import contextlib
import socket
import sys
import time
import urllib.request
from typing import Any

import numpy as np

from load import Connection, Load, closed_loop, open_loop
from serve_images import images
from serve_processes import Service, inkling

CONNECTIONS = 16


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


async def answered(
    service: Service, bodies: list[bytes], seconds: float, connections: int = CONNECTIONS
) -> Load:
    load = await closed_loop(service.address, service.path, bodies, connections, seconds)
    refused = len(load.samples) - len(load.of(200).samples)
    if refused:
        raise SystemExit(f"{refused} of {len(load.samples)} requests were not answered with 200")
    return load


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
