"""Lists the members of a tar file (WebDataset) by parsing only the headers.

`tarfile` takes about 50 microseconds per member, a fifth of the time for reading a thumbnail. So
plain members are parsed here, and `tarfile` handles everything else (long names, sparse files,
links). Format: POSIX.1-2001, pax.
"""

import os
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from inkling.errors import DataError

BLOCK = 512  # bytes; the unit of the format
PLAIN = (b"0", b"\0")
CHECKSUM = slice(148, 156)
SPACES = 8 * ord(" ")


class Member(NamedTuple):
    """A file in a tar file. `offset` is the position of its first byte."""

    name: str
    offset: int
    size: int


def members(file: BinaryIO, path: str) -> Iterator[Member]:
    """The regular files of an uncompressed tar file. Raises `DataError` if it is damaged."""
    length = file.seek(0, os.SEEK_END)
    offset = 0
    while True:
        file.seek(offset)
        header = file.read(BLOCK)
        if len(header) < BLOCK:
            raise DataError(f"{path} is not a complete tar file: it ends at byte {length:,}")
        if not header.strip(b"\0"):
            return
        kind = header[156:157]
        if kind in PLAIN and _is_intact(header):
            size = _number(header[124:136])
            name, start = _name(header), offset + BLOCK
        elif kind == b"x" and _is_intact(header) and _only_times(file, header):
            offset += BLOCK + _padded(_number(header[124:136]))
            continue
        else:
            file.seek(offset)
            info, start = _by_tarfile(file, path)
            if info is None:
                offset = start
                continue
            name, size, start = info.name, info.size, info.offset_data
        if start + size > length:
            raise DataError(f"{path} is truncated within {name}. Copy it again")
        yield Member(name, start, size)
        offset = start + _padded(size)


def _is_intact(header: bytes) -> bool:
    field = header[CHECKSUM].strip(b"\0 ")
    others = header[: CHECKSUM.start] + header[CHECKSUM.stop :]
    # Three of four bytes are zero; `sum` is faster without them.
    return field.isdigit() and int(field, 8) == sum(others.translate(None, b"\0")) + SPACES


def _number(field: bytes) -> int:
    text = field.strip(b"\0 ")
    return int(text, 8) if text.isdigit() else -1


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return os.fsdecode(prefix + b"/" + name if prefix else name)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _only_times(file: BinaryIO, header: bytes) -> bool:
    """Whether an extended header has only times, as WebDataset writes it before each member."""
    records = file.read(max(0, _number(header[124:136])))
    keys = [record.partition(b" ")[2].partition(b"=")[0] for record in records.splitlines()]
    return bool(keys) and all(key in (b"mtime", b"atime", b"ctime") for key in keys)


def _by_tarfile(file: BinaryIO, path: str) -> tuple[tarfile.TarInfo | None, int]:
    """The member at the position (None if it is not a regular file), and the next position."""
    start = file.tell()
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            info = archive.next()
            if info is None:
                raise DataError(f"{path} is damaged at byte {start:,}. Copy it again")
            after = archive.offset
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise DataError(f"{path} is damaged at byte {start:,}: {error}") from error
    return (info if info.isreg() and not info.issparse() else None), after
