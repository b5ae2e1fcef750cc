"""Any image that a user has, decoded safely to 8-bit grey or colour, upright."""

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeGuard

from numpy.typing import NDArray
from PIL import Image, ImageOps

from inkling.errors import ImageError, UnknownFormatError
from inkling.reading.preprocess.eight_bit import (
    MAX_PIXELS,
    Pixels,
    array_to_pixels,
    as_array,
    image_to_pixels,
)
from inkling.reading.preprocess.formats import KNOWN, open_image
from inkling.reading.preprocess.light import WORK_SIDE

MAX_BYTES = 256 * 1024 * 1024
MAX_SEEK = 1_000_000_000  # pixels that are decoded at most to reach a later page
ORIENTATION = 0x0112  # the EXIF tag that says how the camera was held
# No photo is kept finer than it is looked at; JPEG can leave out the rest while decoding.
DECODE_SIDE = WORK_SIDE  # pixels; the longer side is the next above that whole steps reach
LARGE = 4_000_000  # pixels; of such images one at a time is decoded
EXPECTED = "a path, bytes, an open file, an array, a tensor or a PIL image"

# A decoder may hold 20 bytes for each pixel, and a file of 1 kB may stand for 40 million of them.
_one_large = threading.Lock()


class SupportsArray(Protocol):
    """A tensor of torch or JAX, or anything else that numpy can take."""

    def __array__(self) -> NDArray: ...


@dataclass(frozen=True)
class Page:
    """One page of a TIFF or one frame of a GIF; `number` counts from 1."""

    file: Path | bytes
    number: int


Encoded = str | Path | bytes | bytearray | memoryview | BinaryIO | Page
Source = Encoded | NDArray | Image.Image | SupportsArray
Sources = Sequence[Source | ImageError] | NDArray


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded image: `pixels` (H, W) or (H, W, 3) uint8 RGB.

    `width` and `height` are the image's own, upright; of a large one `pixels` holds a half, a
    third and so on each way.
    """

    pixels: Pixels
    width: int
    height: int


def open_photo(
    source: Source,
    name: str = "the image",
    *,
    side: int = DECODE_SIDE,
    max_pixels: int = MAX_PIXELS,
) -> Photo:
    """Decodes one image: a path, bytes, an open binary file, an array or tensor, a PIL image.

    Arrays are those of `array_to_pixels`. A larger image is decoded smaller, its longer side at
    least `side` pixels and less than twice that. A file or PIL image of more than `max_pixels` is
    refused before it is decoded. Raises `ImageError`.
    """
    if isinstance(source, Image.Image):
        _check_size(source, name, max_pixels)
        return _from_pillow(source, name, side=side)
    if isinstance(source, Page):
        return _from_bytes(encoded_bytes(source.file, name), name, side, max_pixels, source.number)
    if isinstance(source, (str, Path)):
        return _from_bytes(encoded_bytes(source, name), str(source), side, max_pixels)
    if is_encoded(source):
        return _from_bytes(encoded_bytes(source, name), name, side, max_pixels)
    pixels = _array_pixels(source, name)
    return Photo(pixels, pixels.shape[1], pixels.shape[0])


def as_sources(given: Source | Sequence[Source | ImageError]) -> Sources:
    """The sources in what a caller gave: a list as it is, one source alone, or a stack of images.

    One array or tensor: (H, W), (H, W, 3) and (H, W, 4) are one image; (N, H, W), (N, C, H, W)
    and (N, H, W, C) are N images.
    """
    if isinstance(given, Image.Image) or is_encoded(given):
        return [given]
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray, memoryview)):
        return given
    array = as_array(given)
    if array is None:
        raise ImageError(f"a {type(given).__name__} is no image; give {EXPECTED}")
    stack = array.ndim == 4 or (array.ndim == 3 and array.shape[2] not in (3, 4))
    return array if stack else [array]


def read_photo(source: Source) -> Pixels:
    """The decoded image alone, (H, W) or (H, W, 3) uint8. Raises `ImageError`."""
    return open_photo(source).pixels


def is_encoded(source: object) -> TypeGuard[Encoded]:
    """Whether a source is the bytes of an image file, or leads to them."""
    kinds = (str, Path, bytes, bytearray, memoryview, Page)
    return isinstance(source, kinds) or callable(getattr(source, "read", None))


def to_png(source: Source, name: str = "the image") -> bytes:
    """An array, a tensor or a PIL image as a PNG file that reads as it does itself: upright,
    every pixel of it, 8 bits. Raises `ImageError`.
    """
    if isinstance(source, Image.Image):
        _check_size(source, name)
        with decoding(name):
            pixels = image_to_pixels(ImageOps.exif_transpose(source), name)
    else:
        pixels = _array_pixels(source, name)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def encoded_bytes(source: Encoded, name: str = "the image") -> bytes:
    """The bytes of an image file that is given as a path, as bytes or as an open binary file.

    Raises `ImageError`.
    """
    if isinstance(source, (str, Path)):
        return file_bytes(Path(source))
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, Page):
        raise ImageError(f"{name} is a page of a file; give the file, or the page's pixels")
    try:
        content = source.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ImageError(f"{name} cannot be read from its open file: {error}") from error
    if not isinstance(content, bytes):
        raise ImageError(f"{name} is an open text file; open it in binary mode ('rb')")
    if len(content) > MAX_BYTES:
        raise ImageError(f"{name} is over {MAX_BYTES >> 20} MiB; save it smaller")
    return content


def file_bytes(path: Path) -> bytes:
    """The content of a file. Raises `ImageError` where it cannot be read or is too large."""
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder; name the images in it")
        if not path.exists():
            raise ImageError(f"there is no file {path}")
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(f"{path} is over {MAX_BYTES >> 20} MiB; save it smaller")
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path} cannot be opened: {error.strerror or error}") from error
    except ValueError as error:  # a null character in the name
        raise ImageError(f"{str(path)!r} is no file name: {error}") from error


def _array_pixels(source: Source, name: str) -> Pixels:
    try:
        array = as_array(source)
    except (TypeError, ValueError, RuntimeError) as error:  # a sparse tensor, for one
        raise ImageError(f"{name} cannot be turned into an array: {error}") from error
    if array is None:
        raise ImageError(f"{name} is a {type(source).__name__}; give {EXPECTED}")
    return array_to_pixels(array, name)


def _from_bytes(data: bytes, name: str, side: int, max_pixels: int, page: int = 1) -> Photo:
    if not data:
        raise ImageError(f"{name} is empty")
    with decoding(name), open_image(data, name) as image:
        _check_size(image, name, max_pixels)
        if page > 1:
            _seek(image, name, page)
        if image.format in ("JPEG", "MPO"):  # MPO is how phones store several JPEGs in a file
            return _from_pillow(image, name, _drafted(image, side), side=side)
        return _from_pillow(image, name, side=side)


def _seek(image: Image.Image, name: str, page: int) -> None:
    """Turns to a page; the frames of an animation are all decoded on the way."""
    if image.format != "TIFF" and image.width * image.height * page > MAX_SEEK:
        raise ImageError(f"{name} is too far into a large animation; save it by itself")
    try:
        image.seek(page - 1)
    except EOFError as error:
        raise ImageError(f"{name} does not exist: the file has fewer pages") from error
    _check_size(image, name)


def _drafted(image: Image.Image, side: int) -> tuple[int, int]:
    """Has a JPEG decoded at an eighth, a quarter or half of its size; returns its own."""
    size = image.size
    shrink = max(1.0, max(size) / side)
    image.draft(None, (max(1, int(size[0] / shrink)), max(1, int(size[1] / shrink))))
    return size


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turns everything that a decoder may raise over a damaged file into one plain sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError:
        raise
    except Image.UnidentifiedImageError as error:
        raise UnknownFormatError(f"{name} is not an image that inkling knows ({KNOWN})") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is far too large to be opened") from error
    except MemoryError as error:
        raise ImageError(f"{name} needs more memory than there is") from error
    except Exception as error:  # decoders raise a dozen types over damaged files
        raise ImageError(f"{name} is damaged or cut short: {error}") from error


def _check_size(image: Image.Image, name: str, max_pixels: int = MAX_PIXELS) -> None:
    width, height = image.size
    if width * height > max_pixels:
        limit = max_pixels // 1_000_000
        raise ImageError(
            f"{name} has {width} x {height} pixels; at most {limit} million are read: "
            "save it smaller"
        )
    if width * height == 0:
        raise ImageError(f"{name} has no pixels")


def _from_pillow(
    image: Image.Image, name: str, size: tuple[int, int] | None = None, *, side: int = DECODE_SIDE
) -> Photo:
    """The image upright; `size` is its own where it was drafted. It stays as it is."""
    large = image.width * image.height > LARGE
    with decoding(name), _one_large if large else nullcontext():
        width, height = size or image.size
        turned = image.getexif().get(ORIENTATION, 1) != 1
        upright = ImageOps.exif_transpose(image) if turned else image
        if (upright.width > upright.height) != (image.width > image.height):
            width, height = height, width
        return Photo(image_to_pixels(_reduced(upright, side), name), width, height)


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """A large image by a whole step smaller, the mean of its pixels, clear ones left out."""
    step = max(image.size) // side
    if step < 2:
        return image
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode in ("1", "P", "PA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.reduce(step)
