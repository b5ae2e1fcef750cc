"""Crops in subfolders by answer, and what was read of each."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import InklingError
from inkling.reading.pipeline import Reader
from inkling.reading.saved_crops import ANSWERS, CropFolder, folder_of
from inkling.reading.trace import Trace
from tests.reading.drawings import drawn_seven, drawn_zero


def test_crops_are_sorted_by_answer_and_load_as_data(reader: Reader, tmp_path: Path) -> None:
    folder = CropFolder(tmp_path / "new" / "crops")
    pair = np.hstack([drawn_seven(100, 100), drawn_zero()])
    traces = reader.trace([pair, drawn_seven()], names=["some/two digits.png", "one.png"])
    for trace in traces:
        assert isinstance(trace, Trace)
        folder.save(trace)
    folder.finish()
    assert len(folder) == 3
    catalog = pytest.importorskip("inkling.data.catalog", exc_type=ModuleNotFoundError)
    data = catalog.find_source(str(folder.folder)).load_everything()
    assert data.classes == ("0", "7")
    assert [data.classes[label] for label in data.labels] == ["0", "7", "7"]
    entries = [json.loads(line) for line in (folder.folder / ANSWERS).read_text().splitlines()]
    found = {path.relative_to(folder.folder).as_posix() for path in folder.folder.rglob("*.png")}
    assert {entry["file"] for entry in entries} == found
    first = entries[0]
    assert (first["image"], first["digit"], len(first["box"])) == ("some/two digits.png", 7, 4)
    assert first["file"].startswith(f"7/{first['confidence']:.3f}_two-digits_")
    with Image.open(folder.folder / first["file"]) as image:
        assert (image.size, image.mode) == ((28, 28), "L")
        assert isinstance(traces[0], Trace)
        assert np.array_equal(np.asarray(image), traces[0].answer.crops[0].pixels)


def test_a_folder_with_files_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InklingError, match="not empty"):
        CropFolder(tmp_path)
    with pytest.raises(InklingError, match="cannot write"):
        CropFolder(tmp_path / "letter.txt")


def test_the_subfolder_of_a_class_is_its_name() -> None:
    assert [folder_of(label) for label in ("7", "A", "a/b", ".x")] == ["7", "A", "a%2Fb", "%2Ex"]
    assert folder_of("A", case_sensitive=False) == "%41"
