"""Paper: fibres, rulings, frames, security print, and the light on it."""

from functools import lru_cache

import cv2
import numpy as np

from inkling.synthesis.fields import FloatImage
from inkling.synthesis.render import noise_field

Layer = FloatImage  # (H, W) float32, 0 bare to 1 fully inked


@lru_cache(maxsize=1)
def fibres() -> tuple[FloatImage, ...]:
    """Eight textures (512, 512) of mean 0 and deviation 1: fine grain, fibres, cloud, weave."""
    rng = np.random.default_rng(20)
    made = []
    for kind in range(8):
        field = rng.standard_normal((512, 512)).astype(np.float32)
        if kind % 4 == 1:
            field = cv2.blur(field, (9, 2)) + cv2.blur(field[::-1], (2, 9))
        elif kind % 4 == 2:
            field = cv2.GaussianBlur(field, (0, 0), 3) * 6 + field * 0.5
        elif kind % 4 == 3:
            rows = np.sin(np.arange(512, dtype=np.float32) * rng.uniform(0.8, 2.4))
            field = cv2.GaussianBlur(field, (0, 0), 1) + 0.4 * rows[:, None] + 0.3 * rows[None, :]
        made.append(((field - field.mean()) / field.std()).astype(np.float32))
    return tuple(made)


def lay_paper(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> FloatImage:
    """Blank paper (H, W) float32, 1 white, for digits `unit` pixels tall: a shade and a texture.

    A quarter is blotchy, like kraft paper, a wiped board or crumpled paper.
    """
    paper = np.full(shape, rng.uniform(0.62, 1.0), np.float32)
    texture = fibres()[rng.integers(8)]
    y, x = (int(rng.integers(0, max(1, 512 - s))) for s in shape)
    cut = texture[y : y + shape[0], x : x + shape[1]]
    if cut.shape == shape:
        paper += cut * float(rng.uniform(0, 0.025))
    if rng.random() < 0.25:
        paper += clouds(shape, unit, rng) * float(rng.uniform(0.005, 0.05))
    return paper


def clouds(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> FloatImage:
    """Smooth blotches (H, W) of deviation about 1, a fiftieth to a half of `unit` pixels wide."""
    wide = max(1.5, unit * float(np.exp(rng.uniform(np.log(0.02), np.log(0.5)))))
    cells = [int(side / wide) + 2 for side in shape]
    coarse = rng.standard_normal(cells).astype(np.float32)
    return 1.2 * cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def light_paper(image: FloatImage, rng: np.random.Generator) -> FloatImage:
    """The image (H, W[, 3]) under uneven light: slope, vignette, shadow's edge, fold."""
    h, w = image.shape[:2]
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :]
    field = np.ones((h, w), np.float32)
    if rng.random() < 0.6:
        field += rng.normal(0, 0.14) * x + rng.normal(0, 0.14) * y
    if rng.random() < 0.3:
        field -= float(rng.uniform(0, 0.22)) * (x * x + y * y)
    if rng.random() < 0.35:  # the shadow of a hand or a phone
        field *= 1 - float(rng.uniform(0.1, 0.6)) * _shadow(x, y, rng)
    if rng.random() < 0.1:  # a fold: a narrow ridge, light on one side
        angle, where = rng.uniform(0, 2 * np.pi), rng.uniform(-0.7, 0.7)
        away = (np.cos(angle) * x + np.sin(angle) * y - where) * rng.uniform(8, 25)
        field += float(rng.uniform(0.03, 0.12)) * np.sign(away) * np.exp(-np.abs(away))
    if rng.random() < 0.2:
        field += noise_field((h, w), 3, rng) * 0.06
    field = field.clip(0.25, 1.4)
    return image * (field if image.ndim == 2 else field[..., None])


def _shadow(x: FloatImage, y: FloatImage, rng: np.random.Generator) -> FloatImage:
    """Where a shadow falls, (H, W) 0 to 1, soft or hard at its edge: a half plane or a blob."""
    hard = float(np.exp(rng.uniform(np.log(3), np.log(80))))
    angle = rng.uniform(0, 2 * np.pi)
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    if rng.random() < 0.5:
        inside = along - rng.uniform(-0.7, 0.7)
    else:
        middle, size = rng.uniform(-1, 1, 2), rng.uniform(0.35, 1.3, 2)
        power = rng.choice([2, 2, 4])  # an ellipse, or a phone with round corners
        far = np.abs((along - middle[0]) / size[0]) ** power
        far += np.abs((across - middle[1]) / size[1]) ** power
        inside = (1 - far ** (1 / power)) * size.min()
    return (1 / (1 + np.exp(-(inside * hard).clip(-30, 30)))).astype(np.float32)


def _rule(layer: Layer, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
    """One line from `start` to `end` in pixels; widths under a pixel are paler instead."""
    sheet = np.zeros(layer.shape, np.uint8)
    points = [tuple(round(v * 16) for v in p) for p in (start, end)]
    cv2.line(sheet, points[0], points[1], 255, max(1, round(width)), cv2.LINE_AA, 4)
    np.maximum(layer, sheet * np.float32(min(1.0, width) / 255), out=layer)


def draw_ruling(
    layer: Layer, unit: float, middle: tuple[float, float], rng: np.random.Generator
) -> None:
    """Ruled or squared paper; `unit` is the height of what is written around `middle`."""
    h, w = layer.shape
    squared = rng.random() < 0.6
    step = unit * (rng.uniform(0.45, 2.2) if squared else rng.uniform(1.0, 2.4))
    step = max(step, 7.0)
    width = float(rng.uniform(0.5, max(0.8, 0.04 * unit)))
    tilt = rng.normal(0, 0.02)
    offset = rng.uniform(0, step)
    if not squared and rng.random() < 0.7:
        offset = (middle[1] + unit * rng.uniform(0.4, 0.62)) % step  # written on the line
    for y in np.arange(offset - step, h + step, step):
        _rule(layer, (-2, y - tilt * w / 2), (w + 2, y + tilt * w / 2), width)
    if squared:
        for x in np.arange(rng.uniform(-step, 0), w + step, step):
            _rule(layer, (x + tilt * h / 2, -2), (x - tilt * h / 2, h + 2), width)
    elif rng.random() < 0.15:
        x = rng.uniform(0, w)
        _rule(layer, (x, -2), (x - tilt * h, h + 2), width)


def draw_frame(
    layer: Layer, box: tuple[float, float, float, float], unit: float, rng: np.random.Generator
) -> None:
    """A table's cell around `box`: each side there or not, run on or stopped, straight or not."""
    x0, y0, x1, y1 = box
    h, w = layer.shape
    width = float(rng.uniform(0.8, max(1.2, 0.09 * unit)))
    sides = rng.random(4) < rng.choice([1.0, 0.6, 0.35])
    run = bool(rng.random() < 0.5)
    shake = lambda: rng.normal(0, 0.02 * unit)  # noqa: E731
    left, right = (-2, w + 2) if run else (x0, x1)
    top, bottom = (-2, h + 2) if run else (y0, y1)
    lines = (
        ((left, y0 + shake()), (right, y0 + shake())),
        ((left, y1 + shake()), (right, y1 + shake())),
        ((x0 + shake(), top), (x0 + shake(), bottom)),
        ((x1 + shake(), top), (x1 + shake(), bottom)),
    )
    for there, (start, end) in zip(sides, lines, strict=True):
        if there:
            _rule(layer, start, end, width)


def draw_guilloche(layer: Layer, rng: np.random.Generator) -> None:
    """The fine waves of security print on cheques."""
    h, w = layer.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    waves = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        kx, ky = rng.normal(0, 0.5, 2)
        bend = rng.uniform(0, 6) * np.sin(x * rng.uniform(0.01, 0.12) + y * rng.uniform(0, 0.1))
        waves = np.maximum(waves, np.cos(kx * x + ky * y + bend) ** int(rng.choice([1, 3, 7])))
    np.maximum(layer, waves.clip(0, 1) * np.float32(rng.uniform(0.2, 1)), out=layer)


def drop_specks(layer: Layer, unit: float, rng: np.random.Generator) -> None:
    """Dust, crumbs and small stains."""
    h, w = layer.shape
    for _ in range(int(rng.integers(1, 9))):
        centre = int(rng.integers(w)), int(rng.integers(h))
        radius = max(1, round(float(rng.uniform(0.005, 0.035)) * unit))
        spot = np.zeros((h, w), np.uint8)
        cv2.circle(spot, centre, radius, 255, -1, cv2.LINE_AA)
        np.maximum(layer, spot * np.float32(rng.uniform(0.2, 0.9) / 255), out=layer)
