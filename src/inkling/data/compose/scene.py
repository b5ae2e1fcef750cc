"""One whole picture: what is written, on what, under which light, through which camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.compose import camera, paper
from inkling.data.compose.desk import lay_on_desk, lay_sheet
from inkling.data.compose.fields import Map
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.sheet import (
    Look,
    Sheet,
    Truth,
    cut_sheet,
    new_sheet,
    pick_look,
    widen_sheet,
)
from inkling.data.compose.writing import add_neighbours, write_row

EDGE, AROUND = 0.08, 0.18  # of photos: the desk beyond one edge of the sheet, and around it
LONGEST = 640  # pixels; no sheet on a desk is made wider or taller


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture, (H, W) grey or (H, W, 3) RGB uint8, and what is truly written in it.

    `ink` (H, W) float32, 0 bare to 1 inked, is all writing of any kind, without lines and specks.
    """

    pixels: NDArray[np.uint8]
    truths: tuple[Truth, ...]
    ink: Map


def _draw_ground(sheet: Sheet, look: Look, rng: np.random.Generator) -> Sheet:
    """Rules, frame, security print; a frame may also be where the picture is cut."""
    h, w = sheet.ink.shape
    unit = sheet.unit
    if look.ground == "ruled":
        paper.draw_ruling(sheet.lines, unit, (w / 2, h / 2), rng)
    elif look.ground == "cheque":
        paper.draw_guilloche(sheet.lines, rng)
        sheet.lines *= np.float32(rng.uniform(0.2, 0.6))
    elif look.ground == "frame":
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


def _paint(sheet: Sheet, look: Look, rng: np.random.Generator) -> Map:
    """Layers -> a picture (H, W) or (H, W, 3) float32, 0 black to 1 white."""
    shape = sheet.ink.shape
    coloured = rng.random() < 0.3
    channels = 3 if coloured else 1
    if look.screen:
        bare = np.full(shape, 1.0 if rng.random() < 0.7 else rng.uniform(0.7, 1), np.float32)
        dark = 0.0 if rng.random() < 0.6 else rng.uniform(0, 0.4)
        opaque = 1.0
    else:
        bare = paper.lay_paper(shape, look.unit, rng)
        dark, opaque = rng.uniform(0.0, 0.45), rng.uniform(0.6, 1.0)
    bare = np.repeat(bare[..., None], channels, 2).astype(np.float32)
    ink = np.full(channels, dark, np.float32)
    rule = np.full(channels, rng.uniform(0.1, 0.75), np.float32)
    if coloured:
        bare *= (1 - rng.uniform(0, 0.2, 3) * (rng.random() < 0.6)).astype(np.float32)
        ink = (ink + rng.uniform(0, 0.55, 3) * (rng.random() < 0.7)).clip(0, 0.8).astype(np.float32)
        rule = (rule + rng.uniform(-0.2, 0.3, 3)).clip(0, 0.9).astype(np.float32)
    if look.ground == "frame":
        rule *= np.float32(rng.uniform(0.2, 1))
    lines, marks = sheet.lines[..., None], sheet.ink[..., None] * np.float32(opaque)
    picture = bare * (1 - lines) + np.minimum(bare, rule) * lines
    picture = picture * (1 - marks) + np.minimum(ink, bare) * marks
    return picture if coloured else np.ascontiguousarray(picture[..., 0])


def _photograph(
    picture: Map,
    ink: Map,
    truths: list[Truth],
    look: Look,
    around: bool,
    rng: np.random.Generator,
) -> tuple[Map, Map, list[Truth]]:
    """The sheet where it lies, in its light, through a lens; its ink and its truths with it."""
    if around:
        picture, ink, truths = lay_sheet(picture, ink, truths, rng)
    elif rng.random() < EDGE:
        picture = lay_on_desk(picture, ink, rng)
    picture = paper.light_paper(picture, rng)
    if rng.random() < 0.5:
        picture = camera.blur(picture, look.unit, rng)
    return camera.expose(picture, rng), ink, truths


def _shrink(picture: Map, truths: list[Truth], side: float) -> tuple[Map, list[Truth]]:
    """The picture with its longer side `side` pixels, and its truths with it."""
    h, w = picture.shape[:2]
    size = max(8, round(w * side / max(h, w))), max(8, round(h * side / max(h, w)))
    across, down = size[0] / w, size[1] / h
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small, [
        Truth(t.label, (t.box[0] * across, t.box[1] * down, t.box[2] * across, t.box[3] * down))
        for t in truths
    ]


def compose(source: GlyphSource, rng: np.random.Generator, share: float = 0.22) -> Scene:
    """One picture; `share` of what is written in it, over many pictures, is no digit."""
    look = pick_look(rng)
    luck = rng.random()
    count = 1
    if luck < 0.1:
        count = 0
    elif luck > 0.62 or look.ground == "cheque":
        count = int(rng.integers(2, 4 if look.thumb else 8))
    return compose_row(source, look, count, rng, share)


def compose_row(
    source: GlyphSource, look: Look, count: int, rng: np.random.Generator, share: float
) -> Scene:
    """One picture with `count` digits and others in a row, none to many, of a given look."""
    if count:
        sheet = write_row(source, look, count, share, rng)
    else:
        sheet = new_sheet(
            look.unit * rng.uniform(1, 2.5), look.unit * rng.uniform(1, 2.5), look.unit
        )
    around = not (look.screen or look.thumb) and rng.random() < AROUND
    if around and rng.random() < 0.6:
        room = np.clip(LONGEST - np.array(sheet.ink.shape[::-1]), 0, 3 * look.unit)
        sheet = widen_sheet(sheet, np.tile(room, 2) * rng.uniform(0, 0.8, 4))
    if rng.random() < 0.2 and not look.screen:
        add_neighbours(sheet, source, rng)
    sheet = _draw_ground(sheet, look, rng)
    if rng.random() < 0.12 and not look.screen:
        paper.drop_specks(sheet.lines, look.unit, rng)
    picture, truths, ink = _paint(sheet, look, rng), sheet.truths, sheet.ink
    if not look.screen:
        picture, ink, truths = _photograph(picture, ink, truths, look, around, rng)
    if look.thumb:
        side = float(rng.choice([16, 20, 24, 28, 28, 28, 32, 40, 48])) * max(1, count)
        picture, truths = _shrink(picture, truths, side)
        ink = cv2.resize(ink, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    if not look.screen and rng.random() < 0.7:
        picture = camera.add_noise(picture, rng)
    pixels = camera.quantise(picture)
    if rng.random() < (0.45 if look.screen else 0.06):
        pixels = 255 - pixels
    if rng.random() < (0.15 if look.screen else 0.35):
        pixels = camera.compress(pixels, rng)
    return Scene(np.ascontiguousarray(pixels), tuple(truths), ink)
