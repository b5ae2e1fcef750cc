"""Corrections as the service stores them and as a person sorts them, read back."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkling.data.corrections import CORRECTIONS_FILE, CROPS, MAX_CROP_BYTES, read_corrections
from inkling.errors import DataError
from inkling.reading.pipeline import Reader
from inkling.reading.saved_crops import CropFolder, folder_of, is_case_sensitive, label_of
from inkling.reading.trace import Trace
from inkling.types import Digits
from tests.reading.drawings import drawn_seven, drawn_zero

CLASSES = (*"0123456789", "none")


def store(folder: Path, scans: Digits, labels: list[str]) -> Path:
    (folder / CROPS).mkdir(parents=True)
    lines = []
    for number, label in enumerate(labels):
        file = f"{CROPS}/{number}.png"
        Image.fromarray(scans.images[number]).save(folder / file)
        lines.append(json.dumps({"file": file, "predicted": "1", "correct": label}))
    (folder / CORRECTIONS_FILE).write_text("".join(f"{line}\n" for line in lines))
    return folder


def append(folder: Path, text: str) -> None:
    with (folder / CORRECTIONS_FILE).open("a") as file:
        file.write(text + "\n")


def test_labels_are_counted_in_the_models_classes(scans: Digits, tmp_path: Path) -> None:
    folder = store(tmp_path / "c", scans, ["7", "not-a-digit", "0"])
    found = read_corrections(folder, CLASSES)
    assert found.labels.tolist() == [7, 10, 0]
    assert np.array_equal(found.images, scans.images[:3])
    turned = read_corrections(folder, CLASSES[::-1])
    assert [turned.classes[k] for k in turned.labels] == ["7", "none", "0"]


def test_the_last_correction_of_a_crop_counts(scans: Digits, tmp_path: Path) -> None:
    folder = store(tmp_path / "c", scans, ["7", "1"])
    append(folder, '{"file": "crops/0.png", "predicted": "7", "correct": "4"}')
    assert sorted(read_corrections(folder, CLASSES).labels.tolist()) == [1, 4]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"file": "crops/9.png", "correct": "4"}', "line 3.*9.png is missing"),
        ('{"file": "crops/0.png", "correct": "x"}', "line 3: 'x' is not a class.*not-a-digit"),
        ('{"file": "../outside.png", "correct": "4"}', "line 3.*not inside the folder"),
        ('{"file": "crops/0.png"}', "line 3 is not an object with 'file' and 'correct'"),
        ('{"file": 4, "correct": "4"}', "line 3.*must be text"),
        ('{"file": "crops/0.p', "line 3 is not JSON"),
    ],
)
def test_a_bad_line_is_named(scans: Digits, tmp_path: Path, line: str, says: str) -> None:
    folder = store(tmp_path / "c", scans, ["7", "1"])
    (tmp_path / "outside.png").write_bytes((folder / "crops/0.png").read_bytes())
    append(folder, line)
    with pytest.raises(DataError, match=says):
        read_corrections(folder, CLASSES)


@pytest.mark.parametrize("kind", ["text", "large", "wide", "cut"])
def test_an_image_that_is_no_crop_is_named(scans: Digits, tmp_path: Path, kind: str) -> None:
    folder = store(tmp_path / "c", scans, ["7"])
    path = folder / "crops/0.png"
    if kind == "text":
        path.write_text("not an image")
    elif kind == "large":
        path.write_bytes(bytes(MAX_CROP_BYTES + 1))
    elif kind == "wide":
        Image.new("L", (29, 28)).save(path)
    else:
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"0\.png"):
        read_corrections(folder, CLASSES)


def test_folders_without_corrections_are_refused(scans: Digits, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        read_corrections(tmp_path / "nowhere", CLASSES)
    with pytest.raises(DataError, match="--data"):
        read_corrections(tmp_path, CLASSES)
    with pytest.raises(DataError, match="no corrections yet"):
        read_corrections(store(tmp_path / "c", scans, []), CLASSES)


def test_saved_crops_are_corrections_once_sorted(tmp_path: Path) -> None:
    reader = Reader.load()
    folder = CropFolder(tmp_path / "crops")
    for trace in reader.trace([drawn_seven(), drawn_zero()]):
        assert isinstance(trace, Trace)
        folder.save(trace)
    folder.finish()
    wrong = next((folder.folder / "0").glob("*.png"))
    (folder.folder / "not-a-digit").mkdir()
    wrong.rename(folder.folder / "not-a-digit" / wrong.name)
    assert sorted(read_corrections(folder.folder, CLASSES).labels.tolist()) == [7, 10]


@pytest.mark.parametrize("label", ["7", "a b", "../x", "..", "a/b", ".hidden", "±", "%41", "C:"])
def test_any_class_name_is_a_subfolder(label: str, tmp_path: Path) -> None:
    path = tmp_path / folder_of(label)
    assert path.resolve().parent == tmp_path.resolve()
    assert not path.name.startswith(".")
    assert label_of(path.name) == label


@given(st.sets(st.text(min_size=1, max_size=4), max_size=8))
def test_classes_that_differ_in_case_have_folders_of_their_own(labels: set[str]) -> None:
    names = {label: folder_of(label, case_sensitive=False) for label in labels}
    assert len({name.casefold() for name in names.values()}) == len(labels)
    assert all(label_of(name) == label for label, name in names.items())


def test_the_file_system_is_asked_whether_case_counts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    distinct = not (tmp_path / "A").exists()
    assert is_case_sensitive(tmp_path) == distinct
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
