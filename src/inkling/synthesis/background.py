"""The surface under a sheet of paper, visible beyond one edge or on all sides."""

import cv2
import numpy as np

from inkling.synthesis.fields import FloatImage
from inkling.synthesis.paper import Layer, clouds, fibres
from inkling.synthesis.sheet import Truth

MAX_PIXELS = 360_000  # pixels of an image with a visible background; larger images are shrunk


def add_background_edge(image: FloatImage, ink: Layer, rng: np.random.Generator) -> FloatImage:
    """The image (H, W[, 3]) with the background visible beyond one edge of the sheet.

    The edge never crosses the writing in `ink`. Without room for an edge, the image is unchanged.
    """
    h, w = ink.shape
    angle = rng.choice(4) * np.pi / 2 + rng.normal(0, 0.06)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    away = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
    written = away[ink > 0.1]
    low = float(written.max()) if written.size else float(away.mean())
    room = float(away.max()) - low
    if room < 4:
        return image
    edge = low + room * float(rng.uniform(0.15, 0.95))
    covered = (away - edge).clip(0, 1)
    return _over(image, _make_background(image.shape, rng), 1 - covered)


def place_on_background(
    image: FloatImage, ink: Layer, truths: list[Truth], rng: np.random.Generator
) -> tuple[FloatImage, Layer, list[Truth]]:
    """The whole sheet in perspective, with the background visible on some or all sides.

    Returns the larger image (H, W[, 3]), its ink (H, W) and its ground truth, transformed alike.
    """
    h, w = ink.shape
    sides = rng.uniform(0.04, 0.7, 4) * (rng.random(4) < 0.75)  # left, top, right, bottom
    scale = min(
        1.0, (MAX_PIXELS / ((1 + sides[0] + sides[2]) * (1 + sides[1] + sides[3]) * h * w)) ** 0.5
    )
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    askew = rng.uniform(-0.07, 0.07, (4, 2)) * min(h, w)
    angle = rng.normal(0, 0.06)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([w / 2, h / 2])
    moved = ((corners - middle) @ turn.T + middle + askew + sides[:2] * (w, h)) * scale
    view = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    size = (
        max(16, round(w * (1 + sides[0] + sides[2]) * scale)),
        max(16, round(h * (1 + sides[1] + sides[3]) * scale)),
    )
    sheet = cv2.warpPerspective(image, view, size, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones((h, w), np.float32), view, size)
    seen = np.asarray(cv2.warpPerspective(ink, view, size), np.float32)
    background = _make_background(sheet.shape, rng)
    if rng.random() < 0.5:  # the sheet's own shadow on the background
        reach = float(rng.uniform(0.004, 0.03) * max(size))
        fall = cv2.GaussianBlur(
            np.roll(cover, round(reach), (0, 1)[int(rng.integers(2))]), (0, 0), reach
        )
        dark = 1 - float(rng.uniform(0.2, 0.7)) * fall
        background *= dark if background.ndim == 2 else dark[..., None]
    boxes = [_move_box(truth, view, size) for truth in truths]
    return _over(np.asarray(sheet, np.float32), background, cover), seen, boxes


def _move_box(truth: Truth, view: np.ndarray, size: tuple[int, int]) -> Truth:
    """A truth in the transformed image. Label -1 (ignored) where the image's edge cuts it."""
    x0, y0, x1, y1 = truth.box
    corners = np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float32)
    points = cv2.perspectiveTransform(corners, view)[0]
    low, high = points.min(axis=0), points.max(axis=0)
    inside = np.clip(high, 0, size) - np.clip(low, 0, size)
    visible = float(inside.prod() / max((high - low).prod(), 1e-6))
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return truth.seen_at(box, visible > 0.9)


def _make_background(shape: tuple[int, ...], rng: np.random.Generator) -> FloatImage:
    """A surface (H, W[, 3]) of any shade, half the time coloured, sometimes with wood grain."""
    h, w = shape[:2]
    shade = rng.uniform(0.02, 0.95)
    texture = fibres()[rng.integers(8)]
    tiled = np.tile(texture, (h // 512 + 1, w // 512 + 1))[:h, :w]
    if rng.random() < 0.3:
        along, across = int(rng.integers(8, 40)), int(rng.integers(1, 4))
        grain = texture[: h // across + 2, : w // along + 2]
        tiled = cv2.resize(grain, (w, h), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        tiled = clouds((h, w), max(h, w) / 3, rng)
    tiled = (tiled * np.float32(rng.uniform(0, 0.06))).astype(np.float32)
    if len(shape) == 2:
        return tiled + np.float32(shade)
    colour = shade * (1 + 0.15 * rng.standard_normal(3))
    if rng.random() < 0.5:
        colour = rng.uniform(0.02, 0.9, 3)
    return tiled[..., None] + colour.astype(np.float32)


def _over(sheet: FloatImage, background: FloatImage, cover: Layer) -> FloatImage:
    """The sheet (H, W[, 3]) composited over the background."""
    cover = cover if sheet.ndim == 2 else cover[..., None]
    return (sheet * cover + background * (1 - cover)).astype(np.float32)
