"""Renders a layout as an image: paper, rulings, light, pen colours, blur, noise and JPEG."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sheets.layout import Layout, Placed

PENS = ((25, 45, 130), (20, 20, 20), (150, 40, 40), (70, 70, 75), (20, 90, 60))  # RGB
PRINTS = ((90, 90, 90), (30, 30, 30), (200, 120, 110), (120, 160, 200), (170, 170, 170))  # RGB
MEDIA = ("clean", "scan", "photo")
Layer = NDArray[np.float32]  # (H, W), 0 bare to 1 covered


@dataclass(frozen=True, eq=False)
class Sheet:
    """A finished image (H, W) or (H, W, 3) uint8 RGB and the layout that it shows."""

    image: NDArray[np.uint8]
    layout: Layout


def draw_sheet(layout: Layout, rng: np.random.Generator) -> Sheet:
    """Draws a layout on the medium it asks for, or on any."""
    medium = layout.medium or str(rng.choice(MEDIA, p=(0.35, 0.4, 0.25)))
    left, top, right, bottom = rng.uniform(*layout.margin, 4) * layout.height
    ink = _cover([one for one in layout.placed if not one.printed], layout, (left, top))
    box = _bounds(layout.placed)
    shape = (int(box[3] - box[1] + top + bottom) + 2, int(box[2] - box[0] + left + right) + 2)
    printed = _cover([one for one in layout.placed if one.printed], layout, (left, top))
    layers = [_tilted(_sized(layer, shape), layout.tilt) for layer in (ink, printed)]
    image = {"clean": _clean, "scan": _scan, "photo": _photo, "tinted": _tinted}[medium](
        *layers, layout.height, rng
    )
    return Sheet(np.ascontiguousarray(np.rot90(image, -layout.quarter)), layout)


def _bounds(placed: tuple[Placed, ...]) -> tuple[float, float, float, float]:
    if not placed:
        return 0, 0, 400, 300
    return (
        min(one.x for one in placed),
        min(one.y for one in placed),
        max(one.x + one.ink.shape[1] for one in placed),
        max(one.y + one.ink.shape[0] for one in placed),
    )


def _cover(placed: list[Placed], layout: Layout, corner: tuple[float, float]) -> Layer:
    """One layer with all pieces at their places, the layout's top left ink at `corner`."""
    box = _bounds(layout.placed)
    size = int(box[3] - box[1] + corner[1]) + 2, int(box[2] - box[0] + corner[0]) + 2
    layer = np.zeros(size, np.float32)
    for one in placed:
        y, x = int(one.y - box[1] + corner[1]), int(one.x - box[0] + corner[0])
        part = layer[y : y + one.ink.shape[0], x : x + one.ink.shape[1]]
        np.maximum(part, one.ink[: part.shape[0], : part.shape[1]], out=part)
    return layer


def _sized(layer: Layer, shape: tuple[int, int]) -> Layer:
    down, across = shape[0] - layer.shape[0], shape[1] - layer.shape[1]
    return np.pad(layer, ((0, max(0, down)), (0, max(0, across))))


def _tilted(layer: Layer, degrees: float) -> Layer:
    """Turned anticlockwise about its middle, on a layer that holds all of it."""
    if not degrees:
        return layer
    height, width = layer.shape
    view = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(view[0, 0]), abs(view[0, 1])
    size = int(width * cos + height * sin), int(width * sin + height * cos)
    view[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return np.asarray(cv2.warpAffine(layer, view, size, flags=cv2.INTER_LINEAR), np.float32)


def _clean(ink: Layer, printed: Layer, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A drawing: white paper, dark ink, no noise; sometimes light on dark."""
    dark, grey = rng.uniform(0, 60), rng.uniform(0, 140)
    image = 255 - (255 - grey) * printed
    image = image * (1 - ink) + dark * ink
    return _eight_bit(255 - image if rng.random() < 0.15 else image)


def _scan(ink: Layer, printed: Layer, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Grey paper with a little noise, sometimes ruled, through JPEG."""
    paper = np.full(ink.shape, rng.uniform(185, 253))
    if rng.random() < 0.3:
        _rule(paper, height, rng)
    image = paper - (paper - rng.uniform(40, 160)) * printed
    image = image * (1 - 0.95 * ink) + rng.uniform(10, 110) * 0.95 * ink
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.3 + height / 70))
    image += rng.normal(0, rng.uniform(0, 6), image.shape)
    return _through_jpeg(_eight_bit(image), rng)


def _photo(ink: Layer, printed: Layer, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Coloured paper with grain in uneven light, sometimes ruled or squared, through JPEG."""
    white = rng.uniform(170, 245) + rng.normal(0, 6, 3)
    paper = np.full((*ink.shape, 3), white)
    lines = rng.random()
    if lines < 0.45:
        _rule(paper, height, rng, squared=lines < 0.2)
    pen, print_ = PENS[rng.integers(len(PENS))], PRINTS[rng.integers(len(PRINTS))]
    return _shoot(paper, pen, print_, (ink, printed), height, rng)


def _tinted(ink: Layer, printed: Layer, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Ink and paper of nearly the same brightness and clearly different colours."""
    colours = np.array([(225, 120, 60), (70, 150, 200), (90, 165, 90), (200, 110, 160)], float)
    paper_at, pen_at = rng.permutation(len(colours))[:2]
    weights = np.array([0.299, 0.587, 0.114])
    pen = colours[pen_at] * (colours[paper_at] @ weights) / (colours[pen_at] @ weights)
    paper = np.full((*ink.shape, 3), colours[paper_at])
    pen = np.clip(pen - rng.uniform(0, 20), 0, 255)
    return _shoot(paper, tuple(pen), (120, 120, 120), (ink, printed), height, rng)


def _shoot(
    paper: NDArray,
    pen: tuple[float, ...],
    print_: tuple[float, ...],
    layers: tuple[Layer, Layer],
    height: int,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    ink, printed = (layer[..., None] for layer in layers)
    strength = rng.uniform(0.75, 0.97)
    image = paper * (1 - 0.9 * printed) + np.array(print_) * 0.9 * printed
    image = image * (1 - strength * ink) + np.array(pen) * strength * ink
    image *= _light(ink.shape[:2], rng)[..., None]
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.5 + height / 50))
    image += rng.normal(0, rng.uniform(1, 7), image.shape)
    return _through_jpeg(_eight_bit(image), rng)


def _light(shape: tuple[int, int], rng: np.random.Generator) -> NDArray:
    """Brightness at each place: a slope, patches of paper grain, in a third a soft shadow."""
    down, across = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    slope = (across * np.cos(turn) + down * np.sin(turn)) / max(shape)
    bright = 1 - rng.uniform(0, 0.35) * (slope - slope.min())
    grain = rng.normal(0, 1, (max(2, shape[0] // 50), max(2, shape[1] // 50))).astype(np.float32)
    bright *= 1 + 0.012 * cv2.resize(grain, shape[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.35:
        x, y = rng.uniform(0, 1, 2) * shape[::-1]
        edge = (across - x) * np.cos(turn) + (down - y) * np.sin(turn) > 0
        soft = cv2.GaussianBlur(edge.astype(np.float32), (0, 0), rng.uniform(8, 50))
        bright *= 1 - rng.uniform(0.1, 0.4) * soft
    return bright


def _rule(paper: NDArray, height: int, rng: np.random.Generator, squared: bool = False) -> None:
    """Rulings a digit and a half apart or more, drawn into the paper."""
    step, thick = int(height * rng.uniform(0.9 if squared else 1.5, 2.5)), max(1, height // 40)
    fade = rng.uniform(0.7, 0.93)
    for at in range(int(rng.integers(step)), paper.shape[0], step):
        paper[at : at + thick] *= fade
    if squared:
        for at in range(int(rng.integers(step)), paper.shape[1], step):
            paper[:, at : at + thick] *= fade


def _eight_bit(image: NDArray) -> NDArray[np.uint8]:
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def _through_jpeg(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 96))]
    _, file = cv2.imencode(".jpg", image, quality)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_UNCHANGED), np.uint8)
