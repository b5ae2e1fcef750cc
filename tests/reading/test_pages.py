"""Pages are counted without decoding them, and never more than are read."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.reading.preprocess import pages
from inkling.reading.preprocess.pages import count_pages, may_have_pages, pages_of


def paged(kind: str, count: int, size: int = 8) -> bytes:
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 255, (size, size), np.uint8)) for _ in range(count)]
    content = io.BytesIO()
    images[0].save(content, kind, save_all=True, append_images=images[1:])
    return content.getvalue()


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_pages_are_counted_and_numbered_from_one(kind: str, count: int, tmp_path: Path) -> None:
    data = paged(kind, count)
    assert count_pages(data) == count
    path = tmp_path / "file"
    path.write_bytes(data)
    found = pages_of(path)
    assert [page.number for page in found] == list(range(1, count + 1))
    assert all(page.file == path for page in found)


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_no_more_pages_are_counted_than_are_read(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST", 6)
    assert [count_pages(paged(kind, count)) for count in (5, 6, 7)] == [5, 6, 6]


@pytest.mark.parametrize(
    "data", [b"", b"GIF8", b"II*\0cut short", b"\x89PNG\r\n\x1a\n", b"RIFF...."]
)
def test_what_cannot_be_opened_is_one_page(data: bytes) -> None:
    assert count_pages(data) == 1


def test_a_missing_file_is_one_page(tmp_path: Path) -> None:
    assert count_pages(tmp_path / "missing.tiff") == 1


@pytest.mark.parametrize(
    ("head", "may"),
    [
        (b"II*\0........", True), (b"MM\0*........", True), (b"II+\0........", True),
        (b"MM\0+........", True), (b"GIF89a......", True), (b"RIFF....WEBP", True),
        (b"\0\0\0\x20ftypheic", True), (b"\x89PNG\r\n\x1a\n....", False),
        (b"\xff\xd8\xff\xe0........", False), (b"...ftyp.....", False),
    ],
)  # fmt: skip
def test_files_that_may_have_pages(head: bytes, may: bool) -> None:
    assert may_have_pages(head) is may
