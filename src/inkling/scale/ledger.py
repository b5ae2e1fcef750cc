"""The ledger of one output file: its identity, its finished parts, and how they are joined.

For `answers.csv`, the parts and `parts.jsonl` are in the folder `answers.csv.parts`, which is
removed at the end. `answers.csv.manifest.json` stays; it describes the inputs of the file. A part
is finished when its line is in `parts.jsonl`, so the process may be killed at any time.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from inkling.errors import RunError
from inkling.files import replacing, write_bytes, write_text
from inkling.scale.chunk import Chunk, Part
from inkling.scale.rows import FORMATS

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@dataclass(frozen=True)
class Identity:
    """The inputs that must not change while answers are added to a file."""

    inkling: str
    model_sha256: str
    expect_one: bool
    format: str


WORDS = {
    "inkling": "version of inkling",
    "model_sha256": "model",
    "expect_one": "choice of --expect-one",
    "format": "format",
}


@dataclass(frozen=True)
class Record:
    """One finished part. `digest` is that of its chunk."""

    number: int
    rows: int
    failed: int
    digest: str


class Ledger:
    """The state of one output file. Use it within `open_ledger`, which locks it."""

    def __init__(self, out: Path, identity: Identity) -> None:
        """Reads the existing parts. Raises `RunError` if `out` has another origin."""
        self.out = out
        self.folder = parts_folder(out)
        self.manifest = out.with_name(f"{out.name}.manifest.json")
        self.identity = identity
        self.finished: dict[str, Any] | None = None
        self.records: dict[int, Record] = {}
        self._digest = hashlib.sha256()
        self._resume()

    @property
    def rows(self) -> int:
        """The number of images answered so far."""
        return sum(record.rows for record in self.records.values())

    @property
    def failed(self) -> int:
        """The number of images that could not be read."""
        return sum(record.failed for record in self.records.values())

    def missing(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks that are not answered yet.

        Raises `RunError` if a finished chunk has other images now.
        """
        count = 0
        for chunk in chunks:
            count += 1
            self._digest.update(chunk.digest.encode())
            record = self.records.get(chunk.number)
            if record is None:
                yield chunk
            elif record.digest != chunk.digest:
                raise self._other_images(f"{chunk.names[0]} to {chunk.names[-1]} changed")
        if len(self.records) and max(self.records) >= count:
            raise self._other_images("there are fewer images now")

    def keep(self, part: Part, digest: str) -> None:
        """Writes a part, then its line. Raises `InklingError` if the disk is full."""
        write_bytes(self._path(part.number), part.content)
        record = Record(part.number, part.rows, part.failed, digest)
        with self._lines().open("ab") as file:
            file.write(json.dumps(asdict(record)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.records[part.number] = record

    def finish(self) -> None:
        """Joins the parts to the output file, writes the manifest, and removes the parts."""
        paths = [self._path(number) for number in sorted(self.records)]
        with replacing(self.out) as temporary:
            FORMATS[self.identity.format].join(paths, temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        self.finished = {
            "rows": self.rows,
            "failed": self.failed,
            "images_sha256": self._digest.hexdigest(),
        }
        self._write_manifest()
        shutil.rmtree(self.folder, ignore_errors=True)

    def check_finished(self, chunks: Iterator[Chunk]) -> None:
        """Raises `RunError` if the finished file was made from other images."""
        total = hashlib.sha256()
        for chunk in chunks:
            total.update(chunk.digest.encode())
        if self.finished and total.hexdigest() != self.finished["images_sha256"]:
            raise self._other_images("they are not the same images")

    def _resume(self) -> None:
        if self.manifest.exists():
            self._read_manifest()
        else:
            taken = self.out if self.out.exists() else self.folder
            if self.out.exists() or any(self.folder.iterdir()):
                raise RunError(
                    f"{taken} exists, but {self.manifest.name}, which describes its inputs, "
                    "does not. Choose another --out"
                )
            self._write_manifest()
        if self.finished is None:
            self._read_lines()

    def _read_manifest(self) -> None:
        try:
            content = json.loads(self.manifest.read_bytes())
            found, self.finished = Identity(**content["identity"]), content["finished"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{self.manifest} is damaged ({error}). Choose another --out") from error
        if found != self.identity:
            key = next(k for k, v in asdict(found).items() if v != getattr(self.identity, k))
            raise RunError(f"{self.out} was made with another {WORDS[key]}. Choose another --out")
        if self.finished is not None and not self.out.exists():
            self.finished = None  # the user removed the answers, so they are made again

    def _read_lines(self) -> None:
        if not self._lines().exists():
            return
        whole = b""
        for line in self._lines().read_bytes().splitlines(keepends=True):
            with suppress(ValueError, TypeError):  # cut off by the end of the process
                record = Record(**json.loads(line))
                if line.endswith(b"\n") and self._path(record.number).exists():
                    self.records[record.number] = record
                    whole += line
        write_bytes(self._lines(), whole)  # the next line must not be appended to an incomplete one

    def _write_manifest(self) -> None:
        content = {"identity": asdict(self.identity), "finished": self.finished}
        write_text(self.manifest, json.dumps(content, indent=1) + "\n")

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:08d}{self.identity.format}"

    def _lines(self) -> Path:
        return self.folder / "parts.jsonl"

    def _other_images(self, what: str) -> RunError:
        return RunError(
            f"{self.out} was started with other images ({what}). Its answers are kept. Restore the "
            f"images, or choose another --out"
        )


@contextmanager
def open_ledger(out: Path, identity: Identity) -> Iterator[Ledger]:
    """Opens and locks the ledger of `out`. Raises `RunError` if another process has it."""
    folder = parts_folder(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY) if fcntl else None
    except OSError as error:
        raise RunError(f"cannot write {out}: {error.strerror or error}") from error
    try:
        if fcntl and lock is not None:
            _lock(lock, out)
        ledger = Ledger(out, identity)
        try:
            yield ledger
        finally:
            if not ledger.records and ledger.finished is None:
                ledger.manifest.unlink(missing_ok=True)  # it describes no answers
    finally:
        if lock is not None:
            os.close(lock)
        with suppress(OSError):  # it is not empty, or already removed
            folder.rmdir()


def parts_folder(out: Path) -> Path:
    """The folder of the parts of `out` until they are joined."""
    return out.with_name(f"{out.name}.parts")


def _lock(folder: int, out: Path) -> None:
    assert fcntl is not None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released at the end of the process
    except OSError as error:
        raise RunError(f"another process is writing {out}. Wait until it ends") from error
