"""Decoding: every mode comes out upright on white, every bad file as one plain sentence."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from inkling.errors import ImageError
from inkling.reading.preprocess.photo import Page, open_photo, read_photo, to_png
from inkling.reading.rotation import rotate_photo


def encoded(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


@pytest.fixture
def dark_square() -> Image.Image:
    image = Image.new("L", (30, 20), 250)
    image.paste(10, (5, 5, 15, 15))
    return image


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


def test_sixteen_bits_keep_their_greys() -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    pixels = read_photo(encoded(Image.fromarray(ramp)))
    assert np.abs(pixels.ravel().astype(int) - np.arange(256)).max() <= 1


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


@pytest.mark.parametrize("full", [1.0, 255.0])
def test_floats_that_swing_over_their_scale_keep_their_greys(full: float) -> None:
    ramp = np.linspace(0, full, 256, dtype=np.float32).reshape(16, 16)
    plain, swung = read_photo(ramp), read_photo(np.where(ramp == full, full * 1.1, ramp))
    assert np.abs(plain.astype(int) - swung).max() <= 1


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


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int64, np.float32, np.float64])
def test_arrays_of_any_number_are_taken(dtype: type) -> None:
    top = {bool: 1, np.uint16: 65535, np.float32: 1.0, np.float64: 1.0}.get(dtype, 255)
    array = np.zeros((6, 7), dtype)
    array[1, 1] = top
    pixels = read_photo(array)
    assert pixels[1, 1] == 255
    assert pixels[0, 0] == 0


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 5)),
        np.zeros(5),
        np.zeros((2, 2, 2)),
        np.array([["a"]]),
        np.zeros((2, 2), complex),
        np.zeros((2, 2, 2, 2)),
        np.full((4, 4), -1),
        np.linspace(-0.42, 2.82, 16).reshape(4, 4),  # standardised
        np.linspace(-3, 1.2, 16).reshape(4, 4),
        np.linspace(-200, 200, 16).reshape(4, 4),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ImageError):
        read_photo(array)


def test_floats_from_minus_one_to_one_span_black_to_white() -> None:
    ramp = np.linspace(-1, 1, 256, dtype=np.float32).reshape(16, 16)
    assert np.abs(read_photo(ramp).ravel().astype(int) - np.arange(256)).max() <= 1
    assert read_photo(np.full((4, 4), -1.0)).max() == 0
    swung = np.where(ramp < -0.9, ramp - 0.2, ramp)
    assert np.abs(read_photo(swung).astype(int) - read_photo(ramp)).max() <= 13


@given(st.floats(-0.4, 0), st.floats(0.2, 1.4))
def test_floats_of_zero_to_one_keep_zero_black(low: float, high: float) -> None:
    pixels = read_photo(np.array([[low, 0.0, 0.2, high]]))
    assert pixels[0, 1] == 0
    assert pixels[0, 2] == 51


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_may_come_first(channels: int) -> None:
    rng = np.random.default_rng(channels)
    last = rng.integers(0, 255, (20, 30, channels)).astype(np.uint8)
    first = np.moveaxis(last, 2, 0)
    assert np.array_equal(read_photo(first), read_photo(last))
    assert read_photo(first).shape[:2] == (20, 30)


def test_open_files_are_read_from_where_they_stand(
    dark_square: Image.Image, tmp_path: Path
) -> None:
    data = encoded(dark_square)
    expected = read_photo(data)
    assert np.array_equal(read_photo(io.BytesIO(data)), expected)
    path = tmp_path / "square.png"
    path.write_bytes(b"before" + data)
    with path.open("rb") as file:
        file.seek(6)
        assert np.array_equal(read_photo(file), expected)
    with path.open(encoding="latin-1") as text, pytest.raises(ImageError, match="binary mode"):
        read_photo(text)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ImageError, match="open file"):
        read_photo(file)  # closed


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "uint8"])
def test_tensors_are_arrays(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    top = 255 if dtype == "uint8" else 1
    tensor = torch.zeros((1, 20, 30), dtype=getattr(torch, dtype))
    tensor[0, 5:10, 5:10] = top
    if dtype != "uint8":
        tensor.requires_grad_()
    pixels = read_photo(tensor)
    assert pixels.shape == (20, 30)
    assert (pixels[6, 6], pixels[0, 0]) == (255, 0)
    with pytest.raises(ImageError, match="array"):
        read_photo(tensor.to_sparse())


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


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP"])
def test_each_page_can_be_read(kind: str) -> None:
    pages = [Image.new("L", (8, 6), grey) for grey in (10, 120, 240)]
    how = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(pages[0], kind, save_all=True, append_images=pages[1:], **how)
    greys = [int(read_photo(Page(data, number))[0, 0]) for number in (1, 2, 3)]
    assert greys == [10, 120, 240]
    with pytest.raises(ImageError, match="fewer pages"):
        read_photo(Page(data, 4))


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


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"not an image at all", "not an image"),
        (b"P5 2 2 255 abcd", "not an image"),
    ],
)
def test_files_that_are_no_images(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=words) as caught:
        read_photo(path)
    assert "file.png" in str(caught.value)


def test_a_cut_jpeg_is_an_error(dark_square: Image.Image) -> None:
    data = encoded(dark_square.resize((300, 200)), "JPEG")
    with pytest.raises(ImageError, match="damaged or cut short"):
        read_photo(data[: len(data) // 2])


@pytest.mark.parametrize("name", ["missing.png", "folder", "nul\0l.png"])
def test_paths_that_lead_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageError):
        read_photo(tmp_path / name)


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
