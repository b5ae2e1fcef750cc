"""Converts command-line arguments to sources, which stream images."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from inkling.errors import DataError
from inkling.reading.preprocess.encoded import MAX_BYTES, Page
from inkling.reading.preprocess.formats import SUFFIXES
from inkling.scale.archives import TarSource, is_tar
from inkling.scale.chunk import Batch, Chunk, Entry, Stored, digest, group
from inkling.scale.columns import ParquetSource, is_parquet
from inkling.scale.contents import Files, Loaded
from inkling.scale.folders import (
    MAGIC,
    Folder,
    is_single_object,
    local_folder,
    pattern,
    remote_folder,
)
from inkling.scale.places import Objects, is_address, stamp_of

LISTS = (".txt", ".lst", ".list")
STANDARD_INPUT = "-"


class Source(Protocol):
    """A stream of images in a reproducible order."""

    def batches(self) -> Iterator[Batch]:
        """The images. Raises `InklingError`."""
        ...


@dataclass(frozen=True)
class Paths:
    """Image files or objects by name."""

    paths: Sequence[str]

    def batches(self) -> Iterator[Batch]:
        """The images. A missing one becomes an answer with an error."""
        seen = 0
        for batch in _named(self.paths):
            seen += len(batch.entries)
            yield batch._replace(done=seen / len(self.paths))


@dataclass(frozen=True)
class ListFile:
    """A text file with one path or address per line."""

    path: str

    def batches(self) -> Iterator[Batch]:
        """The images in the order of the lines. Raises `DataError` if the file is not text."""
        try:
            size = max(1, Path(self.path).stat().st_size)
            with Path(self.path).open(encoding="utf-8", errors="surrogateescape") as file:
                lines = (line.rstrip("\r\n") for line in file)
                read = 0
                for batch in _named(line for line in lines if line.strip()):
                    read += sum(len(entry.name) + 1 for entry in batch.entries)
                    yield batch._replace(done=min(1.0, read / size))
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror or error}") from error


@dataclass(frozen=True)
class Given:
    """One image on standard input."""

    content: bytes

    def batches(self) -> Iterator[Batch]:
        """The image."""
        stamp = str(len(self.content))
        entry = Entry(STANDARD_INPUT, stamp, len(self.content), self.content)
        yield Batch([entry], Loaded((self.content,)), 1.0)


@dataclass(frozen=True)
class Listed:
    """A given list of images: files, and pages of files, with names."""

    images: Sequence[tuple[str, Stored]]

    def batches(self) -> Iterator[Batch]:
        """The images, in their order."""
        seen = 0
        for entries in group(_listed(name, content) for name, content in self.images):
            seen += len(entries)
            contents = tuple(content for _, content in self.images[seen - len(entries) : seen])
            yield Batch(entries, Loaded(contents), seen / len(self.images))


def _listed(name: str, content: Stored) -> Entry:
    file = content.file if isinstance(content, Page) else content
    if isinstance(file, Path):
        return _entry(str(file), remote=False)._replace(name=name)
    size = len(file) if isinstance(file, bytes) else 0
    return Entry(name, str(size), size, None)


def _named(paths: Iterable[str]) -> Iterator[Batch]:
    for remote, some in itertools.groupby(paths, is_address):
        for entries in group(_entry(path, remote) for path in some):
            names = tuple(entry.name for entry in entries)
            yield Batch(entries, Objects(names) if remote else Files(names), None)


def _entry(path: str, remote: bool) -> Entry:
    if remote:  # querying a store for each object takes as long as fetching it
        return Entry(path, "", 0, None)
    stamp = stamp_of(path)
    size = stamp.partition(":")[0]
    return Entry(path, stamp, int(size) if size.isdigit() else 0, None)


def open_sources(
    arguments: Sequence[str], standard_input: BinaryIO, column: str | None = None
) -> list[Source]:
    """The sources of the arguments, in order. Raises `DataError`.

    `column` is that of the image bytes in parquet files. Nothing is listed or read yet.
    """
    sources: list[Source] = []
    for plain, some in itertools.groupby(arguments, _is_plain):
        if plain:
            sources.append(Paths([_checked(argument) for argument in some]))
        else:
            sources += [_open_source(argument, standard_input, column) for argument in some]
    return sources


def _is_plain(argument: str) -> bool:
    """Whether an argument is an image, by its name."""
    if argument == STANDARD_INPUT or is_address(argument):
        return False
    if argument.lower().endswith((*LISTS, ".parquet")) or is_tar(argument):
        return False
    try:
        path = Path(argument)
        return path.is_file() or not (path.is_dir() or any(m in argument for m in MAGIC))
    except (OSError, ValueError):
        return True  # the reader reports the error


def _checked(argument: str) -> str:
    """The argument. Raises `DataError` if nothing has this name and it is not that of an image.

    A missing image is a row with an error. A mistyped folder is a mistake in the command.
    """
    with suppress(OSError, ValueError):  # the reader reports these
        path = Path(argument)
        if path.suffix.lower() not in SUFFIXES and not path.exists():
            raise DataError(f"there is no file or folder {argument}")
    return argument


def _open_source(argument: str, standard_input: BinaryIO, column: str | None) -> Source:
    if argument == STANDARD_INPUT:
        return Given(standard_input.read(MAX_BYTES + 1))
    if not is_address(argument):
        path = Path(argument)
        if path.is_dir():
            return local_folder(argument)
        if not path.exists() and any(letter in argument for letter in MAGIC):
            return pattern(argument)
    return _open_file(argument, column)


def _open_file(path: str, column: str | None) -> Source:
    if is_tar(path):
        return TarSource(path)
    if is_parquet(path):
        return ParquetSource(path, column)
    if path.lower().endswith(LISTS):
        return ListFile(path)
    return Paths([path]) if is_single_object(path) else remote_folder(path)


def plan(sources: Sequence[Source]) -> Iterator[Chunk]:
    """Yields the chunks. Raises `InklingError` if a source cannot be read."""
    numbers = itertools.count()
    for index, source in enumerate(sources):
        for batch in source.batches():
            names = tuple(entry.name for entry in batch.entries)
            done = None if batch.done is None else (index + batch.done) / len(sources)
            yield Chunk(next(numbers), names, batch.content, digest(batch.entries), done)


def find_change(sources: Sequence[Source]) -> str | None:
    """The change of a folder since its listing, as a phrase. None without a change."""
    changes = (source.change() for source in sources if isinstance(source, Folder))
    return next((change for change in changes if change), None)
