"""Draws the processing steps of an image: photo, ink, boxes, crops with their probabilities."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkling.errors import ImageError
from inkling.files import write_bytes
from inkling.reading.trace import Trace

WIDTH = 1120  # width of the drawing, in pixels
GAP = 20
SOFTWARE, OURS = 0x0131, "inkling"  # the EXIF tag and value that identify a drawing by inkling
PANEL = (WIDTH - 4 * GAP) // 3  # width of each of the three step images
TALLEST = 300  # greatest height of a step image
CELL = (104, 176)  # width and height of a crop with its bars
PAPER, INK, SOFT = (255, 255, 255), (28, 32, 38), (112, 120, 130)
ACCENT, WARNING, FAINT = (24, 100, 171), (192, 86, 0), (226, 230, 235)
COLOURS = {"digits": ACCENT, "unsure": WARNING, "not-a-digit": SOFT, "blank": SOFT}


def draw_strip(trace: Trace) -> Image.Image:
    """Draws the steps for one image, RGB: three step images, a cell per crop, then the doubts."""
    shown = [(title, _fit(image)) for title, image in step_images(trace)]
    tall = max(image.height for _, image in shown)
    cells = len(trace.reading.digits)
    across = (WIDTH - GAP) // CELL[0]
    rows = -(-cells // across)
    words = _doubts(trace)
    height = GAP + 30 + 26 + tall + GAP + rows * CELL[1] + 24 * len(words) + GAP
    strip = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.text((GAP, GAP), _headline(trace), INK, _font(22))
    top = GAP + 34
    for index, (title, image) in enumerate(shown):
        x = GAP + index * (PANEL + GAP)
        draw.text((x, top), title, SOFT, _font(14))
        strip.paste(image, (x, top + 22))
        draw.rectangle((x - 1, top + 21, x + image.width, top + 22 + image.height), outline=FAINT)
    top += 22 + tall + GAP
    for index in range(cells):
        x, y = GAP + index % across * CELL[0], top + index // across * CELL[1]
        _draw_cell(strip, draw, trace, index, (x, y))
    top += rows * CELL[1]
    for number, line in enumerate(words):
        draw.text((GAP, top + 24 * number), line, INK, _font(15))
    return strip


def step_images(trace: Trace) -> list[tuple[str, Image.Image]]:
    """The title and image (RGB) of each step before the network, in order."""
    return [
        (_photo_title(trace), Image.fromarray(trace.preprocessed.photo.pixels).convert("RGB")),
        ("light evened, text found", draw_evened(trace)),
        ("ink and boxes", draw_boxes(trace)),
    ]


def _photo_title(trace: Trace) -> str:
    return f"the photo, rotated by {trace.rotation} degrees" if trace.rotation else "the photo"


def write_strip(traces: Sequence[Trace | ImageError], path: Path) -> None:
    """Draws the steps for all images that could be read, one below the other, into one file.

    The suffix of `path` selects the format. Raises `ImageError` if the file cannot be written.
    """
    strips = [draw_strip(trace) for trace in traces if isinstance(trace, Trace)]
    if not strips:
        return
    sheet = Image.new("RGB", (WIDTH, sum(strip.height for strip in strips)), PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    content, mark = io.BytesIO(), Image.Exif()
    mark[SOFTWARE] = OURS
    try:
        sheet.save(content, strip_format(path), exif=mark)
    except (OSError, ValueError) as error:  # for example, the format limits the height
        raise ImageError(f"cannot write the steps to {path}: {error}") from error
    write_bytes(path, content.getvalue())


def check_strip(path: Path) -> None:
    """Checks that the steps may be written to `path`. Raises `ImageError` if not.

    An existing file is replaced only if inkling drew it. Otherwise `--explain *.jpg` would
    overwrite the first photo.
    """
    strip_format(path)
    if path.exists() and not _is_strip(path):
        raise ImageError(f"{path} exists and was not made by inkling. Name another file")


def _is_strip(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return image.getexif().get(SOFTWARE) == OURS
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def strip_format(path: Path) -> str:
    """The image format of a file suffix. Raises `ImageError` for other suffixes."""
    Image.init()
    kind = Image.registered_extensions().get(path.suffix.lower(), "none")
    if kind not in ("PNG", "JPEG", "WEBP", "TIFF"):
        raise ImageError(f"{path} is not the name of an image. Use the suffix .png or .jpg")
    return kind


def as_png(trace: Trace) -> bytes:
    """The steps for one image as the bytes of a PNG file."""
    content = io.BytesIO()
    draw_strip(trace).save(content, "PNG")
    return content.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _headline(trace: Trace) -> str:
    reading = trace.reading
    text = reading.text.replace("\n", " / ")  # the headline has one line
    answer = {"digits": text, "unsure": f"{text}?  (unsure)"}
    return f"{Path(reading.image).name}:  {answer.get(reading.verdict, reading.verdict)}"


def _doubts(trace: Trace) -> list[str]:
    lines = []
    for number, box in enumerate(trace.reading.digits, 1):
        if box.doubts:
            lines.append(f"box {number}: " + "; ".join(box.doubts))
    return lines[:12]


def draw_evened(trace: Trace) -> Image.Image:
    """The ink under even light, coloured where the text probability is high."""
    writing = trace.preprocessed.writing
    dark = np.clip(writing.ink / max(float(writing.ink.max(initial=0)), 0.05), 0, 1)[..., None]
    fraction = writing.prob[..., None]
    tint = fraction * np.array(ACCENT, np.float32) + (1 - fraction) * np.array(SOFT, np.float32)
    return Image.fromarray((255 * (1 - dark) + tint * dark).astype(np.uint8))


def draw_boxes(trace: Trace) -> Image.Image:
    """The detected ink, and the box of each answer in the colour of its verdict."""
    writing, labels = trace.preprocessed.writing, trace.preprocessed.segments.labels
    kept = [label for part in trace.preprocessed.segments.parts for label in part.labels]
    ink = np.where(np.isin(labels, kept), writing.ink, 0)
    grey = np.clip(255 * (1 - ink / max(float(ink.max(initial=0)), 1e-3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(image)
    thick = max(1, round(max(image.size) / 250))
    for box in trace.answer.reading.digits:  # in the image as it was read
        x, y = box.box.x - writing.corner[0], box.box.y - writing.corner[1]
        x, y, w, h = (side * writing.zoom for side in (x, y, box.box.w, box.box.h))
        draw.rectangle(
            (x - thick, y - thick, x + w + thick, y + h + thick),
            outline=COLOURS[box.verdict],
            width=thick,
        )
    return image


def _fit(image: Image.Image) -> Image.Image:
    scale = min(PANEL / image.width, TALLEST / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    method = Image.Resampling.NEAREST if scale > 3 else Image.Resampling.LANCZOS
    return image.resize(size, method)


def _draw_cell(
    strip: Image.Image, draw: ImageDraw.ImageDraw, trace: Trace, index: int, at: tuple[int, int]
) -> None:
    """Draws one crop as the network sees it, the answer below it, and a bar per alternative."""
    x, y = at
    box = trace.reading.digits[index]
    seen = cv2.resize(trace.answer.crops[index].pixels, (84, 84), interpolation=cv2.INTER_NEAREST)
    strip.paste(Image.fromarray(seen), (x, y))
    colour = COLOURS[box.verdict]
    title = "none" if box.verdict == "not-a-digit" else box.label
    draw.text((x, y + 88), title, colour, _font(20))
    draw.text((x + 84, y + 93), f"{box.confidence:.0%}", colour, _font(13), anchor="ra")
    others = [(box.label, box.confidence)]
    others += [(other.label, other.confidence) for other in box.alternatives]
    for line, (label, prob) in enumerate(others[:3]):
        top = y + 114 + 16 * line
        draw.text((x, top), label, SOFT, _font(12))
        draw.rectangle((x + 14, top + 3, x + 83, top + 11), fill=FAINT)
        draw.rectangle((x + 14, top + 3, x + 14 + 69 * prob, top + 11), fill=colour)
