"""Tar files as sources. Workers read uncompressed local files; the driver reads all others."""

import itertools
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inkling.errors import DataError, ImageError
from inkling.reading.preprocess.encoded import MAX_BYTES
from inkling.reading.preprocess.formats import SUFFIXES
from inkling.scale.chunk import Batch, Entry, group
from inkling.scale.contents import Loaded, Slices
from inkling.scale.places import open_place, stamp_of, suffix_of
from inkling.scale.tar_file import Member, members

TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
BUFFER = 1 << 20  # bytes


def is_tar(path: str) -> bool:
    """Whether a path or address names a tar file."""
    return path.lower().endswith(TAR)


@dataclass(frozen=True)
class TarSource:
    """The image files of a tar file, in its order. Images are named `file.tar/member`."""

    path: str  # or an address such as s3://bucket/key

    def batches(self) -> Iterator[Batch]:
        """The images. Raises `DataError` if the file is missing or damaged."""
        if self.path.lower().endswith(".tar") and "://" not in self.path:
            yield from self._by_offset()
        else:
            yield from self._in_stream()

    def _by_offset(self) -> Iterator[Batch]:
        stamp = stamp_of(self.path)
        try:
            size = max(1, Path(self.path).stat().st_size)
            with Path(self.path).open("rb", buffering=BUFFER) as file:
                for entries in group(self._entries(file, stamp)):
                    found = [entry.at for entry in entries if isinstance(entry.at, Member)]
                    slices = Slices(
                        self.path,
                        tuple(member.offset for member in found),
                        tuple(member.size for member in found),
                    )
                    end = found[-1].offset + found[-1].size
                    yield Batch(entries, slices, min(1.0, end / size))
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror or error}") from error

    def _entries(self, file: BinaryIO, stamp: str) -> Iterator[Entry]:
        end = 0
        for member in members(file, self.path):
            if _is_image(member.name):
                # Data between two images is read with them, so it counts.
                size = member.offset + member.size - (end or member.offset)
                end = member.offset + member.size
                yield Entry(f"{self.path}/{member.name}", f"{stamp}:{member.offset}", size, member)

    def _in_stream(self) -> Iterator[Batch]:
        stamp = stamp_of(self.path)
        with open_place(self.path) as stream:
            try:
                with tarfile.open(fileobj=stream, mode="r|*") as archive:
                    for entries in group(self._streamed(archive, stamp)):
                        images = tuple(
                            entry.at if isinstance(entry.at, bytes) else ImageError(str(entry.at))
                            for entry in entries
                        )
                        yield Batch(entries, Loaded(images), None)
            except (tarfile.TarError, EOFError, OSError) as error:
                raise DataError(f"{self.path} is not a complete tar file: {error}") from error

    def _streamed(self, archive: tarfile.TarFile, stamp: str) -> Iterator[Entry]:
        for number in itertools.count():
            info = archive.next()
            if info is None:
                return
            vars(archive)["members"].clear()  # `tarfile` would keep every header until the end
            if not info.isreg() or not _is_image(info.name):
                continue
            name = f"{self.path}/{info.name}"
            file = archive.extractfile(info) if info.size <= MAX_BYTES else None
            content = file.read() if file else f"{name} is larger than {MAX_BYTES >> 20} MiB"
            yield Entry(name, f"{stamp}:{number}", info.size if file else 0, content)


def _is_image(name: str) -> bool:
    file = name.rpartition("/")[2]
    return not file.startswith(".") and suffix_of(file) in SUFFIXES
