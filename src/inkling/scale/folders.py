"""Folders, patterns and addresses as sources, with a listing that is checked at the end."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import groupby, zip_longest
from pathlib import Path

from inkling.errors import DataError, ImageError
from inkling.reading.preprocess.formats import SUFFIXES, UNREAD
from inkling.scale.archives import TarSource, is_tar
from inkling.scale.chunk import Batch, Entry, group
from inkling.scale.columns import ParquetSource, is_parquet
from inkling.scale.contents import Files, Loaded
from inkling.scale.listing import Found, Listing, scan
from inkling.scale.places import Objects, is_address, open_store, store_error, suffix_of

MAGIC = "*?["


class Folder:
    """All images under a folder, matches of a pattern, or objects under an address.

    They are in the order of their names. `change` compares the listing with a second scan.
    """

    def __init__(
        self,
        name: str,
        root: str,
        scan_again: Callable[[], Iterable[Found]],
        skipped: Counter[str] | None = None,
    ) -> None:
        """`name` is the user's argument. `scan_again` lists the files relative to `root`.

        After the listing, `skipped` has the number of files in each unread format.
        """
        self.name, self.root = name, root
        self._scan = scan_again
        self.skipped = Counter[str]() if skipped is None else skipped
        self._listing: Listing | None = None

    def batches(self) -> Iterator[Batch]:
        """The images, including those in tar and parquet files. Raises `DataError`."""
        listing = self._listing = Listing(self._scan())
        total = len(listing)
        if total == 0:
            yield _empty(self.name)
        seen = 0
        for archive, found in groupby(listing, _is_archive):
            if archive:
                for file in found:
                    seen += 1
                    for batch in open_archive(self._path(file)).batches():
                        yield batch._replace(done=seen / total)
                continue
            for entries in group(map(self._entry, found)):
                seen += len(entries)
                yield Batch(entries, self._content(entries), seen / total)

    def change(self) -> str | None:
        """The first difference from the listing, as a phrase."""
        if self._listing is None:
            return None
        again = Listing(self._scan())
        try:
            for before, after in zip_longest(self._listing, again):
                if before != after:
                    return self._difference(before, after)
            return None
        finally:
            again.close()

    def _difference(self, before: Found | None, after: Found | None) -> str:
        """The first difference of two sorted listings, in words."""
        if before is None or (after is not None and Path(after.path) < Path(before.path)):
            return f"{self._path(after or Found('', 0, 0))} is new"
        if after is not None and before.path == after.path:
            return f"{self._path(before)} was altered"
        return f"{self._path(before)} is gone"

    def _path(self, file: Found) -> str:
        if is_address(self.root):
            return f"{self.root.rstrip('/')}/{file.path}"
        return os.path.join(self.root, file.path)  # noqa: PTH118 (a million Paths are slow)

    def _entry(self, file: Found) -> Entry:
        path = self._path(file)
        return Entry(path, f"{file.size}:{file.changed}", file.size, path)

    def _content(self, entries: list[Entry]) -> Files | Objects:
        paths = tuple(entry.name for entry in entries)
        return Objects(paths) if is_address(self.root) else Files(paths)


def _empty(name: str) -> Batch:
    error = ImageError(f"{name} has no images")
    return Batch([Entry(name, "none", 0, error)], Loaded((error,)), 1.0)


def open_archive(path: str) -> TarSource | ParquetSource:
    """The source for a tar or parquet file."""
    return TarSource(path) if is_tar(path) else ParquetSource(path)


def local_folder(path: str) -> Folder:
    """The images under a folder. Counts files in other image formats, ignores all other files."""
    skipped: Counter[str] = Counter()

    def wanted(file: str) -> bool:
        suffix = suffix_of(file)
        if suffix in UNREAD and suffix not in SUFFIXES:
            skipped[UNREAD[suffix]] += 1
        return suffix in SUFFIXES

    def scan_again() -> Iterator[Found]:
        skipped.clear()
        return scan(path, wanted)

    return Folder(f"the folder {path}", path, scan_again, skipped)


def pattern(text: str) -> Folder:
    """The files that match `text`. `**` matches any number of folders."""
    parts = text.split("/")
    fixed = next(i for i, part in enumerate(parts) if any(letter in part for letter in MAGIC))
    root = "/".join(parts[:fixed]) or ("/" if text.startswith("/") else "")
    rest = parts[fixed:]
    return Folder(
        f"the pattern {text}",
        root,
        lambda: scan(root or ".", lambda path: matches(list(Path(path).parts), rest)),
    )


def matches(parts: list[str], rest: list[str]) -> bool:
    """Whether the parts of a path match those of a pattern."""
    if not rest:
        return not parts
    if rest[0] == "**":
        return any(matches(parts[start:], rest[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], rest[0]) and matches(parts[1:], rest[1:])


def remote_folder(address: str) -> Folder:
    """The images under an address that is not a single object."""
    return Folder(address, address, lambda: scan_store(address))


def scan_store(address: str) -> Iterator[Found]:
    """Lists the image objects under an address, one prefix at a time. Raises `DataError`."""
    from pyarrow.fs import FileSelector, FileType

    store, root = open_store(address)
    folders = [root]
    try:
        while folders:
            for info in store.get_file_info(FileSelector(folders.pop())):
                if info.base_name.startswith(".") or info.base_name == "__MACOSX":
                    continue
                if info.type == FileType.Directory:
                    folders.append(info.path)
                elif _is_image(info.path):
                    relative = info.path.removeprefix(root).lstrip("/")
                    yield Found(relative, info.size or 0, info.mtime_ns or 0)
    except OSError as error:
        raise store_error(address, error) from error


def is_single_object(address: str) -> bool:
    """Whether an address is a single object. Raises `DataError` if it does not exist."""
    store, path = open_store(address)
    from pyarrow.fs import FileType

    try:
        kind = store.get_file_info(path).type
    except OSError as error:
        raise store_error(address, error) from error
    if kind == FileType.NotFound:
        raise DataError(f"there is no object or prefix {address}")
    return kind == FileType.File


def _is_archive(file: Found) -> bool:
    return is_tar(file.path) or is_parquet(file.path)


def _is_image(path: str) -> bool:
    return suffix_of(path) in SUFFIXES
