"""Distractor images without writing: shaded and patterned shapes on any background."""

import cv2
import numpy as np

from inkling.synthesis import camera
from inkling.synthesis.fields import FloatImage
from inkling.synthesis.negatives import silhouette
from inkling.synthesis.paper import fibres
from inkling.synthesis.render import noise_field
from inkling.synthesis.scene import Scene


def fill_pattern(shape: tuple[int, int], rng: np.random.Generator) -> FloatImage:
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


def draw_outline(shape: tuple[int, int], rng: np.random.Generator) -> FloatImage:
    """A silhouette (h, w) float32, 0 or 1 with soft edges, somewhere in the image."""
    h, w = shape
    edge = silhouette(rng).edge
    size = rng.uniform(0.4, 1.3) * max(h, w) / edge.shape[0]
    turn = cv2.getRotationMatrix2D(
        (edge.shape[1] / 2, edge.shape[0] / 2), rng.uniform(-40, 40), size
    )
    turn[:, 2] += rng.uniform(0.25, 0.75, 2) * (w, h) - np.array(edge.shape[::-1]) / 2
    moved = cv2.warpAffine(
        edge, turn, (w, h), borderMode=cv2.BORDER_CONSTANT, borderValue=-1
    )  # fmt: skip
    return (moved * 64 * size + 0.5).clip(0, 1).astype(np.float32)


def compose_distractors(rng: np.random.Generator) -> Scene:
    """An image of one to five shapes and no writing."""
    small = rng.random() < 0.5
    h, w = (int(v) for v in (rng.uniform(40, 64, 2) if small else rng.uniform(50, 180, 2)))
    plain = rng.random() < 0.4  # cut out, as in a catalogue
    image = np.full((h, w), rng.choice([0.0, 1.0])) if plain else fill_pattern((h, w), rng)
    image = image.astype(np.float32)
    for _ in range(int(rng.integers(1, 3 if plain else 6))):
        mask = draw_outline((h, w), rng)
        image = image * (1 - mask) + fill_pattern((h, w), rng).clip(0.05, 0.95) * mask
    if rng.random() < 0.5:
        image = camera.blur(image, 20, rng)
    image = camera.add_noise(camera.expose(image, rng), rng) if not plain else image
    if small:
        side = int(rng.choice([28, 28, 32, 40]))
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    pixels = camera.quantise(image)
    seen = camera.compress(pixels, rng) if rng.random() < 0.3 else pixels
    return Scene(seen, (), np.zeros(pixels.shape[:2], np.float32))
