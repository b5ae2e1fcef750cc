"""Expands command-line arguments to a list of images: files, folders, patterns, stdin (`-`)."""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inkling.errors import ImageError
from inkling.reading.preprocess.encoded import MAX_BYTES, Page
from inkling.reading.preprocess.formats import scan_folder, skipped_sentence
from inkling.reading.preprocess.pages import count_pages, may_have_pages, pages_of

STANDARD_INPUT = "-"
HEAD_BYTES = 16  # bytes at the start of a file that tell whether it may have pages
NAMED_PAGES = 5  # greatest number of files whose pages are reported one by one


@dataclass(frozen=True)
class NamedImage:
    """An image to read and its name. `content` is an error if it cannot be read."""

    name: str
    content: Path | bytes | Page | ImageError


@dataclass(frozen=True)
class Inputs:
    """All images that the user named, and notes about files that are skipped."""

    named: tuple[NamedImage, ...]
    notes: tuple[str, ...] = ()


def expand(arguments: Iterable[str], standard_input: BinaryIO, every_page: bool = False) -> Inputs:
    """All images that the arguments name, in their order. Images of a folder are sorted by name.

    The name of an existing file is never a pattern. A missing file becomes an entry with an
    `ImageError`, so that the others are still read. With `every_page`, each page of a TIFF and each
    frame of a GIF is an entry; without it, the notes list the files with several pages. The notes
    also list each image format that was skipped in a folder.
    """
    named: list[NamedImage] = []
    notes: list[str] = []
    for argument in arguments:
        found = _expand_one(argument, standard_input)
        named += found.named
        notes += found.notes
    if every_page:
        return Inputs(tuple(page for one in named for page in _pages(one)), tuple(notes))
    return Inputs(tuple(named), (*notes, *_notes_on_pages(named)))


def _expand_one(argument: str, standard_input: BinaryIO) -> Inputs:
    if argument == STANDARD_INPUT:
        return Inputs((NamedImage("-", standard_input.read(MAX_BYTES + 1)),))
    if not argument:  # often a variable of the shell without a value; Path("") is this folder
        return _nothing('""', "the name of an image is empty. Name a file, a folder or a pattern")
    path = Path(argument)
    try:
        if path.is_dir():
            return _in_folder(path)
        if not path.exists() and any(letter in argument for letter in "*?["):
            return _matching(argument)
    except (OSError, ValueError) as error:
        return _nothing(argument, f"cannot open {argument!r}: {error}")
    return Inputs((NamedImage(argument, path),))


def _in_folder(folder: Path) -> Inputs:
    found = scan_folder(folder)
    place = str(folder)
    notes = tuple(
        skipped_sentence(kind, count, place) for kind, count in sorted(found.skipped.items())
    )
    if not found.images:
        return _nothing(place, f"the folder {folder} has no images that inkling can read", notes)
    return Inputs(tuple(NamedImage(str(path), path) for path in found.images), notes)


def _matching(pattern: str) -> Inputs:
    paths = glob.glob(pattern, recursive=True)  # noqa: PTH207 (Path.glob takes no absolute pattern)
    found = sorted(path for path in paths if Path(path).is_file())
    if not found:
        return _nothing(pattern, f"no file matches {pattern}")
    return Inputs(tuple(NamedImage(path, Path(path)) for path in found))


def _nothing(name: str, why: str, notes: tuple[str, ...] = ()) -> Inputs:
    return Inputs((NamedImage(name, ImageError(why)),), notes)


def _pages(one: NamedImage) -> Iterator[NamedImage]:
    """The entry itself, or one entry per page of its file."""
    if not isinstance(one.content, (Path, bytes)) or not _may_have_pages(one.content):
        yield one
        return
    pages = pages_of(one.content)
    if len(pages) == 1:
        yield one
        return
    for page in pages:
        yield NamedImage(f"{one.name} page {page.number}", page)


def _notes_on_pages(named: Iterable[NamedImage]) -> list[str]:
    """One note per file with several pages, up to a limit; the last note counts the rest."""
    notes: list[str] = []
    more = 0
    for one in named:
        if not isinstance(one.content, (Path, bytes)) or not _may_have_pages(one.content):
            continue
        count = count_pages(one.content)
        if count == 1:
            continue
        if len(notes) < NAMED_PAGES:
            notes.append(f"{one.name} has {count} pages; only the first is read (--pages: all)")
        else:
            more += 1
    if more:
        notes.append(f"{more:,} more files have several pages; only the first is read")
    return notes


def _may_have_pages(content: Path | bytes) -> bool:
    if isinstance(content, bytes):
        return may_have_pages(content[:HEAD_BYTES])
    try:
        if not content.is_file():  # a pipe gives its bytes only once
            return False
        with content.open("rb") as file:
            return may_have_pages(file.read(HEAD_BYTES))
    except (OSError, ValueError):  # the reader says what is wrong with it
        return False
