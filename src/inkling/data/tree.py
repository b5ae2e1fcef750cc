"""Lists the files of a dataset by relative path, from a folder, one file or an archive."""

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from inkling.errors import DataError
from inkling.files import is_hidden

MAX_BYTES = 2 << 30  # of one file, uncompressed
MAX_FILES = 1_000_000
MAX_DEPTH = 8  # levels of subfolders


@dataclass(frozen=True)
class File:
    """One file. `path` is relative to the dataset, `label` names it in errors."""

    path: PurePosixPath
    label: str
    size: int
    load: Callable[[int], bytes]  # reads up to a number of bytes from the start

    @property
    def packed(self) -> bool:
        """Whether the name says gzip."""
        return self.path.suffix.lower() == ".gz"

    @property
    def name(self) -> str:
        """The file name without `.gz`."""
        return self.path.stem if self.packed else self.path.name

    @property
    def suffix(self) -> str:
        """The suffix, lower case, without `.gz`."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders around it, outermost first."""
        return self.path.parts[:-1]

    def read(self, limit: int = MAX_BYTES) -> bytes:
        """The uncompressed content. Raises `DataError`: unreadable, damaged, over `limit`."""
        content = self._unpacked(limit + 1)
        if len(content) > limit:
            raise DataError(f"{self.label} has more than {limit:,} bytes uncompressed")
        return content

    def head(self, count: int) -> bytes:
        """The first `count` bytes of the uncompressed content."""
        return self._unpacked(count)

    def _unpacked(self, count: int) -> bytes:
        if not self.packed and self.size > MAX_BYTES >= count - 1:
            raise DataError(f"{self.label} is larger than {MAX_BYTES:,} bytes")
        try:
            if not self.packed:
                return self.load(count)
            with gzip.GzipFile(fileobj=io.BytesIO(self.load(MAX_BYTES))) as unpacked:
                return unpacked.read(count)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"cannot read {self.label}: {error}") from error


@dataclass(frozen=True)
class Tree:
    """A dataset's files, sorted by path. `name` is what the user calls it."""

    name: str
    files: tuple[File, ...]

    def with_suffix(self, *suffixes: str) -> tuple[File, ...]:
        """The files with one of these suffixes (lower case, with the dot)."""
        return tuple(file for file in self.files if file.suffix in suffixes)

    def under(self, folder: str) -> "Tree":
        """The files in one top-level folder, with paths relative to it."""
        files = tuple(
            File(file.path.relative_to(folder), file.label, file.size, file.load)
            for file in self.files
            if file.folders[:1] == (folder,)
        )
        return Tree(f"{self.name}/{folder}", files)

    def unwrapped(self) -> "Tree":
        """The tree without outer folders that contain everything, as in archives."""
        tree = self
        while len(tops := {file.path.parts[0] for file in tree.files}) == 1:
            if any(not file.folders for file in tree.files):
                break
            tree = Tree(self.name, tree.under(tops.pop()).files)
        return tree


def tree_of_folder(folder: Path) -> Tree:
    """The files under a folder without hidden ones. Raises `DataError`."""
    files: list[File] = []
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not is_hidden(path, folder):
                files.append(file_on_disk(path, PurePosixPath(path.relative_to(folder).as_posix())))
            if len(files) > MAX_FILES:
                raise DataError(f"{folder} contains more than {MAX_FILES:,} files")
    except OSError as error:
        raise DataError(f"cannot read {folder}: {error.strerror or error}") from error
    return Tree(str(folder), tuple(files))


def tree_of_file(path: Path) -> Tree:
    """A dataset of one file."""
    return Tree(str(path), (file_on_disk(path, PurePosixPath(path.name)),))


def file_on_disk(path: Path, relative: PurePosixPath) -> File:
    """A file that is read only when it is needed. Raises `DataError` if it is missing."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return File(relative, str(path), size, partial(_load, path))


def _load(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)
