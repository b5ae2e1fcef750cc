"""The contents of a chunk: files, slices of a tar file, or bytes that the driver read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.errors import DataError, ImageError
from inkling.scale.chunk import Stored


@dataclass(frozen=True)
class Files:
    """Image files on a file system that all workers can read."""

    paths: tuple[str, ...]

    def load(self) -> Sequence[Path | bytes | ImageError]:
        """The paths. The reader opens them and reports errors."""
        return [Path(path) for path in self.paths]


@dataclass(frozen=True)
class Slices:
    """Consecutive members of an uncompressed tar file, each by offset and size in bytes."""

    path: str
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]

    def load(self) -> Sequence[Path | bytes | ImageError]:
        """Reads the bytes of all members at once. Raises `DataError` if the file has changed."""
        start = self.offsets[0]
        length = self.offsets[-1] + self.sizes[-1] - start
        try:
            with Path(self.path).open("rb") as file:
                file.seek(start)
                content = file.read(length)
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror or error}") from error
        if len(content) < length:
            raise DataError(f"{self.path} became shorter while it was read. Restore it")
        places = zip(self.offsets, self.sizes, strict=True)
        return [content[offset - start : offset - start + size] for offset, size in places]


@dataclass(frozen=True)
class Loaded:
    """Images as bytes in the chunk, pages of files, or errors."""

    images: tuple[Stored, ...]

    def load(self) -> Sequence[Stored]:
        """The images."""
        return self.images
