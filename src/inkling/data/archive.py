"""Zip and tar archives, read in memory within limits; nothing is unpacked to disk."""

import io
import tarfile
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath

from inkling.data.tree import MAX_FILES, File, Tree
from inkling.errors import DataError

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tbz2", ".txz")
MAX_UNPACKED = 2 << 30  # bytes of all files together
READ_ERRORS = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
    zipfile.BadZipFile, tarfile.TarError, zlib.error,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether the name is that of a zip or tar archive."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def tree_of_archive(path: Path) -> Tree:
    """The files in an archive. Raises `DataError`: damaged, encrypted, or over the limits."""
    try:
        files = _zip_files(path) if path.name.lower().endswith(".zip") else _tar_files(path)
    except DataError:
        raise
    except READ_ERRORS as error:
        raise DataError(f"cannot read the archive {path}: {error}") from error
    if not files:
        raise DataError(f"the archive {path} contains no files")
    return Tree(str(path), tuple(sorted(files, key=lambda file: file.path))).unwrapped()


def _zip_files(path: Path) -> list[File]:
    """Each file stays compressed until it is read. Python checks sizes and CRCs while reading."""
    archive = zipfile.ZipFile(path)
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _check(path, len(entries), sum(entry.file_size for entry in entries))
    return [
        File(
            PurePosixPath(entry.filename),
            f"{path}/{entry.filename}",
            entry.file_size,
            partial(_load_entry, archive, entry, path),
        )
        for entry in entries
        if _usable(entry.filename)
    ]


def _load_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, count: int) -> bytes:
    try:
        with archive.open(entry) as file:
            return file.read(min(count, entry.file_size + 1))
    except READ_ERRORS as error:
        raise DataError(f"cannot read {entry.filename} in {path}: {error}") from error


def _tar_files(path: Path) -> list[File]:
    """All files are read in one pass: a compressed tar cannot be read in another order."""
    files, total = [], 0
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            total += member.size
            _check(path, len(files), total)
            if not member.isfile() or not _usable(member.name):
                continue
            stream = archive.extractfile(member)
            content = stream.read() if stream else b""
            label = f"{path}/{member.name}"
            load = partial(_first_bytes, content)
            files.append(File(PurePosixPath(member.name), label, len(content), load))
    return files


def _first_bytes(content: bytes, count: int) -> bytes:
    return content if count >= len(content) else io.BytesIO(content).read(count)


def _check(path: Path, files: int, total: int) -> None:
    if files > MAX_FILES:
        raise DataError(f"the archive {path} contains more than {MAX_FILES:,} files")
    if total > MAX_UNPACKED:
        raise DataError(
            f"the archive {path} unpacks to more than {MAX_UNPACKED:,} bytes; "
            "unpack it and name the folder"
        )


def _usable(name: str) -> bool:
    """Not hidden, and not an absolute path or one that leaves the archive."""
    parts = PurePosixPath(name).parts
    return not any(part.startswith(".") or part in ("__MACOSX", "/") for part in parts) and bool(
        parts
    )
