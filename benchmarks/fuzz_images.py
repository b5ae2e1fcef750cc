"""Fuzzes the reader with mutated image files: only typed errors, none slow, limited memory.

    python benchmarks/fuzz_images.py [--count 20000] [--seed 1] [--json FILE]

Each file is one of some twenty small valid images in six formats, in AVIF and HEIC where this
machine reads them, or a TIFF, GIF or WebP of three pages, with bytes flipped, cut out, doubled, or
its header's numbers made large. Of files that may have pages, each page is read. Ends with exit
code 1 if anything but an answer or an `ImageError` came back, a file took over 2 seconds of
processor time, or the process grew past 400 MB.
"""

import argparse
import io
import resource
import time
from collections import Counter

import cv2
import numpy as np
from PIL import Image

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.formats import HAS_AVIF, HAS_HEIF
from inkling.reading.preprocess.pages import pages_of
from outcome import add_json_option, finish

SLOWEST = 2.0  # seconds of processor time per file; other programs do not count
MOST_PAGES = 5  # of a file that are read
LARGEST = 400.0  # MB of resident memory


def seeds() -> list[bytes]:
    """Valid images of a digit in all formats and some modes."""
    grey = np.full((48, 40), 240, np.uint8)
    cv2.putText(grey, "5", (8, 38), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 20, 3)
    base = Image.fromarray(grey)
    made: list[bytes] = []
    plan = {
        "PNG": ("L", "RGB", "RGBA", "P", "1", "I;16", "LA"),
        "JPEG": ("L", "RGB", "CMYK"),
        "WEBP": ("RGB", "RGBA"),
        "BMP": ("L", "RGB", "1"),
        "GIF": ("P",),
        "TIFF": ("L", "RGB", "CMYK", "I;16", "1"),
    }
    for kind, modes in plan.items():
        for mode in modes:
            image = (
                Image.fromarray(grey.astype(np.uint16) * 257)
                if mode == "I;16"
                else base.convert("RGB").convert(mode)
            )
            file = io.BytesIO()
            image.save(file, kind)
            made.append(file.getvalue())
    return made + newer(base) + paged(base)


def newer(base: Image.Image) -> list[bytes]:
    """The digit in AVIF and HEIC, where they can be written."""
    made: list[bytes] = []
    if HAS_AVIF:
        file = io.BytesIO()
        base.save(file, "AVIF")
        made.append(file.getvalue())
    if HAS_HEIF:
        import pillow_heif

        for image in (base, base.convert("RGB")):
            file = io.BytesIO()
            pillow_heif.from_pillow(image).save(file)
            made.append(file.getvalue())
    return made


def paged(base: Image.Image) -> list[bytes]:
    """Files of three pages."""
    made: list[bytes] = []
    for kind in ("TIFF", "GIF", "WEBP"):
        file = io.BytesIO()
        base.save(file, kind, save_all=True, append_images=[base.rotate(90), base.rotate(180)])
        made.append(file.getvalue())
    return made


def read_every_page(reader: Reader, data: bytes) -> list[str]:
    """The verdicts, or "error", of a file and of its further pages."""
    sources = [data, *pages_of(data)[1:MOST_PAGES]]
    answers = reader.read(sources)
    return ["error" if isinstance(one, ImageError) else one.verdict for one in answers]


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Applies one to four mutations: flipped, deleted or repeated bytes, a cut, large numbers."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not out:
            break
        kind = rng.integers(5)
        at = int(rng.integers(len(out)))
        length = int(rng.integers(1, 16))
        if kind == 0:
            for _ in range(length):
                out[int(rng.integers(len(out)))] = int(rng.integers(256))
        elif kind == 1:
            del out[at : at + length]
        elif kind == 2:
            out[at:at] = out[at : at + length]
        elif kind == 3:
            del out[at:]
        else:
            at = int(rng.integers(min(len(out), 64)))
            out[at] = int(rng.choice([0, 1, 127, 128, 255]))
    return bytes(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model")
    add_json_option(parser)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    reader, originals = Reader.load(options.model), seeds()
    outcomes: Counter[str] = Counter()
    crashes: list[str] = []
    slowest = (0.0, 0.0, -1)  # processor seconds, seconds, which file
    for index in range(options.count):
        data = mutate(originals[index % len(originals)], rng)
        start, busy = time.perf_counter(), time.process_time()
        try:
            outcomes.update(read_every_page(reader, data))
        except Exception as error:  # the faults that fuzzing looks for
            crashes.append(f"file {index}: {type(error).__name__}: {error}")
        took = time.process_time() - busy, time.perf_counter() - start, index
        slowest = max(slowest, took)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    good = not crashes and slowest[0] < SLOWEST and memory < LARGEST
    measured = {
        "files": options.count,
        "seed": options.seed,
        "outcomes": dict(outcomes),
        "crashes": crashes[:20],
        "crash_count": len(crashes),
        "slowest_processor_s": round(slowest[0], 3),
        "slowest_s": round(slowest[1], 3),
        "slowest_file": slowest[2],
        "peak_memory_mb": round(memory, 1),
        "passed": good,
    }
    finish(measured, options.json)


if __name__ == "__main__":
    main()
