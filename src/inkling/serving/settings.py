"""The settings of a service."""

import os
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1_000_000  # bytes


@dataclass(frozen=True)
class Settings:
    """Frozen and picklable: each worker process receives a copy.

    `threads`: reading threads. `capacity`: images that are read or wait; more are rejected.
    `body_bytes`: limit of one request body. `held_bytes`: limit of all bodies in one worker's
    memory. `body_seconds`: time limit for receiving a body. `idle_seconds`: time after which a
    connection without a request is closed. `corrections`: the folder that stores users'
    corrections; None stores none.
    """

    model: Path | None = None
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    capacity: int = 16
    allow_origins: tuple[str, ...] = ()
    body_bytes: int = 10 * MEGABYTE
    held_bytes: int = 128 * MEGABYTE
    body_seconds: float = 30.0
    idle_seconds: float = 10.0
    corrections: Path | None = None
