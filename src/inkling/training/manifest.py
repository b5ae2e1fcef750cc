"""Writes and checks the hashes of a run's files: `SHA256SUMS`, as for `sha256sum -c`."""

import hashlib
from pathlib import Path

from inkling.errors import RunError
from inkling.files import write_text

MANIFEST_NAME = "SHA256SUMS"


def write_manifest(folder: Path) -> None:
    """Lists the hash of every file of a finished run."""
    files = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST_NAME
    ]
    _write(folder, {path.relative_to(folder).as_posix(): _sha256(path) for path in files})


def update_manifest(folder: Path, *paths: Path) -> None:
    """Replaces the hashes of files that were written again; a run without a list gets none."""
    hashes = read_manifest(folder)
    if hashes:
        new = {path.relative_to(folder).as_posix(): _sha256(path) for path in paths}
        _write(folder, {**hashes, **new})


def read_manifest(folder: Path) -> dict[str, str]:
    """The hash of each file by its path in the folder; empty for a run without a list.

    Raises `RunError` if the list is damaged.
    """
    path = folder / MANIFEST_NAME
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is damaged: {error}") from error
    hashes: dict[str, str] = {}
    if lines.pop():
        raise RunError(f"{path} is damaged: its last line is truncated")
    for number, line in enumerate(lines, 1):
        digest, separator, name = line.partition("  ")
        if len(digest) != 64 or not separator or not name:
            raise RunError(f"{path}, line {number} is damaged: expected a SHA-256 and a file name")
        hashes[name] = digest
    return hashes


def check_content(folder: Path, path: Path, content: bytes) -> None:
    """Raises `RunError` if the bytes read from `path` are not those that the run wrote."""
    expected = read_manifest(folder).get(path.relative_to(folder).as_posix())
    if expected is not None and expected != hashlib.sha256(content).hexdigest():
        raise RunError(
            f"{path} was altered: its SHA-256 is not in {MANIFEST_NAME}. Restore the file"
        )


def altered_files(folder: Path) -> dict[str, str]:
    """The files that do not match the list, each with the reason: altered, missing, not listed."""
    hashes = read_manifest(folder)
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST_NAME
    }
    faults = dict.fromkeys(found.keys() - hashes.keys(), "not listed")
    for name, digest in hashes.items():
        if name not in found:
            faults[name] = "missing"
        elif _sha256(found[name]) != digest:
            faults[name] = "altered"
    return dict(sorted(faults.items()))


def _write(folder: Path, hashes: dict[str, str]) -> None:
    lines = [f"{digest}  {name}\n" for name, digest in sorted(hashes.items())]
    write_text(folder / MANIFEST_NAME, "".join(lines))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from error
