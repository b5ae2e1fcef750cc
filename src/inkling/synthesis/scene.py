"""Renders one whole image: writing, paper, background, light and camera."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis import camera, paper
from inkling.synthesis.background import add_background_edge, place_on_background
from inkling.synthesis.fields import FloatImage
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.pages import draw_page
from inkling.synthesis.rows import add_neighbours, write_row
from inkling.synthesis.sheet import (
    SceneSpec,
    Sheet,
    Truth,
    cut_sheet,
    new_sheet,
    sample_spec,
    widen_sheet,
)

BACKGROUND_EDGE_PROB, BACKGROUND_PROB = (
    0.08,
    0.18,
)  # of photos: the desk beyond one edge of the sheet, and around it
MAX_SIDE = 640  # pixels; a sheet on a background is not widened beyond this


@dataclass(frozen=True, eq=False)
class Scene:
    """An image, (H, W) grey or (H, W, 3) RGB uint8, and its ground truth.

    `ink` (H, W) float32, 0 blank to 1 inked, is all writing, without rulings and specks.
    """

    pixels: NDArray[np.uint8]
    truths: tuple[Truth, ...]
    ink: FloatImage


def _draw_surface(sheet: Sheet, spec: SceneSpec, rng: np.random.Generator) -> Sheet:
    """Adds rulings, a frame or security print. A frame may also crop the image."""
    h, w = sheet.ink.shape
    unit = sheet.unit
    if spec.surface == "ruled":
        paper.draw_ruling(sheet.lines, unit, (w / 2, h / 2), rng)
    elif spec.surface == "cheque":
        paper.draw_guilloche(sheet.lines, rng)
        sheet.lines *= np.float32(rng.uniform(0.2, 0.6))
    elif spec.surface == "frame":
        close = [t.box for t in sheet.truths if t.label >= 0] or [
            (w * 0.3, h * 0.3, w * 0.7, h * 0.7)
        ]
        boxes = np.array(close)
        gap = unit * rng.uniform(-0.04, rng.choice([0.15, 0.5, 0.9]), 4)
        low, high = boxes[:, :2].min(0) - gap[:2], boxes[:, 2:].max(0) + gap[2:]
        paper.draw_frame(sheet.lines, (*low, *high), unit, rng)
        if rng.random() < 0.5:
            return cut_sheet(
                sheet,
                low - unit * rng.uniform(-0.03, 0.12, 2),
                high + unit * rng.uniform(-0.03, 0.12, 2),
            )
    return sheet


def _paint(sheet: Sheet, spec: SceneSpec, rng: np.random.Generator) -> FloatImage:
    """Layers -> an image (H, W) or (H, W, 3) float32, 0 black to 1 white."""
    shape = sheet.ink.shape
    coloured = rng.random() < 0.3
    channels = 3 if coloured else 1
    if spec.screen:
        bare = np.full(shape, 1.0 if rng.random() < 0.7 else rng.uniform(0.7, 1), np.float32)
        dark = 0.0 if rng.random() < 0.6 else rng.uniform(0, 0.4)
        opaque = 1.0
    else:
        bare = paper.lay_paper(shape, spec.unit, rng)
        dark, opaque = rng.uniform(0.0, 0.45), rng.uniform(0.6, 1.0)
    bare = np.repeat(bare[..., None], channels, 2).astype(np.float32)
    ink = np.full(channels, dark, np.float32)
    rule = np.full(channels, rng.uniform(0.1, 0.75), np.float32)
    if coloured:
        bare *= (1 - rng.uniform(0, 0.2, 3) * (rng.random() < 0.6)).astype(np.float32)
        ink = (ink + rng.uniform(0, 0.55, 3) * (rng.random() < 0.7)).clip(0, 0.8).astype(np.float32)
        rule = (rule + rng.uniform(-0.2, 0.3, 3)).clip(0, 0.9).astype(np.float32)
    if spec.surface == "frame":
        rule *= np.float32(rng.uniform(0.2, 1))
    lines, marks = sheet.lines[..., None], sheet.ink[..., None] * np.float32(opaque)
    image = bare * (1 - lines) + np.minimum(bare, rule) * lines
    image = image * (1 - marks) + np.minimum(ink, bare) * marks
    return image if coloured else np.ascontiguousarray(image[..., 0])


def _photograph(
    image: FloatImage,
    ink: FloatImage,
    truths: list[Truth],
    spec: SceneSpec,
    around: bool,
    rng: np.random.Generator,
) -> tuple[FloatImage, FloatImage, list[Truth]]:
    """The sheet on its background, lit and seen through a lens, with its ink and ground truth."""
    if around:
        image, ink, truths = place_on_background(image, ink, truths, rng)
    elif rng.random() < BACKGROUND_EDGE_PROB:
        image = add_background_edge(image, ink, rng)
    image = paper.light_paper(image, rng)
    if rng.random() < 0.5:
        image = camera.blur(image, spec.unit, rng)
    return camera.expose(image, rng), ink, truths


def _shrink(image: FloatImage, truths: list[Truth], side: float) -> tuple[FloatImage, list[Truth]]:
    """The image with its longer side `side` pixels, and its ground truth scaled alike."""
    h, w = image.shape[:2]
    size = max(8, round(w * side / max(h, w))), max(8, round(h * side / max(h, w)))
    across, down = size[0] / w, size[1] / h
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small, [
        replace(t, box=tuple((np.array(t.box) * (across, down, across, down)).tolist()))
        for t in truths
    ]


def compose(source: GlyphSource, rng: np.random.Generator, fraction: float = 0.22) -> Scene:
    """One image. On average, `fraction` of its glyphs are not digits."""
    spec = sample_spec(rng)
    u = rng.random()
    count = 1
    if u < 0.1:
        count = 0
    elif u > 0.62 or spec.surface == "cheque":
        count = int(rng.integers(2, 4 if spec.thumb else 8))
    return compose_row(source, spec, count, rng, fraction)


def compose_row(
    source: GlyphSource, spec: SceneSpec, count: int, rng: np.random.Generator, fraction: float
) -> Scene:
    """One image with a row of `count` glyphs (0 for none) as `spec` describes."""
    if count:
        sheet = write_row(source, spec, count, fraction, rng)
    else:
        sheet = new_sheet(
            spec.unit * rng.uniform(1, 2.5), spec.unit * rng.uniform(1, 2.5), spec.unit
        )
    return finish_scene(sheet, source, spec, count, rng)


def compose_page(source: GlyphSource, rng: np.random.Generator) -> Scene:
    """One image of a whole page, a field, a table, or a lone digit."""
    unit = float(np.exp(rng.uniform(np.log(22), np.log(60))))
    spec = replace(sample_spec(rng), thumb=False, surface="plain", unit=unit)
    return finish_scene(draw_page(source, unit, rng), source, spec, 1, rng)


def finish_scene(
    sheet: Sheet, source: GlyphSource, spec: SceneSpec, count: int, rng: np.random.Generator
) -> Scene:
    """Surface, paper, light and camera of a sheet with `count` glyphs."""
    around = not (spec.screen or spec.thumb) and rng.random() < BACKGROUND_PROB
    if around and rng.random() < 0.6:
        room = np.clip(MAX_SIDE - np.array(sheet.ink.shape[::-1]), 0, 3 * spec.unit)
        sheet = widen_sheet(sheet, np.tile(room, 2) * rng.uniform(0, 0.8, 4))
    if rng.random() < 0.2 and not spec.screen:
        add_neighbours(sheet, source, rng)
    sheet = _draw_surface(sheet, spec, rng)
    if rng.random() < 0.12 and not spec.screen:
        paper.drop_specks(sheet.lines, spec.unit, rng)
    image, truths, ink = _paint(sheet, spec, rng), sheet.truths, sheet.ink
    if not spec.screen:
        image, ink, truths = _photograph(image, ink, truths, spec, around, rng)
    if spec.thumb:
        side = float(rng.choice([16, 20, 24, 28, 28, 28, 32, 40, 48])) * max(1, count)
        image, truths = _shrink(image, truths, side)
        ink = cv2.resize(ink, image.shape[1::-1], interpolation=cv2.INTER_AREA)
    if not spec.screen and rng.random() < 0.7:
        image = camera.add_noise(image, rng)
    pixels = camera.quantise(image)
    if rng.random() < (0.45 if spec.screen else 0.06):
        pixels = 255 - pixels
    if rng.random() < (0.15 if spec.screen else 0.35):
        pixels = camera.compress(pixels, rng)
    return Scene(np.ascontiguousarray(pixels), tuple(truths), ink)
