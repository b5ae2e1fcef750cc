"""Finds the arrays of MATLAB `.mat` files: SVHN, USPS, `mnist-original`, EMNIST and others."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.formats.arrays import ArrayRef, found_arrays, per_digit
from inkling.data.options import Options
from inkling.data.part_names import read_name
from inkling.data.raw import FoundData, RawImages, RawPart, whole
from inkling.data.tree import File, Tree
from inkling.errors import DataError

MAX_BYTES = 2 << 30  # limit for all arrays of a file
HDF5 = b"\x89HDF\r\n\x1a\n"  # MATLAB 7.3 files are HDF5 files
ALIASES = {"fea": "data", "gnd": "labels"}  # Cai's USPS and MNIST


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds the arrays of `.mat` files. Several files are parts by name (`train_32x32.mat`)."""
    files = tree.with_suffix(".mat")
    if not files:
        return None
    if len(files) == 1:
        return _found(files[0], tree.name, options)
    parts: list[RawPart] = []
    first: FoundData | None = None
    for file in files:
        role = read_name(file.name).role
        found = _found(file, file.label, options)
        if len(found.parts) != 1 or role is None:
            raise DataError(
                f"{tree.name} contains several .mat files. Name one of them, or rename them to "
                "train.mat and test.mat"
            )
        parts.append(replace(found.parts[0], role=role))
        first = found if first is None or role == "training" else first
    assert first is not None
    return replace(first, form=f"{len(files)} MATLAB files", parts=tuple(parts))


def _found(file: File, name: str, options: Options) -> FoundData:
    arrays = dict(_flatten(_load(file), ""))
    refs = {key: _ref(key, value) for key, value in arrays.items()}
    digits = per_digit(refs, name, options)
    if digits:
        return FoundData("MATLAB arrays, one per digit", tuple(digits), orientation="unknown")
    cube = [ref for ref in refs.values() if len(ref.shape) == 3 and ref.shape[2] == 10]
    if len(refs) == 1 and cube and cube[0].shape[0] in (256, 784):
        return _cube(arrays[cube[0].key], name)
    mapping = next((arrays.pop(key) for key in list(arrays) if key.endswith("mapping")), None)
    kept = [ref for key, ref in refs.items() if key in arrays and "writers" not in key]
    found = found_arrays(kept, name, "MATLAB arrays", options)
    if any(key.startswith("dataset") for key in arrays):
        return _emnist(found, mapping)
    flat = all(len(ref.shape) <= 2 for ref in kept)
    svhn = any(len(ref.shape) == 4 and ref.shape[:3] == (32, 32, 3) for ref in kept)
    return replace(
        found,
        orientation="unknown" if flat else "upright",
        meaning="ten-is-zero" if svhn else None,
        notes=("SVHN stores the digit 0 as the label 10",) if svhn else (),
    )


def _load(file: File) -> dict[str, Any]:
    content = file.read()
    if content[512:520] == HDF5 or content[:8] == HDF5:
        raise DataError(
            f"{file.label} is a MATLAB 7.3 file (HDF5); save it with save(..., '-v7') or convert "
            "it to .npz"
        )
    from scipy.io import loadmat, whosmat
    from scipy.io.matlab import MatReadError

    try:
        with_shapes = whosmat(io.BytesIO(content))
        promised = sum(int(np.prod(shape, dtype=object)) for _, shape, _ in with_shapes)
        if promised > MAX_BYTES:
            raise DataError(f"{file.label} declares {promised:,} bytes; the limit is {MAX_BYTES:,}")
        loaded = loadmat(io.BytesIO(content), struct_as_record=False, squeeze_me=False)
    except (MatReadError, OSError, ValueError, TypeError, KeyError, IndexError, EOFError,
            NotImplementedError, MemoryError, OverflowError) as error:  # fmt: skip
        raise DataError(f"cannot read {file.label} as a MATLAB file: {error}") from error
    return {key: value for key, value in loaded.items() if not key.startswith("__")}


def _flatten(value: Any, prefix: str) -> Iterator[tuple[str, NDArray]]:
    """All arrays in nested structures by their path: `dataset_train_images`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flatten(inner, ALIASES.get(str(key), str(key)))
    elif hasattr(value, "_fieldnames"):
        for key in value._fieldnames:
            yield from _flatten(getattr(value, key), f"{prefix}_{key}")
    elif isinstance(value, np.ndarray) and value.dtype == object and value.size == 1:
        yield from _flatten(value.reshape(-1)[0], prefix)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield prefix, value


def _ref(key: str, array: NDArray) -> ArrayRef:
    return ArrayRef(key, array.shape, array.dtype, lambda: array)


def _cube(array: NDArray, name: str) -> FoundData:
    """USPS by Roweis: (256, 1100, 10), digits 1 to 9 and then 0."""
    images = array.transpose(2, 1, 0).reshape(-1, 16, 16) if array.shape[0] == 256 else None
    if images is None:
        images = array.transpose(2, 1, 0).reshape(-1, 28, 28)
    labels = np.repeat((np.arange(10) + 1) % 10, array.shape[1])
    part = RawPart("all", name, whole(lambda: RawImages(images, labels)))
    return FoundData("MATLAB array, one layer per digit", (part,), orientation="unknown")


def _emnist(found: FoundData, mapping: NDArray | None) -> FoundData:
    """EMNIST's structure. Its mapping gives the letter of each label."""
    notes = ("EMNIST stores its images transposed",)
    if mapping is None:
        return replace(found, orientation="transposed", notes=notes)
    rows = mapping[np.argsort(mapping[:, 0])]
    classes = tuple(chr(int(row[1])) for row in rows)
    return replace(
        found,
        orientation="transposed",
        notes=notes,
        classes=classes,
        first_label=int(rows[0, 0]),
    )
