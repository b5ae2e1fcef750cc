"""Gets the bytes of a published file from a local folder, the cache or a mirror.

It tries `$INKLING_DATA/<set>/`, the user's cache and the mirrors in this order. Files are used only
if their SHA-256 matches.
"""

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

import platformdirs

from inkling.data.download import Patience, Progress, download
from inkling.data.published import PublishedFile, PublishedSet
from inkling.errors import DataError, FetchError, InklingError
from inkling.files import write_bytes

DATA_VARIABLE = "INKLING_DATA"
GZIP_OVERHEAD = 1 << 16  # greatest overhead of a gzip file of incompressible data, in bytes
Notify = Callable[[str], None]


@runtime_checkable
class ShowsProgress(Protocol):
    """A `Notify` that can also show the progress of a download."""

    def progress(self, received: int, expected: int) -> None:
        """Shows `received` of `expected` bytes (0 if unknown)."""


def progress_of(notify: Notify | None) -> Progress | None:
    """The progress display of `notify`, if it has one."""
    return notify.progress if isinstance(notify, ShowsProgress) else None


def data_folder() -> Path | None:
    """The folder in `$INKLING_DATA`, or None."""
    value = os.environ.get(DATA_VARIABLE, "").strip()
    return Path(value) if value else None


def cache_folder() -> Path:
    """The cache folder for downloads and generated data."""
    return Path(platformdirs.user_cache_dir("inkling"))


def fetch(
    published: PublishedSet,
    file: PublishedFile,
    patience: Patience = Patience(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
    notify: Notify | None = None,
) -> bytes:
    """Gets the uncompressed bytes of `file`.

    Raises `DataError` if the file in `$INKLING_DATA` was altered (with both hashes), and
    `FetchError` if no place has it (with all responses, and where to put the files by hand).
    """
    own = data_folder()
    if own is not None:
        found = _local(own / published.name, file)
        if found is not None:
            return found
    cached, reasons = _cached(published, file)
    if cached is not None:
        return cached
    for mirror in published.sources():
        address = f"{mirror}{file.name}.gz"
        if notify:
            notify(f"fetching {address}")
        try:
            body = download(address, file.raw_bytes + GZIP_OVERHEAD, patience, progress)
            raw = _verified(body, file, address)
        except DataError as error:
            reasons.append(f"{address}: {error}")
            continue
        _keep(published, file, body)
        return raw
    raise FetchError(_advice(published, file, reasons))


def _local(folder: Path, file: PublishedFile) -> bytes | None:
    """Reads the file from `folder`, gzip or not. None if it is not there."""
    for path in (folder / f"{file.name}.gz", folder / file.name):
        try:
            size = path.stat().st_size
            if size > file.raw_bytes + GZIP_OVERHEAD:
                raise DataError(f"{path} has {size:,} bytes instead of at most {file.raw_bytes:,}")
            body = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror or error}") from error
        return _verified(body, file, str(path))
    return None


def _cached(published: PublishedSet, file: PublishedFile) -> tuple[bytes | None, list[str]]:
    """Reads the file from the cache. An altered file is ignored and downloaded again."""
    folder = cache_folder() / published.name
    try:
        return _local(folder, file), []
    except DataError as error:
        return None, [str(error)]


def _keep(published: PublishedSet, file: PublishedFile, body: bytes) -> None:
    """Stores a verified download. If the disk is full or read-only, prints a notice."""
    path = cache_folder() / published.name / f"{file.name}.gz"
    try:
        write_bytes(path, body)
    except InklingError as error:
        print(f"note: the download was not cached: {error}", file=sys.stderr)


def _verified(body: bytes, file: PublishedFile, source: str) -> bytes:
    """Unpacks `body` and checks its hash."""
    packed = body[:2] == b"\x1f\x8b"
    if file.hashed == "gzip":
        _check_hash(body, file, source)
    raw = _unpack(body, file, source) if packed else body
    if file.hashed == "raw":
        _check_hash(raw, file, source)
    return raw


def _check_hash(content: bytes, file: PublishedFile, source: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DataError(
            f"{source} is altered or damaged: SHA-256 of its "
            f"{'uncompressed bytes' if file.hashed == 'raw' else 'bytes'} is {found}, "
            f"expected {file.sha256}. Remove or replace the file"
        )


def _unpack(body: bytes, file: PublishedFile, source: str) -> bytes:
    """Unpacks gzip up to the published size plus one byte, as a limit for gzip bombs."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as unzipped:
            raw = unzipped.read(file.raw_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source} is a damaged or truncated gzip file ({error})") from error
    if len(raw) > file.raw_bytes:
        raise DataError(f"{source} unpacks to more than the expected {file.raw_bytes:,} bytes")
    return raw


def _advice(published: PublishedSet, file: PublishedFile, reasons: list[str]) -> str:
    own = data_folder()
    folder = (own or cache_folder()) / published.name
    tried = "".join(f"\n  {reason}" for reason in reasons)
    return (
        f"{file.name} of {published.name} is not available:{tried}\n"
        f"Put the four files (gzip or not) into {folder}"
        + ("" if own else f", or set {DATA_VARIABLE} to a folder that has {published.name}/ in it")
        + ", or use --data digits, which needs no download."
    )
