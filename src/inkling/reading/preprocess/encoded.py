"""Reads the bytes of encoded images: paths, bytes, open files and pages."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeGuard

from inkling.errors import ImageError

MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    """One page of a TIFF or one frame of a GIF; `number` counts from 1."""

    file: Path | bytes
    number: int


Encoded = str | Path | bytes | bytearray | memoryview | BinaryIO | Page


def is_encoded(source: object) -> TypeGuard[Encoded]:
    """Whether a source is an encoded image: a path, bytes, an open file or a page."""
    kinds = (str, Path, bytes, bytearray, memoryview, Page)
    return isinstance(source, kinds) or callable(getattr(source, "read", None))


def encoded_bytes(source: Encoded, name: str = "the image") -> bytes:
    """The bytes of an image file: a path, bytes or an open binary file. Raises `ImageError`."""
    if isinstance(source, (str, Path)):
        return file_bytes(Path(source))
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, Page):
        raise ImageError(f"{name} is a page of a file. Pass the file or the pixels of the page")
    try:
        content = source.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot read {name} from its open file: {error}") from error
    if not isinstance(content, bytes):
        raise ImageError(f"{name} is an open text file. Open it in binary mode ('rb')")
    if len(content) > MAX_BYTES:
        raise ImageError(f"{name} is larger than {MAX_BYTES >> 20} MiB. Reduce its size")
    return content


def file_bytes(path: Path) -> bytes:
    """The content of a file. Raises `ImageError` if it cannot be read or is too large."""
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder. Name the images in it")
        if not path.exists():
            raise ImageError(f"there is no file {path}")
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(f"{path} is larger than {MAX_BYTES >> 20} MiB. Reduce its size")
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot open {path}: {error.strerror or error}") from error
    except ValueError as error:  # a null character in the name
        raise ImageError(f"{str(path)!r} is not a file name: {error}") from error
