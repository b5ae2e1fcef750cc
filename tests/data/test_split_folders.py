"""Split folders are parts, not classes; and folders that may be either are a question."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkling.data.catalog import find_source
from inkling.data.part_names import role_of_folder
from inkling.errors import DataError
from inkling.types import Digits
from tests.data.forms import same, save_classes

PAIRS = [
    ("training", "testing"),
    ("Train", "Test"),
    ("trainingSet", "testSet"),
    ("training-images", "test-images"),
    ("TRAIN", "TEST"),
    ("train_images", "test_images"),
    ("mnist_train", "mnist_test"),
    ("trn", "tst"),
]


@pytest.fixture
def parts(few: Digits) -> tuple[Digits, Digits, Digits]:
    return few.take(np.arange(40)), few.take(np.arange(40, 60)), few.take(np.arange(60, 80))


@pytest.mark.parametrize("names", PAIRS)
@pytest.mark.parametrize("wrapped", ["", "mnist_png"])
def test_usual_names(names, wrapped: str, parts, tmp_path: Path) -> None:
    training, test, _ = parts
    save_classes(training, tmp_path / wrapped / names[0])
    save_classes(test, tmp_path / wrapped / names[1])
    source = find_source(str(tmp_path))
    assert source.has_test
    assert same(source.load_training(), training)
    assert same(source.load_test(), test)


@pytest.mark.parametrize("name", ["valid", "Validation", "val", "dev", "validation_set"])
def test_a_validation_part_validates(name: str, parts, tmp_path: Path) -> None:
    from inkling.jobs.train import make_splits
    from inkling.training.recipe_text import load_recipe

    training, test, validation = parts
    for part, folder in ((training, "train"), (test, "test"), (validation, name)):
        save_classes(part, tmp_path / folder)
    source = find_source(str(tmp_path))
    splits = make_splits(load_recipe("mlp-adam"), source)
    assert same(splits.training, training)
    assert splits.validation is not None
    assert same(splits.validation, validation)
    assert same(source.load_test(), test)


def test_without_a_test_part_a_fifth_of_the_training_part_is_held_out(
    parts, tmp_path: Path
) -> None:
    training, _, validation = parts
    save_classes(training, tmp_path / "train")
    save_classes(validation, tmp_path / "valid")
    source = find_source(str(tmp_path))
    assert not source.has_test
    assert len(source.load_training()) == 32
    assert len(source.load_test()) == 8
    assert source.load_validation is not None
    assert same(source.load_validation(), validation)


def test_a_class_may_be_called_train(parts, tmp_path: Path) -> None:
    for name, image in zip(("train", "bus", "car"), parts[0].images, strict=False):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    assert find_source(str(tmp_path)).load_everything().classes == ("bus", "car", "train")


def test_a_flat_test_folder_without_labels_is_for_predict(parts, tmp_path: Path) -> None:
    training, test, _ = parts
    save_classes(training, tmp_path / "trainingSet" / "trainingSet")
    (tmp_path / "testSet" / "testSet").mkdir(parents=True)
    for number, image in enumerate(test.images):
        Image.fromarray(image).save(tmp_path / "testSet" / "testSet" / f"img_{number}a.png")
    source = find_source(str(tmp_path))
    assert not source.has_test
    assert same(source.load_everything(), training)


def test_an_empty_subfolder_is_not_a_class(parts, tmp_path: Path) -> None:
    save_classes(parts[0], tmp_path)
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no image")
    assert find_source(str(tmp_path)).load_everything().classes == tuple("0123456789")


def test_alike_folders_are_a_question(parts, tmp_path: Path) -> None:
    save_classes(parts[0], tmp_path / "anna")
    save_classes(parts[1], tmp_path / "ben")
    with pytest.raises(DataError, match="What are the classes") as refused:
        find_source(str(tmp_path))
    answers = [part.split("'")[0] for part in str(refused.value).split("--data '")[1:]]
    assert len(answers) == 3
    outer, inner, told = (find_source(answer) for answer in answers)
    assert outer.load_everything().classes == ("anna", "ben")
    assert inner.load_everything().classes == tuple("0123456789")
    assert len(inner.load_everything()) == 60
    assert same(told.load_training(), parts[0])
    assert same(told.load_test(), parts[1])


def test_two_folders_of_one_part_are_refused(parts, tmp_path: Path) -> None:
    save_classes(parts[0], tmp_path / "train")
    save_classes(parts[1], tmp_path / "training")
    with pytest.raises(DataError, match="two folders of training images"):
        find_source(str(tmp_path))


def test_images_beside_class_folders_are_refused(parts, tmp_path: Path) -> None:
    save_classes(parts[0], tmp_path)
    Image.fromarray(parts[0].images[0]).save(tmp_path / "lost.png")
    with pytest.raises(DataError, match=r"outside of them \(lost.png\)"):
        find_source(str(tmp_path))


def test_an_archive_is_read_as_its_folder_is(parts, tmp_path: Path) -> None:
    save_classes(parts[0], tmp_path / "plain" / "Train")
    save_classes(parts[1], tmp_path / "plain" / "Test")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for path in sorted((tmp_path / "plain").rglob("*.png")):
            archive.write(path, Path("outer") / path.relative_to(tmp_path / "plain"))
    packed, plain = (find_source(str(tmp_path / name)) for name in ("packed.zip", "plain"))
    assert packed.load_training().sha256() == plain.load_training().sha256()
    assert packed.load_test().sha256() == plain.load_test().sha256()


@settings(max_examples=60)
@given(
    role=st.sampled_from(["train", "training", "test", "testing", "valid", "validation", "val"]),
    filler=st.sampled_from(["", "set", "images", "data", "mnist", "png"]),
    joint=st.sampled_from(["_", "-", " ", "."]),
    shape=st.sampled_from([str.lower, str.upper, str.title]),
    first=st.booleans(),
)
def test_any_spelling_of_a_part(role, filler, joint, shape, first) -> None:
    words = [word for word in ((role, filler) if first else (filler, role)) if word]
    found = role_of_folder(joint.join(shape(word) for word in words))
    assert found == {"tr": "training", "te": "test", "va": "validation"}[role[:2]]


@pytest.mark.parametrize(
    "name", ["0", "nine", "train station", "testament", "A", "contest", "dev board"]
)
def test_names_of_classes(name: str) -> None:
    assert role_of_folder(name) is None
