"""Decodes images of any kind safely to upright 8-bit grey or RGB pixels."""

import io
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

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
from inkling.reading.preprocess.encoded import Encoded, Page, encoded_bytes, is_encoded
from inkling.reading.preprocess.formats import KNOWN, open_image
from inkling.reading.preprocess.light import WORK_SIDE

MAX_SEEK = 1_000_000_000  # pixels; limit of decoding to reach a later page
ORIENTATION = 0x0112  # the EXIF tag for the orientation of the camera
# Photos are decoded at about the size at which they are processed. JPEG decoders can do this.
DECODE_SIDE = WORK_SIDE  # pixels; least longer side of a reduced image
LARGE = 4_000_000  # pixels; larger images are decoded one at a time
EXPECTED = "a path, bytes, an open file, an array, a tensor or a PIL image"

# A decoder may use 20 bytes per pixel, and a file of 1 kB may contain 40 million pixels.
_one_large = threading.Lock()


class SupportsArray(Protocol):
    """A tensor of torch or JAX, or another object that numpy can convert."""

    def __array__(self) -> NDArray: ...


Source = Encoded | NDArray | Image.Image | SupportsArray
Sources = Sequence[Source | ImageError] | NDArray


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded image: `pixels` (H, W) or (H, W, 3) uint8 RGB.

    `width` and `height` are those of the original image, upright. A large image has fewer `pixels`:
    a half, a third and so on in each direction. `decode` then decodes it again with a longer side
    of at least the given pixels; it raises `ImageError` if the file has changed since.
    """

    pixels: Pixels
    width: int
    height: int
    decode: Callable[[int], "Photo"] | None = None


def open_photo(
    source: Source,
    name: str = "the image",
    *,
    side: int = DECODE_SIDE,
    max_pixels: int = MAX_PIXELS,
) -> Photo:
    """Decodes one image: a path, bytes, an open binary file, an array or tensor, a PIL image.

    `array_to_pixels` lists the supported arrays. A large image is reduced; its longer side is then
    at least `side` pixels and less than twice that. A file or PIL image of more than `max_pixels`
    is rejected before decoding. Raises `ImageError`.
    """
    if not isinstance(source, (str, Path, Page, Image.Image)) and is_encoded(source):
        source = encoded_bytes(source, name)  # an open file can be read once
    photo = _open(source, name, side, max_pixels)
    if max(photo.pixels.shape[:2]) < max(photo.width, photo.height):
        return replace(photo, decode=lambda finer: _open(source, name, finer, max_pixels))
    return photo


def _open(source: Source, name: str, side: int, max_pixels: int) -> Photo:
    if isinstance(source, Image.Image):
        _check_size(source, name, max_pixels)
        return _from_pillow(source, name, side=side)
    if isinstance(source, Page):
        return _from_bytes(encoded_bytes(source.file, name), name, side, max_pixels, source.number)
    if is_encoded(source):
        path = isinstance(source, (str, Path))
        data = encoded_bytes(source, name)
        return _from_bytes(data, str(source) if path else name, side, max_pixels)
    pixels = _array_pixels(source, name)
    return Photo(pixels, pixels.shape[1], pixels.shape[0])


def as_sources(given: Source | Sequence[Source | ImageError]) -> Sources:
    """The list of images in an argument: one image, a list of images, or an array of N images.

    Arrays and tensors: (H, W), (H, W, 3) and (H, W, 4) are one image; (N, H, W), (N, C, H, W)
    and (N, H, W, C) are N images. Raises `ImageError` for other types.
    """
    if isinstance(given, Image.Image) or is_encoded(given):
        return [given]
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray, memoryview)):
        return given
    array = as_array(given)
    if array is None:
        raise ImageError(f"a {type(given).__name__} is not an image. Pass {EXPECTED}")
    stack = array.ndim == 4 or (array.ndim == 3 and array.shape[2] not in (3, 4))
    return array if stack else [array]


def read_photo(source: Source) -> Pixels:
    """The pixels of one image, (H, W) or (H, W, 3) uint8. Raises `ImageError`."""
    return open_photo(source).pixels


def to_png(source: Source, name: str = "the image") -> bytes:
    """Encodes an array, a tensor or a PIL image as PNG: upright, full size, 8 bits.

    Raises `ImageError`.
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


def _array_pixels(source: Source, name: str) -> Pixels:
    try:
        array = as_array(source)
    except (TypeError, ValueError, RuntimeError) as error:  # for example, a sparse tensor
        raise ImageError(f"{name} cannot be converted to an array: {error}") from error
    if array is None:
        raise ImageError(f"{name} is a {type(source).__name__}. Pass {EXPECTED}")
    return array_to_pixels(array, name)


def _from_bytes(data: bytes, name: str, side: int, max_pixels: int, page: int = 1) -> Photo:
    if not data:
        raise ImageError(f"{name} is empty")
    with decoding(name), open_image(data, name) as image:
        _check_size(image, name, max_pixels)
        if page > 1:
            _seek(image, name, page)
        if image.format in ("JPEG", "MPO"):  # phones store several JPEGs in an MPO file
            return _from_pillow(image, name, _drafted(image, side), side=side)
        return _from_pillow(image, name, side=side)


def _seek(image: Image.Image, name: str, page: int) -> None:
    """Moves to a page. Pillow decodes all earlier frames of an animation."""
    if image.format != "TIFF" and image.width * image.height * page > MAX_SEEK:
        raise ImageError(f"{name} is too late in a large animation. Save it as a file of its own")
    try:
        image.seek(page - 1)
    except EOFError as error:
        raise ImageError(f"{name} does not exist: the file has fewer pages") from error
    _check_size(image, name)


def _drafted(image: Image.Image, side: int) -> tuple[int, int]:
    """Requests decoding of a JPEG at an eighth, a quarter or half size. Returns the full size."""
    size = image.size
    shrink = max(1.0, max(size) / side)
    image.draft(None, (max(1, int(size[0] / shrink)), max(1, int(size[1] / shrink))))
    return size


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Converts every exception of a decoder to an `ImageError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError:
        raise
    except Image.UnidentifiedImageError as error:
        raise UnknownFormatError(f"{name} is not an image that inkling knows ({KNOWN})") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} is far too large. Reduce its size") from error
    except MemoryError as error:
        raise ImageError(f"{name} needs more memory than is available. Reduce its size") from error
    except Exception as error:  # decoders raise many types for damaged files
        raise ImageError(f"{name} is damaged or cut short: {error}") from error


def _check_size(image: Image.Image, name: str, max_pixels: int = MAX_PIXELS) -> None:
    width, height = image.size
    if width * height > max_pixels:
        limit = max_pixels // 1_000_000
        raise ImageError(
            f"{name} has {width} x {height} pixels; the limit is {limit} million. Reduce its size"
        )
    if width * height == 0:
        raise ImageError(f"{name} has no pixels")


def _from_pillow(
    image: Image.Image, name: str, size: tuple[int, int] | None = None, *, side: int = DECODE_SIDE
) -> Photo:
    """Converts a Pillow image to upright pixels without changing it.

    `size` is the full size of a JPEG that is decoded smaller.
    """
    large = image.width * image.height > LARGE
    with decoding(name), _one_large if large else nullcontext():
        width, height = size or image.size
        turned = image.getexif().get(ORIENTATION, 1) != 1
        upright = ImageOps.exif_transpose(image) if turned else image
        if (upright.width > upright.height) != (image.width > image.height):
            width, height = height, width
        return Photo(image_to_pixels(_reduced(upright, side), name), width, height)


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """Reduces a large image by a whole factor: the mean of the pixels that are not transparent."""
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
