"""Test images: drawn with pen strokes, or composed of real scans."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from inkling.types import Digits
from tests.serving.strokes import write


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)  # type: ignore[arg-type]
    return content.getvalue()


def draw_number(text: str, width: int = 480, height: int = 360, pen: int = 9) -> Image.Image:
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    for stroke in write(text, 0, 0, width, height):
        draw.line(stroke, fill=0, width=pen, joint="curve")
        for x, y in (stroke[0], stroke[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=0)
    return image


def drawing(text: str) -> bytes:
    return encode(draw_number(text))


def photo(text: str, width: int = 1600, height: int = 1200) -> bytes:
    """A number on paper under uneven light, as a phone's JPEG."""
    ink = draw_number(text, width, height, pen=26).filter(ImageFilter.GaussianBlur(2))
    light = np.linspace(215, 140, width)[None, :] * np.linspace(1, 0.85, height)[:, None]
    noise = np.random.default_rng(7).normal(0, 4, (height, width))
    paper = np.asarray(ink, np.float64) / 255 * (light - 45) + 45 + noise
    grey = np.clip(paper, 0, 255).astype(np.uint8)
    return encode(Image.fromarray(grey).convert("RGB"), "JPEG", quality=88)


def composed(scans: Digits, count: int, seed: int = 5) -> list[bytes]:
    """Images of one to four real scans in all formats."""
    rng = np.random.default_rng(seed)
    return [_compose(scans, rng) for _ in range(count)]


def _compose(scans: Digits, rng: np.random.Generator) -> bytes:
    chosen = scans.images[rng.integers(len(scans), size=rng.integers(1, 5))]
    size = int(rng.integers(28, 120))
    line = np.concatenate([np.pad(digit, 2) for digit in chosen], axis=1)
    if rng.random() < 0.5:
        line = 255 - line
    image = Image.fromarray(np.asarray(line, np.uint8))
    image = image.resize((size * line.shape[1] // 28, size), Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        image = image.convert("RGB")
    kind = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")[rng.integers(6)]
    return encode(image, kind)
