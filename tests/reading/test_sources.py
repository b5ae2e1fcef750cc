"""Files, folders, patterns and standard input, in order, errors in their places."""

import io
from pathlib import Path

import pytest

from inkling.errors import ImageError
from inkling.reading.sources import expand

NOTHING = io.BytesIO()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    for name in ("b.png", "a.JPG", "notes.txt", "deep/c.tif", "odd[1].png"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def names(arguments: list[str]) -> list[str]:
    return [named.name for named in expand(arguments, NOTHING)]


def test_what_is_hidden_or_left_by_a_mac_is_no_picture(folder: Path) -> None:
    for name in (".thumbs/a.png", "deep/._c.tif", "__MACOSX/b.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    assert len(names([str(folder)])) == 4


def test_a_folder_gives_its_pictures_sorted(folder: Path) -> None:
    found = [Path(name).relative_to(folder).as_posix() for name in names([str(folder)])]
    assert found == ["a.JPG", "b.png", "deep/c.tif", "odd[1].png"]


def test_a_pattern_gives_what_matches(folder: Path) -> None:
    assert [Path(name).name for name in names([f"{folder}/*.png"])] == ["b.png", "odd[1].png"]


def test_a_file_with_pattern_letters_is_itself(folder: Path) -> None:
    assert names([f"{folder}/odd[1].png"]) == [f"{folder}/odd[1].png"]


def test_what_leads_nowhere_keeps_its_place(folder: Path) -> None:
    (folder / "empty").mkdir()
    given = [f"{folder}/b.png", f"{folder}/empty", f"{folder}/*.bmp", "nul\0l"]
    kinds = [isinstance(named.content, ImageError) for named in expand(given, NOTHING)]
    assert kinds[:3] == [False, True, True]


def test_a_dash_is_standard_input() -> None:
    named = expand(["-"], io.BytesIO(b"bytes"))
    assert [(one.name, one.content) for one in named] == [("-", b"bytes")]
