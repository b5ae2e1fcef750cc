"""Stores users' corrections: a PNG and a JSON line each.

Several worker processes may write to one folder. A crop takes its name whole; a line is appended
in one write, under a lock where the system has one.
"""

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inkling.data.corrections import (
    CORRECTIONS_FILE,
    CROPS,
    MAX_CORRECTIONS,
    NO_DIGIT,
    decode_crop,
    encode_crop,
)
from inkling.errors import DataError, InklingError, ServiceError
from inkling.files import write_bytes
from inkling.reading.recognise.network import Card

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NAME_LETTERS = 24  # of the hash of a crop's pixels: one crop has one file


class FullError(ServiceError):
    """The folder holds as many corrections as it may."""


@dataclass(frozen=True)
class Correction:
    """A crop as PNG bytes, what was predicted for it, and what it truly shows."""

    crop: bytes
    predicted: str
    correct: str


class CorrectionStore:
    """The corrections of one service, in `folder`."""

    def __init__(self, folder: Path, card: Card, limit: int = MAX_CORRECTIONS) -> None:
        """Creates the folder. Raises `ServiceError` if it cannot be written."""
        self.folder = folder
        self.labels = (*card.labels, NO_DIGIT)
        self.limit = limit
        self._lock = threading.Lock()
        self._counted, self._count = 0, 0  # bytes of the file that were looked at, their lines
        try:
            (folder / CROPS).mkdir(parents=True, exist_ok=True)
            with self._open_lines():
                pass
        except OSError as error:
            raise ServiceError(
                f"cannot store corrections in {folder}: {error.strerror or error}"
            ) from error

    def save(self, correction: Correction) -> str:
        """Stores a correction and returns the name of its image in the folder.

        Raises `DataError` for a crop that is no PNG of 28x28 or a label that the model does not
        know, `FullError` at the limit, and `InklingError` where the disk is full.
        """
        for label in (correction.correct, correction.predicted):
            if label not in self.labels:
                raise DataError(f"'{label}' is not one of {', '.join(self.labels)}")
        pixels = decode_crop(correction.crop, "the image")
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()[:NAME_LETTERS]
        file = f"{CROPS}/{digest}.png"
        entry = {
            "file": file,
            "predicted": correction.predicted,
            "correct": correction.correct,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with self._lock, self._locked_lines() as lines:
            if self._count_lines(lines) >= self.limit:
                raise FullError(f"The folder holds {self.limit:,} corrections, which is the limit.")
            write_bytes(self.folder / file, encode_crop(pixels))
            _append(lines, json.dumps(entry) + "\n", self.folder / CORRECTIONS_FILE)
        return file

    def count(self) -> int:
        """The number of corrections that were stored, by all workers."""
        with self._lock, self._open_lines() as lines:
            return self._count_lines(lines)

    @contextlib.contextmanager
    def _open_lines(self) -> Iterator[int]:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        lines = os.open(self.folder / CORRECTIONS_FILE, flags, 0o644)
        try:
            yield lines
        finally:
            os.close(lines)  # this also gives back the lock

    @contextlib.contextmanager
    def _locked_lines(self) -> Iterator[int]:
        try:
            with self._open_lines() as lines:
                if fcntl is not None:
                    fcntl.flock(lines, fcntl.LOCK_EX)
                yield lines
        except OSError as error:
            reason = error.strerror or error
            raise InklingError(
                f"cannot write {self.folder / CORRECTIONS_FILE}: {reason}"
            ) from error

    def _count_lines(self, lines: int) -> int:
        """Counts what was appended since the last time; from the start if the file is shorter."""
        size = os.fstat(lines).st_size
        if size < self._counted:
            self._counted, self._count = 0, 0
        os.lseek(lines, self._counted, os.SEEK_SET)
        while chunk := os.read(lines, 1 << 20):
            self._count += chunk.count(b"\n")
            self._counted += len(chunk)
        return self._count


def _append(lines: int, text: str, path: Path) -> None:
    """One whole line, or the file as it was."""
    content = text.encode()
    size = os.fstat(lines).st_size
    if os.write(lines, content) < len(content):
        os.ftruncate(lines, size)
        raise InklingError(f"cannot write {path}: the disk is full")
    os.fsync(lines)
