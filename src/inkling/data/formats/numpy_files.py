"""Finds the arrays of NumPy files: `.npz` with any usual names, and pairs of `.npy`."""

import io
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import IO

import numpy as np
from numpy.typing import NDArray

from inkling.data.formats.arrays import ArrayRef, found_arrays
from inkling.data.options import Options
from inkling.data.raw import FoundData
from inkling.data.tree import File, Tree
from inkling.errors import DataError

MAX_BYTES = 4 << 30  # limit for all unpacked arrays of a file
# Exceptions of zipfile and NumPy for damaged files: RuntimeError for entries that seem encrypted or
# have an unknown compression, MemoryError and TokenError for invalid headers.
READ_ERRORS = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    NotImplementedError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds the arrays of `.npz` and `.npy` files. Raises `DataError` if they do not match."""
    files = tree.with_suffix(".npz", ".npy")
    if not files:
        return None
    refs: list[ArrayRef] = []
    for file in files:
        refs += _npz(file) if file.suffix == ".npz" else [_npy(file)]
    form = "NumPy arrays" if len(files) == 1 else f"{len(files)} NumPy files"
    return found_arrays(_named_apart(refs), tree.name, form, options)


def _named_apart(refs: list[ArrayRef]) -> list[ArrayRef]:
    """The names of arrays, with the name of the file if there are several files."""
    files = {ref.key.split("/")[0] for ref in refs}
    if len(files) > 1:
        return refs
    return [ArrayRef(ref.key.split("/", 1)[-1], ref.shape, ref.dtype, ref.load) for ref in refs]


def _npz(file: File) -> list[ArrayRef]:
    with _naming(file):
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_BYTES:
            raise DataError(f"{file.label} unpacks to {unpacked:,} bytes, more than {MAX_BYTES:,}")
        stem = PurePosixPath(file.name).stem
        return [
            _ref(
                f"{stem}/{entry.filename.removesuffix('.npy')}",
                partial(archive.open, entry),
                entry.file_size,
                file,
            )
            for entry in archive.infolist()
            if entry.filename.endswith(".npy")
        ]


def _npy(file: File) -> ArrayRef:
    content = file.read()
    stem = PurePosixPath(file.name).stem
    with _naming(file):
        return _ref(f"{stem}/{stem}", lambda: io.BytesIO(content), len(content), file)


def _ref(key: str, open_stream: Callable[[], IO[bytes]], size: int, file: File) -> ArrayRef:
    """Describes an array by its header, whose size is checked before any allocation."""
    name = f"{file.label}, array '{key.rsplit('/', maxsplit=1)[-1]}'"
    with open_stream() as stream:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"unknown version {version} of the .npy format")
        read_header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read_header(stream)
    if dtype.hasobject:
        raise DataError(
            f"{name} contains Python objects (a pickle), which are never loaded; "
            "store numbers or text"
        )
    promised = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if promised > size:
        raise DataError(f"{name} declares {promised:,} bytes, but the file has {size:,}")
    return ArrayRef(key, shape, dtype, partial(_load, open_stream, file))


def _load(open_stream: Callable[[], IO[bytes]], file: File) -> NDArray:
    with _naming(file), open_stream() as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


class _naming:  # noqa: N801 (a context, used like a function)
    """Converts exceptions for damaged files to a `DataError` with the file name."""

    def __init__(self, file: File) -> None:
        self.file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DataError) or not isinstance(error, READ_ERRORS):
            return
        raise DataError(f"cannot read {self.file.label} as {self.file.suffix}: {error}") from error
