"""Scoring somebody's folder: labels from names and folders, numbers, the page of mistakes."""

from pathlib import Path

import pytest
from PIL import Image

from inkling.errors import DataError, ImageError
from inkling.evaluation.own_images import (
    Labelled,
    Scored,
    find_labelled,
    score_calibration,
    score_own,
    write_gallery,
)
from inkling.reading.pipeline import Reader
from inkling.types import Box, Prediction, Reading
from tests.reading.drawings import drawn_seven, drawn_zero


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "0").mkdir()
    (tmp_path / "blank").mkdir()
    Image.fromarray(drawn_seven()).save(tmp_path / "7_1-anna.png")
    Image.fromarray(drawn_seven()).save(tmp_path / "3_2-ben.png")  # a wrong label
    Image.fromarray(drawn_zero()).save(tmp_path / "0" / "scan.png")
    Image.new("L", (40, 40), 255).save(tmp_path / "blank" / "cell.png")
    (tmp_path / "70__1.png").write_bytes(b"no image")
    Image.fromarray(drawn_zero()).save(tmp_path / "unlabelled.png")
    return tmp_path


def test_labels_come_from_names_and_folders(own: Path) -> None:
    found = {one.path.name: (one.label, one.source) for one in find_labelled(own)}
    assert found == {
        "7_1-anna.png": ("7", "anna"),
        "3_2-ben.png": ("3", "ben"),
        "scan.png": ("0", ""),
        "cell.png": ("blank", ""),
        "70__1.png": ("70", ""),
    }


def test_the_folder_of_a_class_says_more_than_a_camera(own: Path) -> None:
    for name in ("0/20240115_142233.png", "0/._scan.png", "__MACOSX/0/scan.png"):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn_zero()).save(own / name)
    found = {str(one.path.relative_to(own)): one.label for one in find_labelled(own)}
    assert found["0/20240115_142233.png"] == "0"
    assert "0/._scan.png" not in found
    assert not any("MACOSX" in name for name in found)


def test_the_numbers_add_up(own: Path, reader: Reader) -> None:
    numbers = score_own(own, reader).as_json()
    assert numbers["n"] == 5
    assert numbers["accuracy"] == pytest.approx(3 / 5)
    assert numbers["refused"] == pytest.approx(1 / 5)
    assert numbers["sources"] == {"": pytest.approx(2 / 3), "anna": 1.0, "ben": 0.0}
    assert numbers["accuracy_by_source"] == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_the_gallery_shows_the_mistakes_alone(own: Path, reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "wrong.html"
    write_gallery(score_own(own, reader), reader, page)
    text = page.read_text(encoding="utf-8")
    assert "3_2-ben.png" in text
    assert "70__1.png" in text
    assert "7_1-anna.png" not in text
    assert "http" not in text.replace("http://www.w3.org", "")  # nothing is fetched


def test_a_folder_without_labels_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no labelled images"):
        find_labelled(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        find_labelled(tmp_path / "none")


def test_score_calibration_by_hand() -> None:
    def scored(confidence: float, digit: int, label: str) -> Scored:
        box = Prediction(digit, confidence, Box(0, 0, 1, 1))
        return Scored(Labelled(Path("x"), label, ""), Reading("x", "digits", str(digit), (box,)))

    group = (scored(0.95, 1, "1"), scored(0.95, 1, "2"), scored(0.45, 3, "3"))
    # Two in the top bin, sure 0.95 and right 0.5; one in another, sure 0.45 and right 1.
    assert score_calibration(group) == pytest.approx((2 * 0.45 + 1 * 0.55) / 3)
    assert score_calibration((Scored(Labelled(Path("x"), "1", ""), ImageError("no")),)) == 0
