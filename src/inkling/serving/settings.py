"""What the operator of a service decides."""

import os
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1_000_000  # bytes, as the limits are told to people


@dataclass(frozen=True)
class Settings:
    """Frozen, and small enough to be sent to each worker process.

    `threads` read pictures side by side; `places` is how many pictures may be read or wait at
    once, those beyond are turned away. `body_bytes` bounds one request's body, `held_bytes` all
    bodies that one worker is receiving. `body_seconds` bounds how long a body may take,
    `silent_seconds` how long a connection may stay open without asking for anything.
    """

    model: Path | None = None
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    places: int = 16
    allow_origins: tuple[str, ...] = ()
    body_bytes: int = 10 * MEGABYTE
    held_bytes: int = 128 * MEGABYTE
    body_seconds: float = 30.0
    silent_seconds: float = 10.0
