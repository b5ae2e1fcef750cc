"""Counts the pages of a TIFF and the frames of a GIF without decoding them."""

from pathlib import Path

from inkling.errors import ImageError
from inkling.reading.preprocess.encoded import Page, encoded_bytes
from inkling.reading.preprocess.formats import open_image
from inkling.reading.preprocess.photo import decoding

MOST = 1000  # greatest number of pages of one file
# Pillow scans a GIF to count its frames. The first bytes are enough.
GIF_BYTES = 8_000_000
PAGED = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8", b"RIFF")  # TIFF, BigTIFF, GIF, WebP


def may_have_pages(head: bytes) -> bool:
    """Whether a file may have several pages, by its first 12 bytes or more."""
    return head.startswith(PAGED) or head[4:8] == b"ftyp"


def count_pages(file: Path | bytes) -> int:
    """The number of pages, at most `MOST`. 1 for files that cannot be opened as an image."""
    try:
        data = encoded_bytes(file)
        if not may_have_pages(data[:12]):
            return 1
        if data.startswith(b"GIF8"):
            data = data[:GIF_BYTES]
        with decoding("the file"), open_image(data, "the file") as image:
            if image.format != "TIFF":
                return min(MOST, getattr(image, "n_frames", 1))
            number = 1
            while number < MOST:  # Pillow's own count has no limit
                try:
                    image.seek(number)
                except EOFError:
                    break
                number += 1
            return number
    except ImageError:
        return 1


def pages_of(file: Path | bytes) -> list[Page]:
    """All pages of a file as sources for the reader."""
    return [Page(file, number) for number in range(1, count_pages(file) + 1)]
