"""Images of digits for the measurements of the service."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def images() -> dict[str, list[bytes]]:
    """Three kinds of images: MNIST-like thumbnails, drawings, photos of paper."""
    scans = [np.uint8(scan * 15.9) for scan in load_digits().images[:64]]
    thumbs = [
        Image.fromarray(np.pad(np.asarray(Image.fromarray(scan).resize((20, 20))), 4))
        for scan in scans
    ]
    drawn = [draw(scan) for scan in scans]
    return {
        "thumbnails 28x28 PNG": [encode(thumb, "PNG") for thumb in thumbs],
        "drawings 480x360 PNG": [encode(image, "PNG") for image in drawn],
        "photos 1600x1200 JPEG": [photograph(image) for image in drawn[:16]],
    }


def draw(scan: np.ndarray) -> Image.Image:
    """A digit of pen strokes on a white page, its outline that of a scan."""
    large = Image.fromarray(scan).resize((160, 160), Image.Resampling.BICUBIC)
    ink = large.point(lambda grey: 255 if grey > 120 else 0).filter(ImageFilter.GaussianBlur(1))
    page = Image.new("L", (480, 360), 255)
    page.paste(0, (160, 100), ink)
    return page


def photograph(page: Image.Image) -> bytes:
    """A page under a lamp, with grain, as a phone stores it."""
    width, height = 1600, 1200
    ink = np.asarray(page.resize((width, height), Image.Resampling.BICUBIC), np.float64) / 255
    light = np.linspace(215, 150, width)[None, :] * np.linspace(1, 0.85, height)[:, None]
    noise = np.random.default_rng(1).normal(0, 4, (height, width))
    grey = np.clip(ink * (light - 45) + 45 + noise, 0, 255).astype(np.uint8)
    return encode(Image.fromarray(grey).convert("RGB"), "JPEG", quality=88)
