"""Files, folders, patterns and standard input, in order, errors in their places."""

import io
from pathlib import Path

import pytest
from PIL import Image

from inkling.cli.inputs import expand
from inkling.errors import ImageError

NOTHING = io.BytesIO()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    for name in ("b.png", "a.JPG", "notes.txt", "deep/c.tif", "odd[1].png"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(arguments: list[str]) -> list[str]:
    return [named.name for named in expand(arguments, NOTHING).named]


def test_what_is_hidden_or_left_by_a_mac_is_no_image(folder: Path) -> None:
    for name in (".thumbs/a.png", "deep/._c.tif", "__MACOSX/b.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    assert len(names([str(folder)])) == 4


def test_a_folder_gives_its_images_sorted(folder: Path) -> None:
    found = [Path(name).relative_to(folder).as_posix() for name in names([str(folder)])]
    assert found == ["a.JPG", "b.png", "deep/c.tif", "odd[1].png"]


def test_a_pattern_gives_what_matches(folder: Path) -> None:
    assert [Path(name).name for name in names([f"{folder}/*.png"])] == ["b.png", "odd[1].png"]


def test_a_file_with_pattern_letters_is_itself(folder: Path) -> None:
    assert names([f"{folder}/odd[1].png"]) == [f"{folder}/odd[1].png"]


def test_what_leads_nowhere_keeps_its_place(folder: Path) -> None:
    (folder / "empty").mkdir()
    given = [f"{folder}/b.png", f"{folder}/empty", f"{folder}/*.bmp", "nul\0l"]
    kinds = [isinstance(named.content, ImageError) for named in expand(given, NOTHING).named]
    assert kinds[:3] == [False, True, True]


def test_a_dash_is_standard_input() -> None:
    named = expand(["-"], io.BytesIO(b"bytes")).named
    assert [(one.name, one.content) for one in named] == [("-", b"bytes")]


def test_formats_that_are_not_read_are_counted_once(folder: Path) -> None:
    for name in ("a.pdf", "deep/b.PDF", "c.svg", ".hidden.pdf", "d.docx"):
        (folder / name).write_bytes(b"x")
    found = expand([str(folder)], NOTHING)
    assert len(found.named) == 4
    assert found.notes == (
        f"skipped 2 PDF files in {folder}: save their pages as PNG",
        f"skipped 1 SVG file in {folder}: save them as PNG",
    )


def test_a_folder_of_such_files_alone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"x")
    found = expand([str(tmp_path)], NOTHING)
    assert isinstance(found.named[0].content, ImageError)
    assert "1 PDF file" in found.notes[0]


def write_pages(path: Path, count: int) -> Path:
    pages = [Image.new("L", (8, 6), 20 * number) for number in range(count)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


@pytest.mark.parametrize("suffix", ["tif", "gif"])
def test_pages_are_named_or_read(tmp_path: Path, suffix: str) -> None:
    many, one = write_pages(tmp_path / f"a.{suffix}", 3), write_pages(tmp_path / f"b.{suffix}", 1)
    found = expand([str(tmp_path)], NOTHING)
    assert [named.name for named in found.named] == [str(many), str(one)]
    assert found.notes == (f"{many} has 3 pages; only the first is read (--pages: all)",)
    found = expand([str(tmp_path)], NOTHING, every_page=True)
    pages = [f"{many} page {number}" for number in (1, 2, 3)]
    assert [named.name for named in found.named] == [*pages, str(one)]
    assert found.notes == ()


def test_pages_come_from_standard_input_too(tmp_path: Path) -> None:
    data = write_pages(tmp_path / "a.tif", 2).read_bytes()
    found = expand(["-"], io.BytesIO(data), every_page=True)
    assert [named.name for named in found.named] == ["- page 1", "- page 2"]


def test_many_files_with_pages_are_not_all_named(tmp_path: Path) -> None:
    for number in range(8):
        write_pages(tmp_path / f"{number}.tif", 2)
    notes = expand([str(tmp_path)], NOTHING).notes
    assert len(notes) == 6
    assert notes[-1].startswith("3 more files")


def test_pages_of_what_is_no_image_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0" + b"\xff" * 30)
    assert names([str(tmp_path)]) == [str(tmp_path / "a.tif")]


def test_an_empty_name_is_not_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (found,) = expand([""], io.BytesIO()).named
    assert isinstance(found.content, ImageError)
    assert "is empty" in str(found.content)
