"""NumPy files: archives and single arrays, named apart where there are several."""

import io
from pathlib import PurePosixPath

import numpy as np
import pytest

from inkling.data.formats.numpy_files import find
from inkling.data.options import Options
from inkling.data.raw import FoundData
from inkling.data.tree import File, Tree
from inkling.errors import DataError


def npy(name: str, array: np.ndarray) -> File:
    content = io.BytesIO()
    np.save(content, array)
    return binary(name, content.getvalue())


def npz(name: str, **arrays: np.ndarray) -> File:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return binary(name, content.getvalue())


def binary(name: str, content: bytes) -> File:
    return File(PurePosixPath(name), name, len(content), lambda count: content[:count])


def found(*files: File) -> FoundData:
    result = find(Tree("x", files), Options())
    assert result is not None
    return result


IMAGES, LABELS = np.arange(5 * 81).reshape(5, 9, 9).astype(np.uint8), np.arange(5)


def test_an_archive_and_single_arrays() -> None:
    for files, form in (
        ([npz("a.npz", x=IMAGES, y=LABELS)], "NumPy arrays"),
        ([npy("x_train.npy", IMAGES), npy("y_train.npy", LABELS)], "2 NumPy files"),
        ([npz("a.npz", x_train=IMAGES), npy("y_train.npy", LABELS)], "2 NumPy files"),
    ):
        data = found(*files)
        assert data.form == form
        raw = data.parts[0].read()
        np.testing.assert_array_equal(raw.pixels, IMAGES)
        assert raw.labels is not None
        np.testing.assert_array_equal(raw.labels, LABELS)
    assert find(Tree("x", (binary("a.csv", b"1"),)), Options()) is None


@pytest.mark.parametrize("content", [b"", b"no array", b"PK\3\4 no archive", b"\x93NUMPY\1\0"])
@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_damaged_files_are_errors(name: str, content: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.np"):
        found(binary(name, content)).parts[0].read()


def test_objects_are_never_loaded() -> None:
    content = io.BytesIO()
    np.save(content, np.array([print], object), allow_pickle=True)
    with pytest.raises(DataError):
        found(binary("a.npy", content.getvalue())).parts[0].read()
