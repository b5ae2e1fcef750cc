"""The data types between source, worker and ledger: chunks of images and parts of answers."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol

from inkling.errors import ImageError
from inkling.reading.preprocess.encoded import Page

CHUNK_IMAGES = 2048  # the reader stacks thumbnails; below about 500 it is slower
CHUNK_BYTES = 8 << 20  # of encoded images: about three photos of a phone, a second of work

Stored = Path | bytes | Page | ImageError  # an image as `Reader.read` takes it, or an error


class Content(Protocol):
    """The location of the images of one chunk, small enough to send to another process."""

    def load(self) -> Sequence[Stored]:
        """Loads the images in order, as `Reader.read` takes them. Raises `InklingError`."""
        ...


class Entry(NamedTuple):
    """One image of a source, before grouping into chunks.

    `stamp` changes if the image may have changed. `at` is its location for the source.
    """

    name: str
    stamp: str
    size: int  # bytes; 0 if unknown
    at: object


class Batch(NamedTuple):
    """Consecutive entries of one source. `done` is the fraction of the source up to their end."""

    entries: list[Entry]
    content: Content
    done: float | None


@dataclass(frozen=True)
class Chunk:
    """Consecutive images that one worker reads together.

    `digest` covers names and stamps. `done` is the fraction of all images up to the chunk's end;
    None if unknown.
    """

    number: int
    names: tuple[str, ...]
    content: Content
    digest: str
    done: float | None = None


@dataclass(frozen=True)
class Part:
    """The answers of one chunk, encoded in the format of the output file."""

    number: int
    rows: int
    failed: int
    content: bytes


@dataclass(frozen=True)
class Work:
    """The settings of a worker. `model` is None for the bundled model; `suffix` is the format."""

    suffix: str
    model: Path | None = None
    expect_one: bool = False


def group(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Groups consecutive entries by `CHUNK_IMAGES` and `CHUNK_BYTES`, reproducibly."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == CHUNK_IMAGES or size + entry.size > CHUNK_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch


def digest(entries: Iterable[Entry]) -> str:
    """The SHA-256 of the names and stamps."""
    fields = chain.from_iterable((entry.name, entry.stamp) for entry in entries)
    text = "\0".join(fields).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()
