"""Damaged, huge and unknown files: a typed error, and no memory wasted."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkling.errors import ImageError
from inkling.reading.preprocess.encoded import Page
from inkling.reading.preprocess.photo import read_photo
from tests.reading.image_files import encoded


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"%PDF-1.7", "PDF file: save their pages"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x">', "SVG file"),
        (b"8BPS", "Photoshop"),
    ],
)
def test_other_formats_are_named(head: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_photo(head + bytes(50))


def test_a_late_frame_of_a_large_animation_is_refused() -> None:
    frames = [Image.new("L", (2000, 2000), grey) for grey in (1, 2)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="too late"):
        read_photo(Page(data, 900))


def huge_png() -> bytes:
    """A PNG whose header promises 65,000 x 65,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(ImageError, match=r"65000 x 65000|far too large"):
        read_photo(huge_png())


def test_a_long_animation_gives_its_first_frame() -> None:
    frames = [Image.new("L", (4, 4), k % 250) for k in range(2000)]
    data = encoded(frames[7], "GIF", save_all=True, append_images=frames)
    assert read_photo(data)[0, 0] == 7


def test_a_cut_jpeg_is_an_error(dark_square: Image.Image) -> None:
    data = encoded(dark_square.resize((300, 200)), "JPEG")
    with pytest.raises(ImageError, match="damaged or cut short"):
        read_photo(data[: len(data) // 2])


@settings(max_examples=150)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"]), st.data())
def test_damage_never_gets_past_the_typed_error(kind: str, data: st.DataObject) -> None:
    whole = bytearray(encoded(Image.new("L", (12, 9), 99), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = read_photo(bytes(whole))
    except ImageError:
        return
    assert pixels.dtype == np.uint8
