"""Draws the ink of digits, marks and words: redrawn MNIST digits, polylines, free fonts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkling.types import Digits

Ink = NDArray[np.float32]  # (h, w), 0 bare paper to 1 full ink
Polyline = Sequence[tuple[float, float]]  # points as (x, y), 1 is the height of a digit, y down
FINE = 4  # times as large as it ends, each way, is a polyline drawn
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
FONT_NAMES = ("dejavu", "cmr10", "cmss10", "cmtt10", "stixgeneral", "liberation", "noto", "free")


@dataclass(frozen=True)
class Hand:
    """One person's pen: `digits` to copy, `slant` in degrees to the right, `weight` of the pen.

    `weight` is a fraction of a digit's height by which strokes grow (or, negative, shrink).
    `straight` is the probability that a 1 is one straight stroke.
    """

    digits: Digits
    slant: float = 0.0
    weight: float = 0.0
    straight: float = 0.0

    @property
    def pen(self) -> float:
        """The width of a stroke as a fraction of a digit's height."""
        return max(0.04, 0.1 + self.weight)


def trim(ink: Ink) -> Ink:
    """The ink cut at its bounding box."""
    x, y, w, h = cv2.boundingRect((ink > 0.3).astype(np.uint8))
    return ink[y : y + h, x : x + w] if w and h else ink


def write_digit(hand: Hand, label: int, height: int, rng: np.random.Generator) -> tuple[Ink, int]:
    """One digit `height` pixels tall, trimmed, and the index of the MNIST digit (-1: none)."""
    if label == 1 and rng.random() < hand.straight:
        return straight_one(hand, height, rng), -1
    index = int(rng.choice(np.flatnonzero(hand.digits.labels == label)))
    small = trim(hand.digits.images[index].astype(np.float32) / 255)
    scale = height / small.shape[0]
    framed = cv2.copyMakeBorder(small, *[3] * 4, cv2.BORDER_CONSTANT)
    large = cv2.resize(framed, None, None, scale, scale, cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), max(0.5, height / 80))
    ink = np.clip((large - 0.4) / 0.16, 0, 1).astype(np.float32)
    ink = trim(_weigh(_slant(ink, hand.slant), hand.weight * height))
    return np.asarray(cv2.resize(ink, (max(2, ink.shape[1]), height)), np.float32), index


def straight_one(hand: Hand, height: int, rng: np.random.Generator) -> Ink:
    """A 1 that is a single stroke, slightly bent."""
    tilt = np.tan(np.radians(hand.slant + rng.normal(4, 4)))
    bend = rng.normal(0, 0.015)
    line = [
        (0.5 + tilt * (1 - t) + bend * np.sin(np.pi * t), t) for t in np.linspace(0.04, 0.96, 9)
    ]
    return trim(draw_lines([line], height, hand.pen * rng.uniform(0.7, 1.1)))


def draw_lines(lines: Sequence[Polyline], height: int, pen: float) -> Ink:
    """Polylines `height` pixels to the unit, (height, w) with their place from top to bottom kept.

    `pen` is the width of the stroke, a fraction of the height. The width is cut at the ink.
    """
    side = height * FINE
    points = [np.array(line) for line in lines]
    left = min(line[:, 0].min() for line in points) - pen
    width = int((max(line[:, 0].max() for line in points) + pen - left) * side) + 1
    canvas = np.zeros((side, width), np.uint8)
    thick = max(FINE, round(pen * side))
    for line in points:
        pixels = np.round((line - (left, 0)) * side).astype(np.int32)
        cv2.polylines(canvas, [pixels], False, 255, thick, cv2.LINE_AA)
    size = (max(1, width // FINE), height)
    ink = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    inked = np.flatnonzero(ink.max(axis=0) > 0.3)
    return ink[:, inked[0] : inked[-1] + 1] if inked.size else ink


def circle_ink(side: int, pen: float, rng: np.random.Generator) -> Ink:
    """A drawn circle about `side` pixels wide that need not close exactly."""
    turns = np.linspace(0, 2 * np.pi * rng.uniform(0.97, 1.05), 40) + rng.uniform(0, 6)
    radius = 0.5 * (1 - pen) * (1 + rng.normal(0, 0.02) * np.sin(turns + rng.uniform(0, 6)))
    squash = rng.uniform(0.9, 1.0)
    points = zip(0.5 + squash * radius * np.cos(turns), 0.5 + radius * np.sin(turns), strict=True)
    return draw_lines([[(float(x), float(y)) for x, y in points]], side, pen)


@cache
def fonts() -> tuple[Path, ...]:
    """Free text fonts of this machine: the system's and those that Matplotlib brings."""
    folders = [Path(folder) for folder in FONT_FOLDERS]
    try:
        import matplotlib as mpl

        folders.append(Path(mpl.get_data_path()) / "fonts" / "ttf")
    except ModuleNotFoundError:
        pass
    found = {path.name.lower(): path for folder in folders for path in folder.rglob("*.ttf")}
    names = [name for name in sorted(found) if name.startswith(FONT_NAMES) and "math" not in name]
    return tuple(found[name] for name in names if "display" not in name)


def print_text(text: str, font: Path, height: int) -> Ink:
    """Text in a font whose digits are `height` pixels tall, trimmed."""
    face = ImageFont.truetype(str(font), round(height * 1.37))
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, fill=255, font=face)
    return trim(np.asarray(image, np.float32) / 255)


def builtin_text(text: str, height: int, pen: float) -> Ink:
    """Text in OpenCV's built-in italics, trimmed and bent a little, as a hand would."""
    face, scale = cv2.FONT_HERSHEY_SIMPLEX | cv2.FONT_ITALIC, height * FINE / 22
    thick = max(1, round(pen * height * FINE))
    (width, tall), base = cv2.getTextSize(text, face, scale, thick)
    canvas = np.zeros((tall + 2 * base + 4 * thick, width + 4 * thick), np.uint8)
    cv2.putText(canvas, text, (2 * thick, tall + thick), face, scale, 255, thick, cv2.LINE_AA)
    across = np.arange(canvas.shape[1])
    sway = 0.05 * tall * np.sin(across / (1.3 * tall) + len(text))
    down = np.arange(canvas.shape[0])[:, None] + sway
    wide = np.broadcast_to(across.astype(np.float32), down.shape).copy()
    bent = cv2.remap(canvas, wide, down.astype(np.float32), cv2.INTER_LINEAR)
    size = (canvas.shape[1] // FINE, canvas.shape[0] // FINE)
    return trim(cv2.resize(bent, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255)


def _slant(ink: Ink, degrees: float) -> Ink:
    """Sheared to the right; the foot stays where it is."""
    height, width = ink.shape
    shift = np.tan(np.radians(degrees))
    extra = int(abs(shift) * height) + 1
    view = np.array([[1, -shift, shift * height + (extra if shift < 0 else 0)], [0, 1, 0]])
    return np.asarray(cv2.warpAffine(ink, view, (width + extra, height)), np.float32)


def _weigh(ink: Ink, pixels: float) -> Ink:
    """Strokes thicker by `pixels`, or thinner; a stroke that would vanish stays."""
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [max(1, round(abs(pixels)))] * 2)
    if pixels > 0:
        grown = cv2.copyMakeBorder(ink, *[brush.shape[0]] * 4, cv2.BORDER_CONSTANT)
        return np.asarray(cv2.dilate(grown, brush), np.float32)
    thin = cv2.erode(ink, brush)
    return np.asarray(thin if thin.sum() > 0.35 * ink.sum() else ink, np.float32)
