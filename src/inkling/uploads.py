"""Images as the client sends them: their names, their bytes, and batches of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from inkling.errors import ImageError
from inkling.reading.preprocess.encoded import encoded_bytes, is_encoded
from inkling.reading.preprocess.photo import Source, to_png

BATCH_IMAGES = 64  # in one request; the limit of the service
BATCH_BYTES = 6_000_000  # of images in one request: 8 MB as base64; the service accepts 10 MB
NAME_LENGTH = 200  # characters; the limit of the service

# The name and the bytes of an image, or why it cannot be read.
Upload = tuple[str, bytes | ImageError]


def name_of(source: Source, index: int) -> str:
    """The path of an image, or "image 1", "image 2", ... by its index."""
    return str(source) if isinstance(source, (str, Path)) else f"image {index + 1}"


def short_name(name: str) -> str:
    """A name that the service accepts; undecodable characters become question marks."""
    return name.encode(errors="replace").decode()[-NAME_LENGTH:]


def content_of(source: Source) -> bytes:
    """The bytes of an image file. Arrays, tensors and PIL images are encoded as lossless PNG."""
    return encoded_bytes(source) if is_encoded(source) else to_png(source)


def prepare_uploads(sources: Iterable[Source]) -> Iterator[Upload]:
    """The name and bytes of each image. An image that cannot be read gives its error."""
    for index, source in enumerate(sources):
        name = name_of(source, index)
        try:
            yield name, content_of(source)
        except ImageError as error:
            yield name, error


def batch_uploads(prepared: Iterable[Upload]) -> Iterator[list[Upload]]:
    """Groups of images that fit into one request; a very large image forms its own group."""
    batch: list[Upload] = []
    size = 0
    for name, content in prepared:
        more = len(content) if isinstance(content, bytes) else 0
        if batch and (len(batch) == BATCH_IMAGES or size + more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((name, content))
        size += more
    if batch:
        yield batch
