"""MATLAB files: nested structures, USPS cubes, EMNIST's mapping, and files that are refused."""

import io
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from inkling.data.formats.matlab import HDF5, _cube, _emnist, _flatten, find
from inkling.data.options import Options
from inkling.data.raw import FoundData
from inkling.data.tree import File, Tree
from inkling.errors import DataError


def mat(arrays: dict, name: str = "data.mat") -> File:
    scipy_io = pytest.importorskip("scipy.io")
    content = io.BytesIO()
    scipy_io.savemat(content, arrays)
    return binary(content.getvalue(), name)


def binary(content: bytes, name: str = "data.mat") -> File:
    return File(PurePosixPath(name), name, len(content), lambda count: content[:count])


def found(*files: File) -> FoundData:
    result = find(Tree("x", files), Options())
    assert result is not None
    return result


def test_arrays_in_structures_have_their_path() -> None:
    class Struct:
        _fieldnames = ("a", "b")
        a, b = np.array([1]), np.array(["t"])

    wrapped = np.empty((1, 1), object)
    wrapped[0, 0] = Struct()
    pair = np.empty(2, object)
    value = {"fea": np.zeros(2), "dataset": wrapped, "pair": pair, "text": "no array"}
    assert [key for key, _ in _flatten(value, "")] == ["data", "dataset_a", "dataset_b"]


@pytest.mark.parametrize("offset", [0, 512])
def test_newer_files_are_named(offset: int) -> None:
    with pytest.raises(DataError, match=r"MATLAB 7\.3 file"):
        found(binary(b"\0" * offset + HDF5 + b"\0" * 600))


@pytest.mark.parametrize("content", [b"", b"\0" * 700, b"MATLAB 5.0 MAT-file" + b"x" * 300])
def test_damaged_files_are_errors(content: bytes) -> None:
    with pytest.raises(DataError, match=r"cannot read data\.mat"):
        found(binary(content))


def test_plain_arrays_svhn_and_one_per_digit() -> None:
    images = np.random.default_rng(0).integers(0, 255, (12, 28, 28)).astype(np.uint8)
    plain = found(mat({"X": images, "y": np.arange(12)}))
    assert (plain.orientation, plain.meaning, plain.notes) == ("upright", None, ())
    flat = found(mat({"X": images.reshape(12, -1), "y": np.arange(12)}))
    assert flat.orientation == "unknown"
    svhn = found(mat({"X": np.zeros((32, 32, 3, 4), np.uint8), "y": np.arange(4)}))
    assert svhn.meaning == "ten-is-zero"
    assert len(svhn.notes) == 1
    digits = found(mat({f"train{k}": images[k : k + 2].reshape(2, -1) for k in range(3)}))
    assert digits.orientation == "unknown"
    assert len(digits.parts[0].read()) == 6


def test_several_files_are_parts_by_their_names() -> None:
    arrays = {"X": np.zeros((3, 28, 28), np.uint8), "y": np.arange(3)}
    two = found(mat(arrays, "test_32x32.mat"), mat(arrays, "train_32x32.mat"))
    assert sorted(part.role for part in two.parts) == ["test", "training"]
    assert two.form == "2 MATLAB files"
    with pytest.raises(DataError, match=r"several \.mat files"):
        found(mat(arrays, "a.mat"), mat(arrays, "b.mat"))
    assert find(Tree("x", ()), Options()) is None


@pytest.mark.parametrize("side", [16, 28])
def test_a_cube_has_a_layer_for_each_digit(side: int) -> None:
    cube = np.arange(side * side * 2 * 10).reshape(side * side, 2, 10)
    raw = _cube(cube, "x").parts[0].read()
    assert np.shape(raw.pixels) == (20, side, side)
    assert raw.labels is not None
    assert raw.labels.tolist() == [k // 2 for k in range(2, 20)] + [0, 0]
    np.testing.assert_array_equal(np.asarray(raw.pixels)[3].ravel(), cube[:, 1, 1])
    whole = found(mat({"data": cube.astype(np.uint16)}))
    assert whole.orientation == "unknown"


def test_emnists_mapping_names_its_classes() -> None:
    mapping = np.array([[2, 66], [1, 65], [3, 67]])
    letters = _emnist(FoundData("f", ()), mapping)
    assert (letters.classes, letters.first_label) == (("A", "B", "C"), 1)
    assert letters.orientation == "transposed"
    plain = _emnist(FoundData("f", ()), None)
    assert (plain.classes, plain.orientation, len(plain.notes)) == (None, "transposed", 1)


def test_a_path_is_read(tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    from inkling.data.tree import tree_of_file

    scipy_io.savemat(tmp_path / "d.mat", {"X": np.zeros((3, 28, 28)), "y": np.arange(3)})
    assert find(tree_of_file(tmp_path / "d.mat"), Options()) is not None
