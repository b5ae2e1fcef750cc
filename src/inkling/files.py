"""Bytes on disk: written whole or not at all, and errors that name the file."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inkling.errors import InklingError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Hand out a temporary file beside `path` that takes its place when the block ends well.

    Where the block raises, the temporary file is removed and `path` stays as it was. Raises
    `InklingError` where the folder cannot be written or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)  # mkstemp gives 0600, which would lock out everybody else
        temporary.replace(path)
    except OSError as error:
        raise InklingError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all, and force it to the disk."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, content: str) -> None:
    """Write `content` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())


def is_hidden(path: Path, folder: Path) -> bool:
    """Whether any part of the way from `folder` to `path` is hidden, or a Mac's own: `__MACOSX`
    and the `._7.png` in it are no pictures.
    """
    parts = path.relative_to(folder).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)
