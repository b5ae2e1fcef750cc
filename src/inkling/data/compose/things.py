"""Photographs of things: shapes with shading and pattern on any ground, and no digit in them."""

import cv2
import numpy as np

from inkling.data.compose import camera
from inkling.data.compose.fields import Map
from inkling.data.compose.hand import noise_field
from inkling.data.compose.negatives import thing
from inkling.data.compose.paper import fibres
from inkling.data.compose.scene import Scene


def fill_pattern(shape: tuple[int, int], rng: np.random.Generator) -> Map:
    """A surface (h, w) float32, about 0 to 1: plain, cloudy, woven, striped, chequered, grainy."""
    h, w = shape
    kind = rng.integers(6)
    shade, contrast = rng.uniform(0, 1), rng.uniform(0.05, 0.5)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    if kind == 0:
        field = (rng.normal() * x / w + rng.normal() * y / h).astype(np.float32)
    elif kind == 1:
        field = noise_field(shape, int(rng.integers(2, 12)), rng)
    elif kind == 2:
        texture = fibres()[rng.integers(8)]
        field = cv2.resize(texture[: max(h, 8), : max(w, 8)], (w, h)) * 0.5
    elif kind in {3, 4}:
        step, angle = rng.uniform(3, 0.4 * max(h, w) + 4), rng.uniform(0, np.pi)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / step))
        cross = np.sin((x * np.sin(angle) - y * np.cos(angle)) * (2 * np.pi / step))
        field = np.sign(wave) if kind == 3 else np.sign(wave * cross)
    else:
        field = rng.standard_normal(shape, np.float32)
    return (shade + contrast * field).astype(np.float32)


def draw_outline(shape: tuple[int, int], rng: np.random.Generator) -> Map:
    """A silhouette (h, w) float32, 0 or 1 with soft edges, somewhere in the picture."""
    h, w = shape
    edge = thing(rng).edge
    size = rng.uniform(0.4, 1.3) * max(h, w) / edge.shape[0]
    turn = cv2.getRotationMatrix2D(
        (edge.shape[1] / 2, edge.shape[0] / 2), rng.uniform(-40, 40), size
    )
    turn[:, 2] += rng.uniform(0.25, 0.75, 2) * (w, h) - np.array(edge.shape[::-1]) / 2
    moved = cv2.warpAffine(
        edge, turn, (w, h), borderMode=cv2.BORDER_CONSTANT, borderValue=-1
    )  # fmt: skip
    return (moved * 64 * size + 0.5).clip(0, 1).astype(np.float32)


def photograph(rng: np.random.Generator) -> Scene:
    """A picture of one to five things, in which nothing is written."""
    small = rng.random() < 0.5
    h, w = (int(v) for v in (rng.uniform(40, 64, 2) if small else rng.uniform(50, 180, 2)))
    plain = rng.random() < 0.4  # cut out, as in a catalogue
    picture = np.full((h, w), rng.choice([0.0, 1.0])) if plain else fill_pattern((h, w), rng)
    picture = picture.astype(np.float32)
    for _ in range(int(rng.integers(1, 3 if plain else 6))):
        mask = draw_outline((h, w), rng)
        picture = picture * (1 - mask) + fill_pattern((h, w), rng).clip(0.05, 0.95) * mask
    if rng.random() < 0.5:
        picture = camera.blur(picture, 20, rng)
    picture = camera.add_noise(camera.expose(picture, rng), rng) if not plain else picture
    if small:
        side = int(rng.choice([28, 28, 32, 40]))
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    pixels = camera.quantise(picture)
    seen = camera.compress(pixels, rng) if rng.random() < 0.3 else pixels
    return Scene(seen, (), np.zeros(pixels.shape[:2], np.float32))
