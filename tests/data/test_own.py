"""Parts of a user's data: what is held out, what is tested on, what is predicted."""

import numpy as np
import pytest

from inkling.data.options import Options
from inkling.data.own import LISTED_IMAGES, OwnData, report_empty, to_predict
from inkling.data.raw import FoundData, RawImages, RawPart, Role, whole
from inkling.errors import DataError
from inkling.types import Digits


def part(role: Role, digits: Digits, start: int, stop: int, *, labelled: bool = True) -> RawPart:
    raw = RawImages(digits.images[start:stop], digits.labels[start:stop] if labelled else None)
    return RawPart(role, f"the {role} file", whole(lambda: raw), labelled, stop - start)


def own(*parts: RawPart, notes: list[str] | None = None) -> OwnData:
    notify = None if notes is None else notes.append
    return OwnData("x", FoundData("form", parts), Options(), notify)


def test_a_named_test_part_is_tested_on(few: Digits) -> None:
    data = own(part("training", few, 0, 60), part("test", few, 60, 80))
    assert data.has_test
    np.testing.assert_array_equal(data.training().labels, few.labels[:60])
    np.testing.assert_array_equal(data.test().labels, few.labels[60:80])
    np.testing.assert_array_equal(data.everything().labels, few.labels[60:80])
    with pytest.raises(DataError, match="no validation part"):
        data.validation()
    three = own(
        part("training", few, 0, 60), part("test", few, 60, 80), part("validation", few, 80, 90)
    )
    np.testing.assert_array_equal(three.validation().labels, few.labels[80:90])


def test_without_one_a_fifth_is_held_out(few: Digits) -> None:
    data = own(part("all", few, 0, 100))
    training, test = data.training(), data.test()
    assert (len(training), len(test)) == (80, 20)
    both = np.concatenate([training.images, test.images]).reshape(100, -1)
    assert sorted(map(bytes, both)) == sorted(map(bytes, few.images[:100].reshape(100, -1)))
    assert test.counts().min() >= 1
    assert len(data.everything()) == 100


def test_images_without_labels_are_for_prediction(few: Digits) -> None:
    data = own(part("training", few, 0, 60, labelled=False))
    with pytest.raises(DataError, match="cannot be used for training"):
        data.training()
    with pytest.raises(DataError, match="no training part, only: test"):
        own(part("test", few, 0, 60)).training()
    bare = own(part("unlabelled", few, 0, 60, labelled=False))
    assert bare.describe()["labels"] == "none"


@pytest.mark.parametrize(
    ("roles", "chosen"),
    [
        (["training", "test", "unlabelled"], "the part without labels"),
        (["training", "test"], "the test part"),
        (["all"], "everything"),
        (["training", "validation"], "the training part"),
    ],
)
def test_what_is_predicted(few: Digits, roles: list[Role], chosen: str) -> None:
    parts = [
        part(role, few, 20 * k, 20 * k + 20, labelled=role != "unlabelled")
        for k, role in enumerate(roles)
    ]
    found = to_predict(own(*parts))
    assert (found.part, found.count) == (chosen, 20)
    portions = list(found.portions())
    assert [name for portion in portions for name in portion.ids] == [str(k) for k in range(20)]
    start = {"the part without labels": 40, "the test part": 20}.get(chosen, 0)
    images = np.concatenate([portion.images for portion in portions])
    np.testing.assert_array_equal(images, few.images[start : start + 20])


def test_portions_are_numbered_on(few: Digits) -> None:
    chunks = [RawImages(few.images[:7]), RawImages(few.images[7:12])]
    given = RawPart("unlabelled", "f", lambda: iter(chunks), False, 12)
    found = to_predict(own(part("training", few, 20, 60), given))
    assert [portion.ids for portion in found.portions()] == [
        tuple(map(str, range(7))),
        tuple(map(str, range(7, 12))),
    ]


def test_what_was_decided_is_reported_once(few: Digits) -> None:
    notes: list[str] = []
    dark = RawImages(255 - few.images[:50], few.labels[:50])
    data = own(
        RawPart("training", "f", whole(lambda: dark)), part("test", few, 60, 80), notes=notes
    )
    data.training()
    data.training()
    assert len(notes) == 1
    assert notes[0].startswith("x: inverted")
    plain: list[str] = []
    own(part("training", few, 0, 60), part("test", few, 60, 80), notes=plain).training()
    assert plain == []


def test_files_without_ink_are_named(few: Digits) -> None:
    images = few.images[:30].copy()
    images[: LISTED_IMAGES + 2] = 0
    ids = tuple(f"{k}.png" for k in range(30))
    notes: list[str] = []
    report_empty(Digits(images, few.labels[:30]), ids, "f", notes.append)
    assert f"{LISTED_IMAGES + 2} of the 30 images" in notes[0]
    assert notes[0].endswith(f"{LISTED_IMAGES - 1}.png and 2 more")
    images = images.copy()
    images[LISTED_IMAGES:] = few.images[LISTED_IMAGES:30]
    report_empty(Digits(images, few.labels[:30]), ids, "f", notes.append)
    assert notes[1].endswith(f"{LISTED_IMAGES - 1}.png")
    report_empty(Digits(few.images[:30], few.labels[:30]), ids, "f", notes.append)
    assert len(notes) == 2
    blank = Digits(np.zeros((3, 28, 28), np.uint8), np.array([1, 1, 1]), ("a", "none"))
    report_empty(blank, ids[:3], "f", notes.append)
    assert len(notes) == 2
