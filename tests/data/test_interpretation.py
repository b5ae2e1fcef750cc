"""What stored images and labels mean: told, shown by the data, or asked for."""

import numpy as np
import pytest

from inkling.data.interpretation import Interpretation, _photos, _size, check_lengths, interpret
from inkling.data.options import Options
from inkling.data.pixels import SCALES
from inkling.data.raw import FoundData, RawImages
from inkling.errors import DataError
from inkling.types import Digits

FOUND = FoundData("NumPy arrays", ())
NONE = Options()


def found(**how: object) -> FoundData:
    return FoundData("NumPy arrays", (), **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pixels", "size"),
    [
        (np.zeros((3, 28, 20)), "28x20"),
        (np.zeros((3, 8, 9, 3)), "8x9"),
        ([np.zeros((30, 40)), np.zeros((30, 40, 3))], "30x40"),
        ([np.zeros((30, 40)), np.zeros((40, 30))], "various sizes"),
    ],
)
def test_the_size_of_images_is_reported(pixels: np.ndarray | list, size: str) -> None:
    assert _size(RawImages(pixels)) == size


@pytest.mark.parametrize(
    ("pixels", "photos"),
    [
        (np.zeros((3, 200, 200)), False),
        ([np.zeros((64, 64), np.uint8)], False),
        ([np.zeros((20, 20), np.uint8), np.zeros((20, 65), np.uint8)], True),
    ],
)
def test_large_image_files_are_photos(pixels: np.ndarray | list, photos: bool) -> None:
    assert _photos(RawImages(pixels)) is photos


def test_images_and_labels_are_as_many() -> None:
    check_lengths(RawImages(np.zeros((3, 9, 9))), "x")
    check_lengths(RawImages(np.zeros((3, 9, 9)), np.zeros(3)), "x")
    with pytest.raises(DataError, match="x has 3 images but 2 labels"):
        check_lengths(RawImages(np.zeros((3, 9, 9)), np.zeros(2)), "x")


def test_the_order_of_conversion(few: Digits) -> None:
    """Scaled, inverted, transposed: what is stored the other way comes back as it was."""
    images = few.images[:10]
    stored = (255 - images).transpose(0, 2, 1) / 255
    chosen = interpret(FOUND, RawImages(stored), "x", Options({"orientation": "transposed"}))
    assert (chosen.dark, chosen.transposed, chosen.scale) == (True, True, SCALES["0-1"])
    np.testing.assert_array_equal(chosen.images(RawImages(stored), "x"), images)
    files = RawImages([np.ascontiguousarray(each.T) for each in images])
    lying = interpret(FOUND, files, "x", Options({"orientation": "transposed"}))
    assert lying.scale is None
    np.testing.assert_array_equal(lying.images(files, "x"), images)
    with pytest.raises(DataError, match="mixes arrays and image files"):
        lying.images(RawImages(images), "x")


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("meaning", ["ten-is-zero", "from-one"])
def test_digits_show_what_labels_and_axes_mean(few: Digits, transposed: bool, meaning: str) -> None:
    pixels = few.images.transpose(0, 2, 1) if transposed else few.images
    labels = few.labels + 1 if meaning == "from-one" else np.where(few.labels, few.labels, 10)
    raw = RawImages(pixels, labels)
    chosen = interpret(found(orientation="unknown"), raw, "x", NONE)
    assert chosen.transposed is transposed
    assert chosen.labels is not None
    assert chosen.labels.meaning == meaning
    digits = chosen.digits(raw, "x")
    np.testing.assert_array_equal(digits.labels, few.labels)
    np.testing.assert_array_equal(digits.images, few.images)


def test_where_nothing_shows_it_the_user_is_asked(few: Digits) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    labels = np.arange(60) % 10
    with pytest.raises(DataError, match="labels run from 1 to 10"):
        interpret(FOUND, RawImages(noise, labels + 1), "x", NONE)
    with pytest.raises(DataError, match="row by row or column by column"):
        interpret(found(orientation="unknown"), RawImages(noise, labels), "x", NONE)
    few_only = RawImages(few.images[:19], few.labels[:19] + 1)
    if set(few_only.labels) >= {1, 10}:
        with pytest.raises(DataError, match="labels run from 1 to 10"):
            interpret(FOUND, few_only, "x", NONE)
    told = interpret(FOUND, RawImages(noise, labels + 1), "x", Options({"labels": "from-one"}))
    assert told.labels is not None
    assert told.labels.meaning == "from-one"
    upright = interpret(
        found(orientation="unknown"),
        RawImages(noise, labels),
        "x",
        Options({"orientation": "upright"}),
    )
    assert not upright.transposed
    letters = found(orientation="transposed", classes=tuple("abcdefghijklmnopqrst"))
    assert interpret(letters, RawImages(noise, labels + 10), "x", NONE).transposed
    with pytest.raises(DataError, match="row by row"):
        interpret(
            found(orientation="unknown", classes=tuple("abcdefghijklmnopqrst")),
            RawImages(noise, labels + 10), "x", NONE,
        )  # fmt: skip


def test_what_was_decided_is_said() -> None:
    plain = interpret(
        FOUND, RawImages(np.zeros((2, 28, 28), np.uint8), np.array([1, 2])), "x", NONE
    )
    assert plain.as_json() == {
        "form": "NumPy arrays", "size": "28x28", "resize": None, "pixels": "0 to 1",
        "inverted": False, "transposed": False, "labels": "labels are class names as stored",
        "notes": [],
    }  # fmt: skip
    other = Interpretation("form", "8x8", SCALES["0-16"], True, True, "whole", None, ("note",))
    entry = other.as_json()
    assert (entry["labels"], entry["inverted"], entry["transposed"]) == ("none", True, True)
    assert "padded to a square" in entry["resize"]
    lines = other.sentences()
    assert lines[:2] == ["form, images of 8x8", "note"]
    assert len(lines) == 6
    assert Interpretation("f", "28x28", None, False, False, "ink", None).sentences() == [
        "f, images of 28x28"
    ]
    assert Interpretation("f", "28x28", None, False, False, "ink", None).as_json()["pixels"] == (
        "image files"
    )
    assert Interpretation("f", "28x28", SCALES["0-255"], False, False, "ink", None).sentences() == [
        "f, images of 28x28"
    ]


def test_images_without_labels_have_no_digits() -> None:
    chosen = interpret(FOUND, RawImages(np.zeros((2, 28, 28), np.uint8)), "x", NONE)
    assert chosen.labels is None
    with pytest.raises(DataError, match="has no labels"):
        chosen.digits(RawImages(np.zeros((2, 28, 28), np.uint8), np.array([0, 1])), "x")
