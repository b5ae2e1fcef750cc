"""Which files are images, by their names and by their first bytes."""

import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from inkling.errors import ImageError, UnknownFormatError
from inkling.reading.preprocess.formats import (
    ADVICE,
    SUFFIXES,
    UNREAD,
    images_under,
    open_image,
    scan_folder,
    skipped_sentence,
    unread_kind,
)
from inkling.reading.preprocess.photo import open_photo


def box(brand: bytes, compatible: bytes = b"") -> bytes:
    """The first box of an ISO base media file."""
    return b"\0\0\0\x20ftyp" + brand + b"\0\0\0\0" + compatible


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (box(b"heic"), "HEIC"),
        (box(b"msf1"), "HEIC"),
        (box(b"mif1", b"mif1heic"), "HEIC"),
        (box(b"mif1", b"mif1avif"), "AVIF"),
        (box(b"msf1", b"avif"), "AVIF"),
        (box(b"heic", b"avif"), "HEIC"),
        (box(b"avis"), "AVIF"),
        (box(b"mif1", b"x" * 48 + b"avif"), "HEIC"),  # past the first box's brands
        (box(b"isom"), None),
        (b"%PDF-1.7", "PDF"),
        (b"\n" * 1019 + b"%PDF-", "PDF"),
        (b"\n" * 1020 + b"%PDF-", None),
        (b"8BPS\0\1", "Photoshop"),
        (b"%!PS-Adobe", "PostScript"),
        (b"\x00\x00\x00\x0cjP  \r\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"\x00\x00\x00\x0cJXL \r", "JPEG XL"),
        (b"\xff\x0a..", "JPEG XL"),
        (b"\x00\x00\x01\x00\x01", "icon"),
        (b"<svg xmlns=", "SVG"),
        (b"\xef\xbb\xbf \n<?XML version='1.0'?>\n<SVG>", "SVG"),
        (b"<?xml version='1.0'?><html>", None),
        (b"text <svg", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"", None),
    ],
)
def test_a_format_shows_in_the_first_bytes(head: bytes, kind: str | None) -> None:
    assert unread_kind(head) == kind


def test_each_unread_format_has_advice() -> None:
    assert set(UNREAD.values()) <= set(ADVICE)
    with pytest.raises(UnknownFormatError, match=r"it is a PDF file: save their pages as PNG"):
        open_image(b"%PDF-1.4", "it")
    with pytest.raises(ImageError, match="it is an AVIF file that is damaged or cut short"):
        open_image(box(b"avif"), "it")


def test_a_folder_is_scanned_with_its_subfolders(tmp_path: Path) -> None:
    for name in (
        "b.PNG", "a/c.jpg", "a/.hidden.png", ".git/d.png", "__MACOSX/e.png", "notes.txt",
        "f.pdf", "a/g.PDF", "h.svg", ".i.pdf", "plain",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    found = scan_folder(tmp_path)
    assert found.images == (tmp_path / "a/c.jpg", tmp_path / "b.PNG")
    assert found.skipped == {"PDF": 2, "SVG": 1}
    assert images_under(tmp_path) == list(found.images)


def test_what_was_skipped_is_said() -> None:
    assert skipped_sentence("PDF", 1, "x") == "skipped 1 PDF file in x: save their pages as PNG"
    assert skipped_sentence("SVG", 2, "x") == "skipped 2 SVG files in x: save them as PNG"
    assert skipped_sentence("icon", 1200, "x").startswith("skipped 1,200 icon files in x")


def test_names_of_read_formats() -> None:
    assert {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"} <= SUFFIXES
    assert not {".pdf", ".svg", ".dng", ".txt", ""} & SUFFIXES


def test_a_heic_whose_view_is_a_corner_of_a_huge_image_is_refused() -> None:
    heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    heif.from_pillow(Image.new("L", (40, 30), 255)).save(file)
    content = bytearray(file.getvalue())
    assert open_image(bytes(content), "small").size == (40, 30)
    place = content.index(b"ispe")
    struct.pack_into(">II", content, place + 8, 9000, 9000)
    with pytest.raises(Image.DecompressionBombError):
        open_image(bytes(content), "huge")
    with pytest.raises(ImageError, match="far too large"):
        open_photo(bytes(content), "huge")
