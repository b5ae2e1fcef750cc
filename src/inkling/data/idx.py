"""Reads and writes the IDX format of MNIST and related data sets.

The header has big-endian numbers: two zero bytes, a type code, the number of dimensions, each
dimension. The values follow (LeCun, Cortes and Burges, 1998).
"""

import struct

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError

UNSIGNED_BYTE = 0x08
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES = 1 << 31  # limit for one array, checked before any allocation
MAX_DIMENSIONS = 4


def read_idx(raw: bytes, name: str, dimensions: int) -> NDArray[np.uint8]:
    """Parses an array of unsigned bytes, read-only.

    `name` is used in errors. `dimensions` is the expected number: 3 for images, 1 for labels.
    Raises `DataError` if the magic number, the number of dimensions or the length is wrong.
    """
    _check_magic(raw, name)
    if raw[2] != UNSIGNED_BYTE:
        raise DataError(f"{name} has the IDX type 0x{raw[2]:02x}; only 0x08 (bytes) is supported")
    if raw[3] != dimensions:
        raise DataError(f"{name} has {raw[3]} dimensions instead of {dimensions}")
    return read_any_idx(raw, name)


def read_any_idx(raw: bytes, name: str) -> NDArray:
    """Parses an array of any IDX type with 1 to 4 dimensions. Raises `DataError`."""
    _check_magic(raw, name)
    if raw[2] not in TYPES:
        raise DataError(f"{name} has the unknown IDX type 0x{raw[2]:02x}")
    dtype, dimensions = np.dtype(TYPES[raw[2]]), raw[3]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(f"{name} has {dimensions} dimensions; 1 to {MAX_DIMENSIONS} are supported")
    header = 4 + 4 * dimensions
    if len(raw) < header:
        raise DataError(f"{name} ends within its header, after {len(raw)} bytes")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    promised = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if promised > MAX_BYTES:
        raise DataError(f"{name} declares {promised:,} bytes; the limit is {MAX_BYTES:,}")
    if len(raw) - header != promised:
        word = "short" if len(raw) - header < promised else "long"
        raise DataError(
            f"{name} is too {word}: its header declares {promised:,} bytes of data, "
            f"but it has {len(raw) - header:,}"
        )
    return np.frombuffer(raw, dtype, offset=header).reshape(shape)


def _check_magic(raw: bytes, name: str) -> None:
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise DataError(f"{name} is not an IDX file: it starts with {raw[:4].hex() or 'nothing'}")
