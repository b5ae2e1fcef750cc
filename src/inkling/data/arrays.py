"""Pictures in a NumPy `.npz`: `images`/`labels`, `X`/`y`, or the Keras `x_train`... form."""

import math
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.types import DIGIT_NAMES, SIDE, Digits

MAX_BYTES = 4 << 30  # of all arrays together, unpacked
# What zipfile and NumPy raise for damage: RuntimeError for an entry that seems encrypted or packed
# in an unknown way, MemoryError and TokenError for a header that makes no sense.
UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
WHOLE = (("images", "labels"), ("X", "y"), ("x", "y"))
TRAINING = (("x_train", "y_train"), ("train_images", "train_labels"))
TEST = (("x_test", "y_test"), ("test_images", "test_labels"))


def read_arrays(path: Path) -> tuple[Digits, Digits | None]:
    """The training set of a `.npz` and its test set, or everything and None where it has none.

    Raises `DataError` where the keys, shapes or values are not those of labelled pictures.
    """
    arrays = _load(path)
    classes = _classes(arrays)
    for keys in TRAINING:
        if keys[0] in arrays:
            test = next((pair for pair in TEST if pair[0] in arrays), None)
            training = _digits(path, arrays, keys, classes)
            return training, _digits(path, arrays, test, classes) if test else None
    for keys in WHOLE:
        if keys[0] in arrays:
            return _digits(path, arrays, keys, classes), None
    raise DataError(
        f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}; expected images and labels, "
        "X and y, or x_train, y_train, x_test and y_test"
    )


def _load(path: Path) -> dict[str, NDArray]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_BYTES:
            raise DataError(f"{path} unpacks to {unpacked:,} bytes, more than {MAX_BYTES:,}")
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except UNREADABLE as error:
        raise DataError(f"cannot read {path} as .npz: {error}") from error


def _classes(arrays: dict[str, NDArray]) -> tuple[str, ...]:
    names = arrays.get("classes")
    return DIGIT_NAMES if names is None else tuple(str(name) for name in names.ravel())


def _digits(
    path: Path, arrays: dict[str, NDArray], keys: tuple[str, str], classes: tuple[str, ...]
) -> Digits:
    if keys[1] not in arrays:
        raise DataError(f"{path} has '{keys[0]}' but no '{keys[1]}'")
    try:
        return Digits(_pixels(arrays[keys[0]]), _labels(arrays[keys[1]]), classes)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _pixels(array: NDArray) -> NDArray[np.uint8]:
    """(N, 28, 28), (N, 1, 28, 28), (N, 28, 28, 1) or (N, 784) as (N, 28, 28) uint8."""
    if array.ndim < 2 or math.prod(array.shape[1:]) != SIDE * SIDE:
        raise DataError(f"images must be (N, 28, 28) or (N, 784), got {array.shape}")
    if len(array) == 0:
        raise DataError("there is no picture in it")
    array = array.reshape(-1, SIDE, SIDE)
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "uif" or not np.isfinite(array).all():
        raise DataError(f"images must be finite numbers, got {array.dtype}")
    scale = 255 if array.dtype.kind == "f" and array.max(initial=0) <= 1 else 1
    if array.min(initial=0) < 0 or array.max(initial=0) * scale > 255:
        raise DataError("pixels must lie within 0..1 (floats) or 0..255")
    return np.rint(array * scale).astype(np.uint8)


def _labels(array: NDArray) -> NDArray[np.int64]:
    """Class numbers (N,) or (N, 1), or one-hot rows (N, C), as (N,) int64."""
    if array.dtype.kind not in "uif":
        raise DataError(f"labels must be numbers, got {array.dtype}")
    if array.ndim == 2 and array.size:
        array = array.argmax(axis=1) if array.shape[1] > 1 else array[:, 0]
    if array.dtype.kind == "f" and not np.equal(array, np.rint(array)).all():
        raise DataError("labels must be whole numbers")
    return array.astype(np.int64)
