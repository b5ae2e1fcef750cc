"""The road to an answer as one picture: photo, ink, what the network saw, what it said, doubts."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkling.errors import ImageError
from inkling.files import write_bytes
from inkling.reading.pipeline import Trace

WIDTH = 1120  # pixels; the strip's
GAP = 20
SOFTWARE, OURS = 0x0131, "inkling"  # the EXIF tag by which a strip is known as ours
PANEL = (WIDTH - 4 * GAP) // 3  # width of each of the three pictures of the road
TALLEST = 300  # height of those
CELL = (104, 176)  # a crop with its bars
PAPER, INK, SOFT = (255, 255, 255), (28, 32, 38), (112, 120, 130)
ACCENT, WARNING, FAINT = (24, 100, 171), (192, 86, 0), (226, 230, 235)
COLOURS = {"digits": ACCENT, "unsure": WARNING, "not-a-digit": SOFT, "blank": SOFT}


def draw_strip(trace: Trace) -> Image.Image:
    """The strip of one picture, RGB: three panels, then a cell for each crop, then words."""
    shown = [(title, _fit(image)) for title, image in pictures_of_road(trace)]
    tall = max(image.height for _, image in shown)
    cells = len(trace.reading.digits)
    across = (WIDTH - GAP) // CELL[0]
    rows = -(-cells // across)
    words = _words(trace)
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


def pictures_of_road(trace: Trace) -> list[tuple[str, Image.Image]]:
    """Title and picture (RGB) of each step before the network, in order."""
    return [
        (_photo_title(trace), Image.fromarray(trace.look.photo.pixels).convert("RGB")),
        ("light evened, writing found", evened_picture(trace)),
        ("ink and boxes", boxes_picture(trace)),
    ]


def _photo_title(trace: Trace) -> str:
    return f"the photo, rotated by {trace.rotation} degrees" if trace.rotation else "the photo"


def write_strip(traces: Sequence[Trace | ImageError], path: Path) -> None:
    """Writes the strips of all pictures that could be read, one under the other, to `path`.

    The file's ending says the format. Nothing half-written stays: the file is moved into place.
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
        sheet.save(content, kind_of_strip(path), exif=mark)
    except (OSError, ValueError) as error:  # a format may have a greatest height
        raise ImageError(f"the strip cannot be written to {path}: {error}") from error
    write_bytes(path, content.getvalue())


def check_strip(path: Path) -> None:
    """Raises `ImageError` where a strip cannot or should not be written to `path`.

    A file that is there already is replaced where it is a strip of ours: `--explain *.jpg` would
    otherwise cost the first photo.
    """
    kind_of_strip(path)
    if path.exists() and not _is_ours(path):
        raise ImageError(f"{path} exists already and is no strip of inkling's: name another file")


def _is_ours(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            return image.getexif().get(SOFTWARE) == OURS
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def kind_of_strip(path: Path) -> str:
    """The format that a file's ending asks for. Raises `ImageError` where it asks for none."""
    Image.init()
    kind = Image.registered_extensions().get(path.suffix.lower(), "none")
    if kind not in ("PNG", "JPEG", "WEBP", "TIFF"):
        raise ImageError(f"{path} is no name for a picture: end it in .png or .jpg")
    return kind


def as_png(trace: Trace) -> bytes:
    """The strip of one picture as the bytes of a PNG file."""
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


def _words(trace: Trace) -> list[str]:
    lines = []
    for number, box in enumerate(trace.reading.digits, 1):
        if box.doubts:
            lines.append(f"box {number}: " + "; ".join(box.doubts))
    return lines[:12]


def evened_picture(trace: Trace) -> Image.Image:
    """What is dark under even light, and in colour what of it was likely written."""
    writing = trace.look.writing
    dark = np.clip(writing.ink / max(float(writing.ink.max(initial=0)), 0.05), 0, 1)[..., None]
    share = writing.prob[..., None]
    tint = share * np.array(ACCENT, np.float32) + (1 - share) * np.array(SOFT, np.float32)
    return Image.fromarray((255 * (1 - dark) + tint * dark).astype(np.uint8))


def boxes_picture(trace: Trace) -> Image.Image:
    """The ink that was kept, and the box of each answer in the colour of its verdict."""
    writing, labels = trace.look.writing, trace.look.segments.labels
    kept = [label for part in trace.look.segments.parts for label in part.labels]
    ink = np.where(np.isin(labels, kept), writing.ink, 0)
    grey = np.clip(255 * (1 - ink / max(float(ink.max(initial=0)), 1e-3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("RGB")
    draw = ImageDraw.Draw(image)
    thick = max(1, round(max(image.size) / 250))
    for box in trace.answer.reading.digits:  # in the image as it was read
        place = [side * writing.zoom for side in box.box.as_json()]
        x, y, w, h = place
        draw.rectangle(
            (x - thick, y - thick, x + w + thick, y + h + thick),
            outline=COLOURS[box.verdict],
            width=thick,
        )
    return image


def _fit(image: Image.Image) -> Image.Image:
    scale = min(PANEL / image.width, TALLEST / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    way = Image.Resampling.NEAREST if scale > 3 else Image.Resampling.LANCZOS
    return image.resize(size, way)


def _draw_cell(
    strip: Image.Image, draw: ImageDraw.ImageDraw, trace: Trace, index: int, at: tuple[int, int]
) -> None:
    """One crop as the network saw it, the answer under it, and a bar for each alternative."""
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
    for line, (label, chance) in enumerate(others[:3]):
        top = y + 114 + 16 * line
        draw.text((x, top), label, SOFT, _font(12))
        draw.rectangle((x + 14, top + 3, x + 83, top + 11), fill=FAINT)
        draw.rectangle((x + 14, top + 3, x + 14 + 69 * chance, top + 11), fill=colour)
