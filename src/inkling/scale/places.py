"""Opens files by path or by address (s3://, gs://, ...), and gets their size and time of change.

Addresses go through `pyarrow.fs`, and through fsspec for the protocols that Arrow lacks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling.errors import DataError, ImageError, MissingExtraError
from inkling.reading.preprocess.encoded import MAX_BYTES

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

RETRY_S = 30  # seconds that Google's store is retried; pyarrow's own limit is 15 minutes
FETCHES = 16  # objects that one worker fetches in parallel; each takes about 50 ms
CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`",
}


def is_address(path: str) -> bool:
    """Whether `path` names an object in a store."""
    return "://" in path


def suffix_of(path: str) -> str:
    """The suffix of a path, in lower case."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 (a million Paths are slow)


def open_store(address: str) -> tuple[FileSystem, str]:
    """Opens the file system of an address; returns it and the path in it. Raises `DataError`."""
    try:
        from pyarrow import fs
    except ModuleNotFoundError as error:
        raise MissingExtraError("tables", "pyarrow") from error
    protocol = address.partition("://")[0]
    try:
        return fs.FileSystem.from_uri(_with_limit(address))
    except (OSError, ValueError) as error:
        if not isinstance(error, ValueError) or "scheme" not in str(error).lower():
            raise store_error(address, error) from error
    try:
        import fsspec

        found, path = fsspec.core.url_to_fs(address)
        return fs.PyFileSystem(fs.FSSpecHandler(found)), path
    except (ImportError, ValueError, OSError) as error:
        raise DataError(f"addresses with {protocol}:// need another package: {error}") from error


def _with_limit(address: str) -> str:
    """The address with a time limit for retries, if its store has that option."""
    if address.partition("://")[0] not in ("gs", "gcs") or "retry_limit_seconds=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}retry_limit_seconds={RETRY_S}"


def store_error(address: str, error: Exception) -> DataError:
    """The error if a store refuses or does not respond."""
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    known = CREDENTIALS.get(address.partition("://")[0])
    hint = f". Check the address and the credentials ({known})" if known else ""
    return DataError(f"cannot read {address}: {reason}{hint}")


@contextmanager
def open_place(path: str) -> Iterator[Any]:
    """Opens a file or an object for one pass in binary mode. Raises `DataError`."""
    try:
        if not is_address(path):
            with Path(path).open("rb", buffering=1 << 20) as file:
                yield file
            return
        store, inner = open_store(path)
        with store.open_input_stream(inner) as stream:
            yield stream
    except OSError as error:
        if is_address(path):
            raise store_error(path, error) from error
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def stamp_of(path: str) -> str:
    """Size and time of change; "missing" for no file."""
    if is_address(path):
        store, inner = open_store(path)
        try:
            return stamp_of_info(store.get_file_info(inner))
        except OSError as error:
            raise store_error(path, error) from error
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return "missing"
    return f"{status.st_size}:{status.st_mtime_ns}"


def stamp_of_info(info: FileInfo) -> str:
    """Size and time of change of an object in a store."""
    return f"{info.size}:{info.mtime_ns}"


@dataclass(frozen=True)
class Objects:
    """Images in a store. Each worker fetches its own ones."""

    addresses: tuple[str, ...]

    def load(self) -> Sequence[Path | bytes | ImageError]:
        """Fetches the bytes. An object that cannot be fetched becomes an `ImageError`."""
        store, inner = open_store(self.addresses[0])
        root = self.addresses[0].removesuffix(inner)

        def fetch(address: str) -> bytes | ImageError:
            try:
                return _fetch(store, address.removeprefix(root))
            except FileNotFoundError:
                return ImageError(f"there is no object {address}")
            except OSError as error:
                return ImageError(str(store_error(address, error)))

        with ThreadPoolExecutor(FETCHES) as pool:
            return list(pool.map(fetch, self.addresses))


def _fetch(store: FileSystem, path: str) -> bytes | ImageError:
    with store.open_input_stream(path) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return ImageError(f"{path} is larger than {MAX_BYTES >> 20} MiB. Reduce its size")
    return content
