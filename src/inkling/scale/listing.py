"""Lists the files of a folder in order of their names, sorted on disk to save memory."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from inkling.errors import DataError

CACHE_KIB = 4096  # memory of the temporary database; the rest is on disk


class Found(NamedTuple):
    """A file: its path relative to the folder, size in bytes, time of change in nanoseconds."""

    path: str
    size: int
    changed: int


def scan(root: str, wanted: Callable[[str], bool]) -> Iterator[Found]:
    """Finds the files under `root` whose relative path is `wanted`, in file system order.

    Skips hidden files and folders, `__MACOSX` and links to folders. Raises `DataError` if a
    folder cannot be listed.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        path = os.path.join(root, folder)  # noqa: PTH118 (a Path for each of a million files is slow)
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name == "__MACOSX":
                        continue
                    relative = f"{folder}{os.sep}{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(relative)
                    elif wanted(relative) and entry.is_file():
                        status = entry.stat()
                        yield Found(relative, status.st_size, status.st_mtime_ns)
        except FileNotFoundError:
            if not folder:
                raise DataError(f"there is no folder {root}") from None
            # A subfolder was removed during the scan. The second scan reports it.
        except OSError as error:
            raise DataError(f"cannot list {path}: {error.strerror or error}") from error


class Listing:
    """Files in order of their paths' parts, as `sorted` orders `Path`s; the order is on disk."""

    def __init__(self, found: Iterable[Found]) -> None:
        """Sorts the `found` files with about 10 MB of memory. Raises `DataError`."""
        # An empty name is SQLite's own temporary file, which it removes itself.
        self._database = sqlite3.connect("")
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("CREATE TABLE files (key BLOB, size INTEGER, changed INTEGER)")
        rows = ((_key(file.path), file.size, file.changed) for file in found)
        try:
            self._database.executemany("INSERT INTO files VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise DataError(f"cannot sort the list of files: {error}") from error

    def __len__(self) -> int:
        """The number of files."""
        return int(self._database.execute("SELECT count(*) FROM files").fetchone()[0])

    def __iter__(self) -> Iterator[Found]:
        """The files, in order."""
        query = "SELECT key, size, changed FROM files ORDER BY key"
        with closing(self._database.execute(query)) as cursor:
            for key, size, changed in cursor:
                yield Found(_path(key), size, changed)

    def close(self) -> None:
        """Removes the temporary database."""
        self._database.close()


def _key(path: str) -> bytes:
    """A key that sorts like the parts of the path: a separator comes before any letter."""
    return os.fsencode(path).replace(os.fsencode(os.sep), b"\0")


def _path(key: bytes) -> str:
    return os.fsdecode(key.replace(b"\0", os.fsencode(os.sep)))
