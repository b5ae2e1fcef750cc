"""Decodes a list of images in groups that fit into memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from inkling.errors import ImageError
from inkling.reading.parallel import ThreadMap
from inkling.reading.preprocess.photo import Photo, Source, Sources, open_photo
from inkling.reading.preprocess.thumbnails import is_thumbnail

STACK = 10_000  # thumbnails of one array that are read together
TOGETHER = 1024  # images that are decoded before any of them is read, at most
OPENED = 8  # images that are decoded by one parallel call
HELD = 64_000_000  # approximate limit on the bytes of decoded pixels in memory


def open_in_groups(
    sources: Sources, names: Sequence[str], parallel_map: ThreadMap
) -> Iterator[list[Photo | ImageError]]:
    """Decodes the images in order, in groups that fit into memory."""
    if isinstance(sources, np.ndarray) and sources.ndim == 3 and sources.dtype == np.uint8:
        height, width = sources.shape[1:]
        if is_thumbnail((height, width)):
            for start in range(0, len(sources), STACK):
                part = sources[start : start + STACK]
                yield [Photo(pixels, width, height) for pixels in part]
            return
    held: list[Photo | ImageError] = []
    size = 0
    for start in range(0, len(sources), OPENED):
        part = slice(start, start + OPENED)
        some = list(zip(sources[part], names[part], strict=True))
        opened = parallel_map(_open_or_error, some)
        held += opened
        size += sum(photo.pixels.nbytes for photo in opened if isinstance(photo, Photo))
        if size > HELD or len(held) >= TOGETHER:
            yield held
            held, size = [], 0
    if held:
        yield held


def name_images(sources: Sources) -> list[str]:
    """The path of each image, or "image 1", "image 2", ... for images without one."""
    return [
        str(source) if isinstance(source, (str, Path)) else f"image {number}"
        for number, source in enumerate(sources, 1)
    ]


def _open_or_error(pair: tuple[Source | ImageError, str]) -> Photo | ImageError:
    source, name = pair
    if isinstance(source, ImageError):
        return source
    try:
        return open_photo(source, name)
    except ImageError as error:
        return error
