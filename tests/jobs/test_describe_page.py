from pathlib import Path

import numpy as np
import pytest

from inkling.errors import RunError
from inkling.evaluation.figures import draw_samples, show5, show_rows
from inkling.jobs.describe import describe
from inkling.types import Digits
from tests.evaluation.report.test_run_page import Page


def test_data_has_a_page_of_its_own(few_npz: Path, few: Digits, tmp_path: Path) -> None:
    description = describe(str(few_npz), tmp_path / "few.html")
    page = Page(tmp_path / "few.html")
    assert {"training", "test"} <= set(page.ids)
    assert description.training.sha256 in page.text
    assert f"{description.training.mean:.4f}" in page.text
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    counts = [min(24, count) for part in (description.training, description.test)
              for count in part.counts.values()]  # fmt: skip
    assert page.images == sum(counts)
    describe(str(few_npz), tmp_path / "few.html")  # made anew
    (tmp_path / "mine.html").write_text("mine")
    with pytest.raises(RunError, match="It is unchanged"):
        describe(str(few_npz), tmp_path / "mine.html")


def test_a_sheet_overwrites_no_file(
    few_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sheets = [describe(str(few_npz)).sheet for _ in range(3)]
    assert [str(sheet) for sheet in sheets] == ["samples.png", "samples-2.png", "samples-3.png"]
    (tmp_path / "mine.png").write_bytes(b"mine")
    with pytest.raises(RunError, match=r"mine\.png exists"):
        describe(str(few_npz), tmp_path / "mine.png")
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    for name in ("photo.jpg", "photo", "photo.pdf"):
        with pytest.raises(RunError, match=r"must end in \.png or \.html"):
            describe(str(few_npz), tmp_path / name)
        assert not (tmp_path / name).exists()


def test_samples_are_the_first_images_of_each_class_in_a_row(few: Digits) -> None:
    (axes,) = draw_samples(few, a_class=3, counts=range(10)).axes
    assert [each.get_text() for each in axes.get_yticklabels()] == [
        f"{label}   n = {label}" for label in range(10)
    ]
    whole = np.asarray(axes.images[0].get_array())
    for label in range(10):
        for column, image in enumerate(few.images[few.labels == label][:3]):
            y, x = 2 + 30 * label, 2 + 30 * column
            assert np.array_equal(whole[y : y + 28, x : x + 28], image)


def test_five_images_stand_under_their_labels(few: Digits) -> None:
    axes = show5(few, first=7).axes
    assert [each.get_title() for each in axes] == [str(label) for label in few.labels[7:12]]
    for each, image in zip(axes, few.images[7:12], strict=True):
        assert np.array_equal(each.images[0].get_array(), image)
    assert [bool(each.images) for each in show5(few, first=398).axes] == [True] * 2 + [False] * 3


def test_rows_may_be_of_different_length(few: Digits) -> None:
    figure = show_rows({"one": few.images[:2], "other": few.images[:3]})
    assert [bool(each.images) for each in figure.axes] == [True, True, False, True, True, True]
