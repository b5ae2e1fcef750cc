"""What a user names on the command line, as a list of pictures: files, folders, patterns, `-`."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inkling.errors import ImageError
from inkling.files import is_hidden
from inkling.reading.preprocess.photo import MAX_BYTES, SUFFIXES

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Named:
    """A picture to read and the name it goes by; `content` may already be known to be an error."""

    name: str
    content: Path | bytes | ImageError


def expand(arguments: Iterable[str], standard_input: BinaryIO) -> list[Named]:
    """Every picture that the arguments name, in their order; a folder's sorted by name.

    Pattern letters in the name of a file that exists are taken literally. What leads nowhere
    becomes an entry with an `ImageError`, so that the others are still read.
    """
    return [named for argument in arguments for named in _expand_one(argument, standard_input)]


def _expand_one(argument: str, standard_input: BinaryIO) -> list[Named]:
    if argument == STANDARD_INPUT:
        return [Named("-", standard_input.read(MAX_BYTES + 1))]
    path = Path(argument)
    try:
        if path.is_dir():
            return _in_folder(path)
        if not path.exists() and any(letter in argument for letter in "*?["):
            return _matching(argument)
    except (OSError, ValueError) as error:
        return [Named(argument, ImageError(f"{argument!r} cannot be opened: {error}"))]
    return [Named(argument, path)]


def pictures_under(folder: Path) -> list[Path]:
    """The picture files in a folder and those in it, sorted; not what is hidden, nor what a Mac
    leaves beside them.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not is_hidden(path, folder)
    )


def _in_folder(folder: Path) -> list[Named]:
    found = pictures_under(folder)
    if not found:
        return [Named(str(folder), ImageError(f"the folder {folder} holds no pictures"))]
    return [Named(str(path), path) for path in found]


def _matching(pattern: str) -> list[Named]:
    paths = glob.glob(pattern, recursive=True)  # noqa: PTH207 (Path.glob takes no absolute pattern)
    found = sorted(path for path in paths if Path(path).is_file())
    if not found:
        return [Named(pattern, ImageError(f"no file matches {pattern}"))]
    return [Named(path, Path(path)) for path in found]
