"""The IDX form in which MNIST and its relatives are published.

A header of big-endian numbers (two zero bytes, a type code, the count of dimensions, each
dimension) and then the values themselves: LeCun, Cortes and Burges, 1998.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError

UNSIGNED_BYTE = 0x08
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES = 1 << 31  # of one array; a header that promises more is refused before any allocation
MAX_DIMENSIONS = 4


def read_idx(raw: bytes, name: str, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes in `raw`, read-only.

    `name` is for the error, `dimensions` the number that is expected: 3 for images, 1 for
    labels. Raises `DataError` where the magic number, the count of dimensions or the length
    does not fit.
    """
    _check_magic(raw, name)
    if raw[2] != UNSIGNED_BYTE:
        raise DataError(f"{name} holds IDX type 0x{raw[2]:02x}, only 0x08 (bytes) is read")
    if raw[3] != dimensions:
        raise DataError(f"{name} has {raw[3]} dimensions, {dimensions} were expected")
    return read_any_idx(raw, name)


def read_any_idx(raw: bytes, name: str) -> NDArray:
    """The array in `raw`, of any IDX type and 1 to 4 dimensions. Raises `DataError`."""
    _check_magic(raw, name)
    if raw[2] not in TYPES:
        raise DataError(f"{name} holds the unknown IDX type 0x{raw[2]:02x}")
    dtype, dimensions = np.dtype(TYPES[raw[2]]), raw[3]
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(f"{name} has {dimensions} dimensions, 1 to {MAX_DIMENSIONS} are read")
    header = 4 + 4 * dimensions
    if len(raw) < header:
        raise DataError(f"{name} ends inside its header, after {len(raw)} bytes")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    promised = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if promised > MAX_BYTES:
        raise DataError(f"{name} promises {promised:,} bytes, more than {MAX_BYTES:,}")
    if len(raw) - header != promised:
        word = "short" if len(raw) - header < promised else "long"
        raise DataError(
            f"{name} is too {word}: its header promises {promised:,} bytes of data, "
            f"it holds {len(raw) - header:,}"
        )
    return np.frombuffer(raw, dtype, offset=header).reshape(shape)


def _check_magic(raw: bytes, name: str) -> None:
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise DataError(f"{name} is not an IDX file: it begins with {raw[:4].hex() or 'nothing'}")


def write_idx(array: NDArray[np.uint8]) -> bytes:
    """The IDX file that holds `array` of unsigned bytes."""
    header = struct.pack(f">HBB{array.ndim}I", 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + np.ascontiguousarray(array).tobytes()
