"""Decoding: every mode comes out upright on white, every bad file as one plain sentence."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from inkling.errors import ImageError
from inkling.reading.preprocess.encoded import Page
from inkling.reading.preprocess.photo import open_photo, read_photo, to_png
from inkling.reading.rotation import rotate_photo
from tests.reading.image_files import encoded


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_every_mode_shows_the_same(dark_square: Image.Image, mode: str) -> None:
    given = dark_square.convert("RGB").convert(mode)
    pixels = read_photo(given)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (20, 30)  # grey, whatever the mode: all channels are alike
    assert pixels[10, 10] < 30
    assert pixels[2, 2] > 220


@pytest.mark.parametrize(
    ("kind", "how"),
    [("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True}), ("BMP", {}), ("GIF", {}),
     ("TIFF", {})],
)  # fmt: skip
def test_every_format_is_decoded(dark_square: Image.Image, kind: str, how: dict) -> None:
    pixels = read_photo(encoded(dark_square, kind, **how))
    assert abs(int(pixels[10, 10]) - 10) < 12
    assert abs(int(pixels[2, 25]) - 250) < 12


def test_what_is_clear_shows_white() -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[2:4, 2:4, 3] = 255
    pixels = read_photo(clear)
    assert pixels[0, 0] == 255
    assert pixels[2, 2] == 0


def test_white_ink_on_a_clear_ground_shows_on_black() -> None:
    drawing = np.full((8, 8, 4), 255, np.uint8)
    drawing[..., 3] = 0
    drawing[2:4, 2:4, 3] = 255
    pixels = read_photo(drawing)
    assert (pixels[2, 2], pixels[0, 0]) == (255, 0)
    sticker = drawing.copy()  # dark ink on an opaque white patch stays on white
    sticker[1:6, 1:6, 3] = 255
    sticker[3, 2:5, :3] = 20
    assert read_photo(sticker)[0, 0] == 255


def test_a_png_of_any_image_reads_as_it_does(dark_square: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.open(io.BytesIO(encoded(dark_square, "JPEG", exif=exif)))
    assert np.array_equal(read_photo(to_png(turned)), read_photo(turned))
    for mode in ("CMYK", "RGBA", "HSV", "F"):
        given = dark_square.convert("L" if mode == "F" else "RGB").convert(mode)
        assert np.array_equal(read_photo(to_png(given)), read_photo(given))
    floats = np.asarray(dark_square, np.float64)[..., None] / 255
    assert np.array_equal(read_photo(to_png(floats)), read_photo(floats))


def test_a_palette_may_have_a_clear_entry() -> None:
    image = Image.new("P", (6, 6), 0)
    image.putpalette([0, 0, 0, 200, 0, 0])
    pixels = read_photo(encoded(image, transparency=0))
    assert (pixels == 255).all()


def test_a_grey_image_may_have_a_clear_grey() -> None:
    image = Image.new("L", (40, 40), 1)
    image.paste(0, (10, 10, 30, 30))
    pixels = read_photo(encoded(image, transparency=1))
    assert pixels[0, 0] == 255
    assert pixels[20, 20] == 0


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr", "I", "I;16", "F"]
)
def test_a_large_image_of_any_mode_is_kept_small_and_looks_the_same(mode: str) -> None:
    small = Image.new("L", (60, 40), 255)
    small.paste(0, (20, 10, 40, 30))
    if mode == "I;16":
        large = Image.fromarray(np.asarray(small.resize((2400, 1600), 0)).astype(np.uint16) * 257)
    else:
        large = small.resize((2400, 1600), 0).convert(mode if mode != "PA" else "P").convert(mode)
    photo = open_photo(large)
    assert (photo.width, photo.height) == (2400, 1600)
    assert photo.pixels.shape[:2] == (534, 800) or photo.pixels.shape[:2] == (533, 800)
    assert photo.pixels[266, 400].max() <= 2
    assert photo.pixels[20, 20].min() >= 253


@pytest.mark.parametrize("mode", ["P", "PA"])
def test_a_large_palette_image_keeps_its_colours(mode: str) -> None:
    colours = Image.new("RGB", (2400, 1600), (250, 20, 10))
    colours.paste((10, 30, 240), (0, 0, 1200, 1600))
    large = colours.convert("P", palette=Image.Palette.ADAPTIVE, colors=4).convert(mode)
    pixels = open_photo(large).pixels
    np.testing.assert_allclose(pixels[300, 100], (10, 30, 240), atol=8)
    np.testing.assert_allclose(pixels[300, 700], (250, 20, 10), atol=8)


def test_a_reduced_image_can_be_decoded_again_in_more_detail(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1200, 2400)).astype(np.uint8)
    image = Image.fromarray(noise)
    path = tmp_path / "noise.png"
    path.write_bytes(encoded(image, "PNG"))
    for source in (image, path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        photo = open_photo(source)
        assert photo.pixels.shape == (400, 800)
        assert photo.decode is not None
        np.testing.assert_array_equal(photo.decode(2400).pixels, noise)
        half = photo.decode(1200)
        assert half.pixels.shape == (600, 1200)
        assert (half.width, half.height) == (2400, 1200)
        turned = rotate_photo(photo, 90)
        assert turned.decode is not None
        np.testing.assert_array_equal(turned.decode(2400).pixels, np.rot90(noise, -1))
    assert open_photo(noise).decode is None
    assert open_photo(Image.fromarray(noise[:600, :1500])).decode is None  # not reduced


def test_the_users_own_image_stays_as_it_is() -> None:
    image = Image.open(io.BytesIO(encoded(Image.new("RGB", (3200, 2400), "white"), "JPEG")))
    first, second = open_photo(image), open_photo(image)
    assert image.size == (3200, 2400)
    assert (first.width, second.width) == (3200, 3200)


def test_a_phones_many_images_in_one_jpeg_are_drafted() -> None:
    image, other = Image.new("L", (4000, 3000), 200), Image.new("L", (40, 30))
    photo = open_photo(encoded(image, "MPO", save_all=True, append_images=[other]))
    assert (photo.width, photo.height) == (4000, 3000)
    assert max(photo.pixels.shape) < 1100


def test_exif_turns_the_image_upright(dark_square: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 270 degrees
    photo = open_photo(encoded(dark_square, "JPEG", exif=exif))
    assert (photo.width, photo.height) == (20, 30)
    assert photo.pixels.shape[:2] == (30, 20)


def test_a_large_jpeg_is_decoded_small_but_keeps_its_size() -> None:
    photo = open_photo(encoded(Image.new("L", (4000, 3000), 200), "JPEG"))
    assert (photo.width, photo.height) == (4000, 3000)
    assert max(photo.pixels.shape) < 2100


def test_a_jpeg_is_decoded_at_a_fraction_of_its_size_and_no_other_format_is() -> None:
    """A JPEG leaves frequencies out; other images are averaged."""
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1680)).astype(np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG", quality=90)
    with Image.open(io.BytesIO(data)) as drafted:
        drafted.draft(None, (800, 571))
        expected = np.asarray(drafted)
    assert expected.shape == (600, 840)
    np.testing.assert_array_equal(open_photo(data).pixels, expected)
    means = noise.reshape(600, 2, 840, 2).mean(axis=(1, 3))
    found = open_photo(encoded(Image.fromarray(noise), "PNG")).pixels
    np.testing.assert_allclose(found, means, atol=1)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_photos_of_newer_phones(kind: str, orientation: int, dark_square: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = dark_square.convert("RGB").resize((300, 200))
    if kind == "HEIF":
        pillow_heif = pytest.importorskip("pillow_heif")
        file = io.BytesIO()
        pillow_heif.from_pillow(image).save(file, exif=exif.tobytes())
        data = file.getvalue()
    else:
        if not features.check("avif"):
            pytest.skip("this Pillow reads no AVIF")
        data = encoded(image, "AVIF", exif=exif.tobytes())
    photo = open_photo(data)
    upright = (300, 200) if orientation == 1 else (200, 300)
    assert (photo.width, photo.height) == upright
    assert photo.pixels.shape[:2] == upright[::-1]
    assert photo.pixels.min() < 30
    assert photo.pixels.max() > 235
    with pytest.raises(ImageError, match="damaged"):
        read_photo(data[: len(data) // 2])


def test_the_bits_of_a_heic_do_not_change_what_pillow_opens() -> None:
    pytest.importorskip("pillow_heif")
    with pytest.raises(ImageError):
        read_photo(b"\0\0\0\x18ftypheic" + bytes(40))
    assert "HEIF" not in Image.OPEN


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP"])
def test_each_page_can_be_read(kind: str) -> None:
    pages = [Image.new("L", (8, 6), grey) for grey in (10, 120, 240)]
    how = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(pages[0], kind, save_all=True, append_images=pages[1:], **how)
    greys = [int(read_photo(Page(data, number))[0, 0]) for number in (1, 2, 3)]
    assert greys == [10, 120, 240]
    with pytest.raises(ImageError, match="fewer pages"):
        read_photo(Page(data, 4))
