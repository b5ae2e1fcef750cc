"""Named arrays to parts: what is an image, what is a label, what belongs together."""

import numpy as np
import pytest

from inkling.data.formats.arrays import ArrayRef, found_arrays, per_digit
from inkling.data.options import Options
from inkling.errors import DataError

NONE = Options()


def ref(key: str, *shape: int, dtype: str = "uint8") -> ArrayRef:
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    return ArrayRef(key, array.shape, array.dtype, lambda: array)


@pytest.mark.parametrize(
    ("given", "images", "labels"),
    [
        (ref("a", 5, 28, 28), True, False),
        (ref("a", 5, 784), True, True),
        (ref("a", 784, 5), True, True),
        (ref("a", 300, 784), True, False),
        (ref("a", 301, 199), False, True),
        (ref("a", 301, 200), False, False),
        (ref("a", 5, 10), False, True),
        (ref("a", 5), False, True),
        (ref("a", 5, 28, 28, dtype="U1"), False, False),
    ],
)
def test_shapes_of_images_and_labels(given: ArrayRef, images: bool, labels: bool) -> None:
    assert given.is_images is images
    assert given.is_labels is labels


def roles(*refs: ArrayRef, options: Options = NONE) -> dict[str, bool]:
    found = found_arrays(list(refs), "x", "form", options)
    return {part.role: part.labelled for part in found.parts}


def test_parts_are_told_by_names_and_shapes() -> None:
    pixels, labels = ("x_train", 5, 28, 28), ("y_train", 5)
    assert roles(ref(*pixels), ref(*labels)) == {"training": True}
    assert roles(ref(*pixels), ref(*labels), ref("x_test", 3, 28, 28), ref("y_test", 3)) == {
        "training": True, "test": True,
    }  # fmt: skip
    assert roles(ref("data", 5, 784), ref("target", 5)) == {"all": True}
    assert roles(ref("foo", 5, 28, 28), ref("bar", 5)) == {"all": True}
    assert roles(ref("foo", 5, 28, 28)) == {"all": False}
    assert roles(ref(*pixels), ref(*labels), ref("x_test", 3, 28, 28)) == {
        "training": True, "unlabelled": False,
    }  # fmt: skip
    assert roles(ref("images", 5, 28, 28), ref("data", 5, 784), ref("target", 5)) == {"all": True}
    assert roles(ref("foo", 5, 63), ref("bar", 5, 28, 28)) == {"all": True}


@pytest.mark.parametrize(
    ("refs", "words"),
    [
        ([ref("a", 5)], "x contains a uint8[5]; expected images"),
        ([], "x contains nothing; expected images"),
        ([ref("a", 5, 28, 28), ref("b", 5, 28, 28), ref("y", 5)], "#train=a,test=b"),
        (
            [ref("a", 5, 28, 28), ref("y", 5), ref("label", 5)],
            "ambiguous which arrays belong together",
        ),
    ],
)
def test_what_is_not_certain_is_asked(refs: list[ArrayRef], words: str) -> None:
    with pytest.raises(DataError) as caught:
        found_arrays(refs, "x", "form", NONE)
    assert words in str(caught.value)


def test_the_user_may_name_the_image_arrays() -> None:
    refs = [ref("a", 5, 28, 28), ref("b", 3, 28, 28), ref("p", 5), ref("q", 3)]
    told = Options({"train": "a", "test": "b"})
    found = found_arrays(refs, "x", "form", told)
    assert [part.role for part in found.parts] == ["training", "test"]
    assert [len(part.read()) for part in found.parts] == [5, 3]
    assert found.parts[1].read().labels is not None
    assert len(found.parts[1].read().labels) == 3
    with pytest.raises(DataError, match="no array 'c'"):
        found_arrays(refs, "x", "form", Options({"train": "c"}))
    with pytest.raises(DataError, match="array of labels for 'a' is ambiguous"):
        found_arrays([*refs, ref("r", 5)], "x", "form", told)
    with pytest.raises(DataError, match="array of labels for 'a' is ambiguous"):
        found_arrays([refs[0]], "x", "form", told)


def test_class_names_are_listed_by_an_array_of_text() -> None:
    names = ArrayRef("class_names", (2,), np.dtype("U3"), lambda: np.array(["one", "two"]))
    found = found_arrays([ref("x", 5, 28, 28), ref("y", 5), names], "x", "form", NONE)
    assert found.classes == ("one", "two")
    assert found_arrays([ref("x", 5, 28, 28), ref("y", 5)], "x", "form", NONE).classes is None


def read(images: ArrayRef, labels: ArrayRef | None = None):
    refs = [images] if labels is None else [images, labels]
    return found_arrays(refs, "x", "form", NONE).parts[0].read()


def test_images_and_labels_are_read_together() -> None:
    raw = read(ref("x", 5, 28, 28), ref("y", 5))
    assert (np.shape(raw.pixels), np.shape(raw.labels)) == ((5, 28, 28), (5,))
    assert np.shape(read(ref("x", 28, 28, 5), ref("y", 5)).pixels) == (5, 28, 28)
    assert np.shape(read(ref("x", 5, 28, 28), ref("y", 1, 5)).labels) == (5,)
    assert np.shape(read(ref("x", 5, 28, 28), ref("y", 10, 5)).labels) == (5, 10)  # columns
    assert np.shape(read(ref("x", 5, 28, 28), ref("y", 5, 10)).labels) == (5, 10)
    assert read(ref("x", 5, 28, 28)).labels is None
    for labels in (ref("y", 4), ref("y", 4, 10)):
        with pytest.raises(DataError, match="x has 5 images but"):
            read(ref("x", 5, 28, 28), labels)
    with pytest.raises(DataError, match="no image in 'x'"):
        read(ref("x", 0, 28, 28), ref("y", 0))


def test_one_array_per_digit() -> None:
    refs = {f"train{k}": ref(f"train{k}", k + 1, 784) for k in range(3)}
    refs |= {
        "test0": ref("test0", 2, 784),
        "test1": ref("test1", 1, 784),
        "test7x": ref("z", 1, 784),
    }
    parts = per_digit(refs, "x", NONE)
    assert [part.role for part in parts] == ["training", "test"]
    assert parts[0].read().labels is not None
    assert parts[0].read().labels.tolist() == [0, 1, 1, 2, 2, 2]
    assert parts[1].read().labels.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(
        parts[0].read().pixels[3], refs["train2"].load()[0].reshape(28, 28)
    )
    assert per_digit({"train0": refs["train0"]}, "x", NONE) == []
