"""Decompression bombs in every format: refused by their header, in little memory.

    python benchmarks/bombs.py [--count 20] [--json FILE]

Each is a small valid file whose header claims up to billions of pixels; those of PNG
also unpack to 400 MB. Ends with exit code 1 if one is not refused because of its size, takes over
half a second of processor time, or the process grows by over 300 MB.
"""

import argparse
import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.formats import HAS_AVIF, HAS_HEIF
from inkling.reading.preprocess.photo import MAX_PIXELS
from outcome import add_json_option, finish

GROWTH = 300.0  # MB
SLOWEST = 0.5  # seconds of processor time for one file
TAGS = (256, 257)  # width and height in a TIFF file

Bomb = Callable[[int, int], bytes]


def encoded(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.new("L", (40, 30), 255).convert("RGB" if kind in ("WEBP", "AVIF") else "L")
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(width: int, height: int) -> bytes:
    """Its rows of zeros shrink to a thousandth."""
    packer, packed = zlib.compressobj(9), []
    row = bytes(1 + (width + 7) // 8)
    rows = min(height, 400_000_000 // len(row))
    for first in range(0, rows, 100):
        packed.append(packer.compress(row * min(100, rows - first)))
    packed.append(packer.flush())
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", b"".join(packed)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(width: int, height: int) -> bytes:
    content = bytearray(encoded("JPEG"))
    place = content.index(b"\xff\xc0")
    struct.pack_into(">HH", content, place + 5, height, width)
    return bytes(content)


def bmp(width: int, height: int) -> bytes:
    content = bytearray(encoded("BMP"))
    struct.pack_into("<ii", content, 18, width, height)
    return bytes(content)


def gif(width: int, height: int) -> bytes:
    content = bytearray(encoded("GIF"))
    struct.pack_into("<HH", content, 6, width, height)
    return bytes(content)


def webp(width: int, height: int) -> bytes:
    content = bytearray(encoded("WEBP", lossless=True))
    place = content.index(b"VP8L") + 9
    kept = struct.unpack_from("<I", content, place)[0] & ~((1 << 28) - 1)
    struct.pack_into("<I", content, place, kept | (width - 1) | ((height - 1) << 14))
    return bytes(content)


def tiff(width: int, height: int) -> bytes:
    content = bytearray(encoded("TIFF"))
    start = struct.unpack_from("<I", content, 4)[0]
    for k in range(struct.unpack_from("<H", content, start)[0]):
        place = start + 2 + 12 * k
        tag = struct.unpack_from("<H", content, place)[0]
        if tag in TAGS:
            value = (width, height)[TAGS.index(tag)]
            struct.pack_into("<HHII", content, place, tag, 4, 1, value)
    return bytes(content)


def boxed(content: bytes, width: int, height: int) -> bytes:
    """AVIF and HEIC: each `ispe` box has a width and a height (ISO 23008-12)."""
    changed, place = bytearray(content), content.find(b"ispe")
    while place >= 0:
        struct.pack_into(">II", changed, place + 8, width, height)
        place = content.find(b"ispe", place + 1)
    return bytes(changed)


def avif(width: int, height: int) -> bytes:
    return boxed(encoded("AVIF"), width, height)


def heic(width: int, height: int) -> bytes:
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("L", (40, 30), 255)).save(file)
    return boxed(file.getvalue(), width, height)


# The greatest width and height that a header of the format can have.
FORMATS: dict[str, tuple[Bomb, int]] = {
    "PNG": (png, 1_000_000),
    "JPEG": (jpeg, 65_500),
    "WEBP": (webp, 16_383),
    "BMP": (bmp, 1_000_000),
    "GIF": (gif, 65_535),
    "TIFF": (tiff, 1_000_000),
    **({"AVIF": (avif, 65_535)} if HAS_AVIF else {}),
    **({"HEIC": (heic, 65_535)} if HAS_HEIF else {}),
}


def sizes(count: int, most: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """From a little over the limit to the greatest size of the format."""
    least = np.log(1.1 * MAX_PIXELS)
    found = []
    for area in np.exp(np.linspace(least, np.log(float(most) ** 2), count)):
        ratio = np.exp(rng.uniform(-0.5, 0.5))
        width = min(most, int(np.sqrt(area * ratio)))
        found.append((width, min(most, int(area / width) + 1)))
    return found


def peak() -> float:
    """The greatest memory so far, MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="of each format")
    add_json_option(parser)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    reader = Reader.load(workers=1)
    bombs = {
        kind: [make(*size) for size in sizes(options.count, most, rng)]
        for kind, (make, most) in FORMATS.items()
    }
    for kind in FORMATS:  # what each decoder loads is not the bombs'
        reader.read([small_file(kind)])
    before, slowest = peak(), 0.0
    reasons: dict[str, dict[str, int]] = {}
    faults: list[str] = []
    for kind, files in bombs.items():
        reasons[kind] = {}
        for file in files:
            busy = time.process_time()
            answer = reader.read([file])[0]
            slowest = max(slowest, time.process_time() - busy)
            reason = str(answer) if isinstance(answer, ImageError) else "read"
            short = "too large" if "pixels" in reason else reason[:100]
            reasons[kind][short] = reasons[kind].get(short, 0) + 1
            if short == "read":
                faults.append(f"{kind} was read")
    growth = peak() - before
    measured = {
        "bombs": sum(map(len, bombs.values())),
        "largest_file_bytes": max(len(file) for files in bombs.values() for file in files),
        "reasons": reasons,
        "slowest_processor_s": round(slowest, 3),
        "memory_growth_mb": round(growth, 1),
        "peak_memory_mb": round(peak(), 1),
        "faults": faults,
        "passed": not faults and growth < GROWTH and slowest < SLOWEST,
    }
    finish(measured, options.json)


def small_file(kind: str) -> bytes:
    """A small image of the format that can be read."""
    return heic(40, 30) if kind == "HEIC" else encoded(kind)


if __name__ == "__main__":
    main()
