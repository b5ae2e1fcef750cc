"""Writes files atomically: completely or not at all. Errors name the file."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inkling.errors import InklingError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Provides a temporary file that replaces `path` at the end of the block.

    If the block raises, the temporary file is removed and `path` does not change. Raises
    `InklingError` if the folder cannot be written or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)  # mkstemp sets 0600, which other users cannot read
        temporary.replace(path)
    except OSError as error:
        raise InklingError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path` atomically, and flushes it to the disk."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, content: str) -> None:
    """Writes `content` as UTF-8 atomically."""
    write_bytes(path, content.encode())


def is_hidden(path: Path, folder: Path) -> bool:
    """Whether any part of the path below `folder` is hidden or is macOS metadata (`__MACOSX`)."""
    parts = path.relative_to(folder).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)
