"""Any picture a user has, decoded safely to 8-bit grey or colour, upright, nothing clear."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from inkling.errors import ImageError
from inkling.reading.preprocess.light import WORK_SIDE

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff")
)
MAX_PIXELS = 25_000_000
MAX_BYTES = 256 * 1024 * 1024
ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held
OVERSHOOT = 1.5  # times a scale's end that floats on it may reach
PALE = 200  # grey level; opaque pixels no darker than this are light ink
# No photo is kept finer than it is looked at; JPEG can leave out the rest while decoding.
DECODE_SIDE = WORK_SIDE  # pixels; the longer side is the next above that whole steps reach
LARGE = 4_000_000  # pixels; of such pictures one at a time is decoded

Source = str | Path | bytes | bytearray | memoryview | NDArray | Image.Image
Pixels = NDArray[np.uint8]

# A decoder may hold 20 bytes for each pixel, and a file of 1 kB may stand for 25 million of them.
_one_large = threading.Lock()


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded picture: `pixels` (H, W) or (H, W, 3) uint8 RGB.

    `width` and `height` are the picture's own, upright; of a large one `pixels` holds a half, a
    third and so on each way.
    """

    pixels: Pixels
    width: int
    height: int


def open_photo(source: Source, name: str = "the picture") -> Photo:
    """Decodes a path, bytes, an array or a PIL picture. Raises `ImageError` in plain words."""
    if isinstance(source, np.ndarray):
        return _from_array(source, name)
    if isinstance(source, Image.Image):
        _check_size(source, name)
        return _from_pillow(source, name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), name)
    if isinstance(source, (str, Path)):
        return _from_bytes(file_bytes(Path(source)), str(source))
    kind = type(source).__name__
    raise ImageError(f"{name} is a {kind}; give a path, bytes, an array or a PIL picture")


def read_photo(source: Source) -> Pixels:
    """The decoded picture alone, (H, W) or (H, W, 3) uint8. Raises `ImageError`."""
    return open_photo(source).pixels


def to_png(source: NDArray | Image.Image, name: str = "the picture") -> bytes:
    """An array or a PIL picture as a PNG file that reads as it does itself: upright, every pixel
    of it, 8 bits. Raises `ImageError`.
    """
    if isinstance(source, np.ndarray):
        pixels = _from_array(source, name).pixels
    else:
        _check_size(source, name)
        with _decoding(name):
            pixels = _eight_bit(ImageOps.exif_transpose(source))
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def file_bytes(path: Path) -> bytes:
    """What is in a file. Raises `ImageError` where it cannot be had or is too large."""
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder; name the pictures in it")
        if not path.exists():
            raise ImageError(f"there is no file {path}")
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(f"{path} is over {MAX_BYTES >> 20} MiB; save it smaller")
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path} cannot be opened: {error.strerror or error}") from error
    except ValueError as error:  # a null character in the name
        raise ImageError(f"{str(path)!r} is no file name: {error}") from error


def _from_bytes(data: bytes, name: str) -> Photo:
    if not data:
        raise ImageError(f"{name} is empty")
    with _decoding(name), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_size(image, name)
        if image.format in ("JPEG", "MPO"):  # MPO is how phones store several JPEGs in a file
            return _from_pillow(image, name, _drafted(image))
        return _from_pillow(image, name)


def _drafted(image: Image.Image) -> tuple[int, int]:
    """Has a JPEG decoded at an eighth, a quarter or half of its size; returns its own."""
    size = image.size
    shrink = max(1.0, max(size) / DECODE_SIDE)
    image.draft(None, (max(1, int(size[0] / shrink)), max(1, int(size[1] / shrink))))
    return size


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turns whatever a decoder may raise over a damaged file into one plain sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError:
        raise
    except Image.UnidentifiedImageError as error:
        known = ", ".join(FORMATS)
        raise ImageError(f"{name} is no picture that inkling knows ({known})") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is far too large to be opened") from error
    except MemoryError as error:
        raise ImageError(f"{name} needs more memory than there is") from error
    except Exception as error:  # decoders raise a dozen types over damaged files
        raise ImageError(f"{name} is damaged or cut short: {error}") from error


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise ImageError(
            f"{name} has {width} x {height} pixels; at most {limit} million are read: "
            "save it smaller"
        )
    if width * height == 0:
        raise ImageError(f"{name} has no pixels")


def _from_pillow(image: Image.Image, name: str, size: tuple[int, int] | None = None) -> Photo:
    """The picture upright; `size` is its own where it was drafted. It stays as it is."""
    large = image.width * image.height > LARGE
    with _decoding(name), _one_large if large else nullcontext():
        width, height = size or image.size
        turned = image.getexif().get(ORIENTATION, 1) != 1
        upright = ImageOps.exif_transpose(image) if turned else image
        if (upright.width > upright.height) != (image.width > image.height):
            width, height = height, width
        return Photo(_eight_bit(_reduced(upright)), width, height)


def _reduced(image: Image.Image) -> Image.Image:
    """A large picture by a whole step smaller, the mean of its pixels, clear ones left out."""
    step = max(image.size) // DECODE_SIDE
    if step < 2:
        return image
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode in ("1", "P", "PA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.reduce(step)


def _eight_bit(image: Image.Image) -> Pixels:
    """Grey (H, W) or RGB (H, W, 3) uint8 of a picture in any mode; nothing stays clear."""
    if image.mode.startswith(("I", "F")):
        return _stretch(np.asarray(image))
    if image.has_transparency_data:  # one grey of many may be the clear one
        image = _on_ground(image.convert("RGBA"))
    elif image.mode in ("1", "L"):
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    return _grey_if_grey(np.asarray(image if image.mode == "RGB" else image.convert("RGB")))


def _on_ground(image: Image.Image) -> Image.Image:
    """A picture with alpha laid on white; on black where all that is opaque in it is pale, as a
    drawing in white from a dark page is.
    """
    alpha = np.asarray(image.getchannel("A"))
    opaque = np.asarray(image.convert("L"))[alpha > 127]
    pale = 0 < opaque.size < alpha.size and np.percentile(opaque, 2) >= PALE
    ground = Image.new("RGBA", image.size, "black" if pale else "white")
    ground.alpha_composite(image)
    return ground


def _stretch(values: NDArray) -> Pixels:
    """16-bit, 32-bit and float greys to 8 bits: from black to the type's or the picture's top."""
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(finite.max(initial=0))
    whole = np.issubdtype(values.dtype, np.integer)
    for full in (1.0, 255.0, 65535.0):
        # Resized floats swing over their scale's end: those of 0 to 1 reach 1.1 and more.
        most = full if whole else full * OVERSHOOT
        if top <= most and (full != 1.0 or not whole):
            top = full
            break
    return np.clip(finite * (255.0 / max(top, 1e-6)), 0, 255).astype(np.uint8)


def _grey_if_grey(rgb: Pixels) -> Pixels:
    """One channel where all three are the same: two thirds less to do afterwards."""
    few = rgb[::16, ::16]  # most colour shows at once
    for pixels in (few, rgb):
        red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return rgb
    return np.ascontiguousarray(rgb[..., 0])


def _from_array(array: NDArray, name: str) -> Photo:
    """(H, W), (H, W, 1), (H, W, 3) or (H, W, 4); uint8, wider integers, floats or booleans."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    colour = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.size == 0 or not (array.ndim == 2 or colour):
        raise ImageError(
            f"{name} is an array of shape {array.shape}; give (height, width), "
            "(height, width, 3) or (height, width, 4)"
        )
    height, width = array.shape[:2]
    if height * width > MAX_PIXELS:
        raise ImageError(f"{name} has {width} x {height} pixels; at most 25 million are read")
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ImageError(f"{name} is an array of {array.dtype}; give numbers")
    if np.iscomplexobj(array):
        raise ImageError(f"{name} is an array of complex numbers; give real ones")
    eight = array if array.dtype == np.uint8 else _stretch(array.astype(np.float32))
    if array.dtype == bool:
        eight = array.astype(np.uint8) * 255
    if not colour:
        return Photo(np.ascontiguousarray(eight), width, height)
    image = Image.fromarray(np.ascontiguousarray(eight))
    return Photo(_eight_bit(image), width, height)
