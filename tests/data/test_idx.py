import contextlib
import gzip
import struct
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkling.data.formats.idx import find
from inkling.data.idx import read_any_idx, read_idx
from inkling.data.options import Options
from inkling.data.raw import FoundData
from inkling.data.tree import File, Tree
from inkling.errors import DataError
from tests.data.forms import write_idx

ANY = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6))


@given(ANY)
def test_what_is_written_is_read(array: np.ndarray) -> None:
    assert np.array_equal(read_idx(write_idx(array), "x", array.ndim), array)


@given(ANY, st.integers(1, 40))
def test_a_byte_too_many_or_too_few_is_refused(array: np.ndarray, extra: int) -> None:
    raw = write_idx(array)
    with pytest.raises(DataError, match="too long"):
        read_idx(raw + bytes(extra), "x", array.ndim)
    if array.size:
        with pytest.raises(DataError, match="too short"):
            read_idx(raw[: -min(extra, array.size)], "x", array.ndim)


@given(st.binary(max_size=64))
def test_any_bytes_give_an_array_or_a_data_error(raw: bytes) -> None:
    with contextlib.suppress(DataError):  # and no other error
        assert read_idx(raw, "x", 3).dtype == np.uint8


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "starts with nothing"),
        (b"\x89PNG....", "starts with 89504e47$"),
        (struct.pack(">HBBI", 0, 0x0D, 1, 0), "type 0x0d"),
        (struct.pack(">HBBI", 0, 0x08, 1, 0), "has 1 dimensions instead of 3"),
        (struct.pack(">HBBI", 0, 0x08, 3, 5), "ends within its header"),
        (struct.pack(">HBB3I", 0, 0x08, 3, 60000, 2**31, 2**31), "declares"),
    ],
)
def test_wrong_headers_are_named(raw: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        read_idx(raw, "train-images", 3)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")],
)
def test_each_type_of_number_is_read(code: int, kind: str) -> None:
    values = np.array([[1, 2, 100], [3, 0, 7]], kind)
    raw = struct.pack(">HBBII", 0, code, 2, 2, 3) + values.tobytes()
    np.testing.assert_array_equal(read_any_idx(raw, "x"), values)
    assert read_any_idx(raw, "x").dtype == np.dtype(kind)


def file(name: str, content: bytes) -> File:
    return File(PurePosixPath(name), name, len(content), lambda count: content[:count])


def found(*files: File, **options: str) -> FoundData:
    result = find(Tree("x", files), Options(options))
    assert result is not None
    return result


def images(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 9, 9)).astype(np.uint8)


def pair(images_name: str, labels_name: str, count: int = 5, seed: int = 0) -> list[File]:
    labels = np.arange(count).astype(np.uint8)
    return [
        file(images_name, write_idx(images(count, seed))),
        file(labels_name, write_idx(labels)),
    ]


def test_idx_files_are_parts_by_their_names() -> None:
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    tests = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    data = found(*pair(*names), *pair(*tests, 3, 1))
    assert [(part.role, len(part.read())) for part in data.parts] == [("training", 5), ("test", 3)]
    assert data.form == "4 IDX files"
    np.testing.assert_array_equal(data.parts[1].read().pixels, images(3, 1))
    assert data.parts[1].read().labels is not None
    assert data.parts[1].read().labels.tolist() == [0, 1, 2]
    alone = found(pair(*names)[0])
    assert (alone.form, alone.parts[0].labelled) == ("one IDX file", False)
    assert find(Tree("x", (file("a.csv", b"1,2"),)), Options()) is None


def test_several_datasets_are_chosen_between() -> None:
    files = [
        *pair("emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"),
        *pair("emnist-digits-train-images-idx3-ubyte", "emnist-digits-train-labels-idx1-ubyte", 3),
    ]
    with pytest.raises(DataError, match="x contains several datasets: digits, letters"):
        found(*files)
    with pytest.raises(DataError, match="x contains no dataset 'what' but digits, letters"):
        found(*files, split="what")
    letters = found(*files, split="letters")
    assert letters.classes is not None
    assert (letters.classes[0], letters.first_label, letters.orientation) == ("A", 1, "transposed")
    assert len(found(*files, split="emnist-digits").parts[0].read()) == 3


def test_wider_labels_and_wrong_shapes() -> None:
    names = ("train-images-idx3-ubyte", "train-labels-idx2-int")
    wide = np.stack([np.arange(5), np.full(5, 77)], axis=1).astype(np.uint8)
    pixels = file(names[0], write_idx(images(5)))
    raw = found(pixels, file(names[1], write_idx(wide))).parts[0].read()
    assert raw.labels is not None
    assert raw.labels.tolist() == [0, 1, 2, 3, 4]  # QMNIST: the class stands first
    deep = file(names[1], write_idx(np.zeros((5, 1, 1), np.uint8)))
    with pytest.raises(DataError, match=r"has 3 dimensions, not 1"):
        found(pixels, deep).parts[0].read()
    for array, ok in (
        (images(5).reshape(5, 81), True),
        (images(5), True),
        (np.zeros((5, 3, 9, 9), np.uint8), True),
        (np.zeros(5, np.uint8), False),
    ):
        given = file("train-images-idx3-ubyte", write_idx(array))
        part = found(
            given, file("train-labels-idx1-ubyte", write_idx(np.arange(5, dtype=np.uint8)))
        )
        if ok:
            assert len(part.parts[0].read()) == 5
        else:
            with pytest.raises(DataError, match="has 1 dimensions instead of 3"):
                part.parts[0].read()
    few_labels = file("train-labels-idx1-ubyte", write_idx(np.arange(4, dtype=np.uint8)))
    with pytest.raises(DataError, match=r"has 5 images, .* 4 labels"):
        found(pixels, few_labels).parts[0].read()
    with pytest.raises(DataError, match=r"labels .* but no images"):
        found(few_labels)


def test_two_copies_count_once_and_two_different_files_are_an_error() -> None:
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    both = pair(*names)
    packed = file(f"{names[0]}.gz", gzip.compress(write_idx(images(5))))
    assert len(found(*both, packed).parts[0].read()) == 5
    other = file(f"raw/{names[0]}", write_idx(images(5, 3)))
    with pytest.raises(DataError, match="two different files of training images"):
        found(*both, other)
