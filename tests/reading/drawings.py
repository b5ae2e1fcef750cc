"""Images for the reader's tests, drawn or composed from MNIST's test digits."""

import gzip
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@lru_cache
def mnist_test(folder: Path) -> tuple[Image, Image]:
    """MNIST's test images (10000, 28, 28) and labels."""
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def drawn_seven(height: int = 100, width: int = 80, thick: int = 7) -> Image:
    """A 7, dark on light, with margins, of two straight strokes."""
    image = np.full((height, width), 245, np.uint8)
    corners = np.array([[0.25, 0.2], [0.75, 0.2], [0.45, 0.82]]) * (width, height)
    cv2.polylines(image, [corners.astype(np.int32)], False, 30, thick, cv2.LINE_AA)
    return image


def drawn_zero(side: int = 100, thick: int = 8) -> Image:
    """A 0, dark on light, in the middle."""
    image = np.full((side, side), 245, np.uint8)
    axes = (round(side * 0.2), round(side * 0.3))
    cv2.ellipse(image, (side // 2, side // 2), axes, 0, 0, 360, 30, thick, cv2.LINE_AA)
    return image


def on_paper(digit: Image, rng: np.random.Generator, side: int = 140) -> Image:
    """An MNIST digit (28, 28), light on dark, as dark ink on grained paper (side, side)."""
    large = cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    ink = np.clip((large - 0.35) * 4 + 0.5, 0, 1)  # a pen's edge is sharp
    paper = 232 + rng.normal(0, 2.5, (side, side)).astype(np.float32)
    return np.clip(paper * (1 - ink) + 55 * ink, 0, 255).astype(np.uint8)


def cut_from_form(shape: tuple[int, int], sides: str) -> Image:
    """Bare paper with some of its cell's frame, as a scan is cut: `sides` of "ltrb"."""
    height, width = shape
    cell = np.full(shape, 225, np.uint8)
    for side, part in (
        ("l", np.s_[:, 2:5]), ("t", np.s_[2:5]), ("r", np.s_[:, -6:-3]), ("b", np.s_[-6:-3]),
    ):  # fmt: skip
        if side in sides:
            cell[part] = 60
    return cv2.warpAffine(
        cell, cv2.getRotationMatrix2D((width / 2, height / 2), 0.7, 1), (width, height),
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def on_desk(digit: Image, rng: np.random.Generator) -> Image:
    """An MNIST digit written on a sheet that lies on a coloured desk, as a phone sees it from
    aside: (640, 480, 3) RGB. No line of it is the composer's, which taught the reader.
    """
    height, width, side = 640, 480, int(rng.uniform(110, 260))
    large = cv2.resize(np.pad(digit, 4), (side, side), interpolation=cv2.INTER_CUBIC)
    pen = np.clip((cv2.GaussianBlur(large, (0, 0), side / 80).astype(np.float32) - 100) / 30, 0, 1)
    left, top = int(rng.uniform(60, width - side - 60)), int(rng.uniform(60, height - side - 60))
    ink = np.zeros((height, width, 1), np.float32)
    ink[top : top + side, left : left + side, 0] = pen * rng.uniform(0.7, 0.95)
    paper = np.full((height, width, 3), 0.9, np.float32)
    if rng.random() < 0.4:
        paper[:: int(rng.uniform(25, 60))] *= 0.75
    sheet = paper * (1 - ink) + rng.uniform(0.05, 0.35, 3).astype(np.float32) * ink
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inward = np.sign(corners.mean(axis=0) - corners) * rng.uniform(0.02, 0.15, (4, 2))
    seen = (corners + inward * (width, height)).astype(np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    photo = cv2.warpPerspective(sheet, view, (width, height), borderValue=(-1, -1, -1))
    desk = rng.uniform(0.1, 0.6, 3) + rng.normal(0, 0.02, (height, width, 1))
    photo = np.where(photo < 0, desk, photo) * np.linspace(1, rng.uniform(0.6, 1), width)[:, None]
    photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.5, 1.5)) * 255
    return np.clip(photo + rng.normal(0, 3, photo.shape), 0, 255).astype(np.uint8)


def under_shadow(photo: Image, rng: np.random.Generator) -> Image:
    """A photo (H, W, 3) with the shadow of a head or a hand on it, its edge hard or soft."""
    height, width = photo.shape[:2]
    middle = tuple(int(value) for value in rng.uniform(0, 1, 2) * (width, height))
    axes = tuple(int(value) for value in rng.uniform(0.3, 0.9, 2) * (width, height))
    shadow = np.zeros((height, width), np.float32)
    cv2.ellipse(shadow, middle, axes, 0, 0, 360, 1.0, -1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), float(rng.uniform(2, 20)))
    return (photo * (1 - rng.uniform(0.3, 0.5) * shadow[..., None])).astype(np.uint8)


def inverted(image: Image) -> Image:
    return 255 - image


def in_corner(image: Image) -> Image:
    """The image in the lower right corner of paper twice as large."""
    height, width = image.shape
    rng = np.random.default_rng(height)
    wide = np.clip(232 + rng.normal(0, 2.5, (2 * height, 2 * width)), 0, 255).astype(np.uint8)
    wide[height:, width:] = image
    return wide


def scaled(factor: float) -> Callable[[Image], Image]:
    def scale(image: Image) -> Image:
        way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        return np.asarray(
            cv2.resize(image, None, fx=factor, fy=factor, interpolation=way), np.uint8
        )

    return scale


def rotated(degrees: float) -> Callable[[Image], Image]:
    def rotate(image: Image) -> Image:
        height, width = image.shape
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        turned = cv2.warpAffine(
            image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(turned, np.uint8)

    return rotate


def as_jpeg(image: Image) -> Image:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def with_alpha(image: Image) -> Image:
    """Black ink whose alpha is its darkness, as a drawing program saves it."""
    rgba = np.zeros((*image.shape, 4), np.uint8)
    rgba[..., 3] = 255 - image
    return rgba


def lit_from_side(image: Image) -> Image:
    light = np.linspace(1.0, 0.45, image.shape[1], dtype=np.float32)
    return np.clip(image * light, 0, 255).astype(np.uint8)


def on_ruled_paper(image: Image) -> Image:
    """With three rulings across, lighter and thinner than the pen."""
    lines = image.copy()
    height = len(image)
    for row in (height // 5, height // 2, 4 * height // 5):
        lines[row : row + 2] = np.minimum(lines[row : row + 2], 150)
    return lines


def write_text(text: str, tall: int = 60) -> Image:
    """Digits in a row as a sans serif has them, dark on light, with margins."""
    image = np.full((2 * tall, tall * (len(text) + 1)), 245, np.uint8)
    for index, letter in enumerate(text):
        corner = (tall // 2 + index * tall, tall + tall // 2)
        scale = tall / 22
        cv2.putText(image, letter, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, 30, 5, cv2.LINE_AA)
    return image


def write_page(images: Image, labels: Image, lines: Sequence[str]) -> Image:
    """Lines of scanned digits, dark on light, one below the other."""
    rng = np.random.default_rng(0)
    page = np.full((60 * len(lines) + 40, 36 * max(map(len, lines)) + 40), 235, np.uint8)
    for row, line in enumerate(lines):
        for column, label in enumerate(line):
            scan = images[rng.choice(np.flatnonzero(labels == int(label)))]
            y, x = 30 + 60 * row, 25 + 36 * column
            place = page[y : y + 28, x : x + 28]
            np.minimum(place, 235 - (0.85 * scan).astype(np.uint8), out=place)
    return np.asarray(cv2.resize(page, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
