"""One whole picture: what is written, on what, under which light, through which camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.compose import camera, paper
from inkling.data.compose.fields import Glyph, Map
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.hand import Pen, Placement, pick_lean, pick_pen, pick_placement, stamp
from inkling.data.compose.negatives import NONE
from inkling.data.compose.strokes import glyph_of_lines


@dataclass(frozen=True)
class Truth:
    """The box of one glyph's ink, x0, y0, x1, y1 in pixels, and what it is: 0..9, or 10."""

    label: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture, (H, W) grey or (H, W, 3) RGB uint8, and what is truly written in it."""

    pixels: NDArray[np.uint8]
    truths: tuple[Truth, ...]


@dataclass
class _Sheet:
    """A picture in the making: ink and lines as layers (H, W), 0 bare to 1 full."""

    ink: Map
    lines: Map
    truths: list[Truth]
    unit: float


@dataclass(frozen=True)
class _Look:
    """What a scene is: on screen or paper, how tall its digits, how many, what surrounds them."""

    screen: bool
    thumb: bool
    ground: str  # plain, ruled, frame, cheque
    unit: float  # pixels of a digit's height


def _pick_look(rng: np.random.Generator) -> _Look:
    thumb = bool(rng.random() < 0.25)
    screen = bool(rng.random() < 0.3)
    if thumb:
        unit = rng.uniform(30, 56)
    elif rng.random() < 0.9:
        unit = np.exp(rng.uniform(np.log(20), np.log(85)))
    else:
        unit = np.exp(rng.uniform(np.log(85), np.log(200)))
    ground = "plain"
    if not screen:
        ground = str(rng.choice(["plain", "ruled", "frame", "cheque"], p=[0.4, 0.27, 0.25, 0.08]))
    elif rng.random() < 0.1:
        ground = "frame"
    return _Look(screen, thumb, ground, float(unit))


def _width(glyph: Glyph) -> float:
    """How wide a glyph's ink is, in units."""
    columns = np.nonzero((glyph.spine < 0.03).any(0))[0]
    return float(columns[-1] - columns[0] + 6) / 64 if len(columns) else 0.3


def _mark(rng: np.random.Generator) -> tuple[Glyph, float, float]:
    """A dot, comma or dash, with its size and its height over the line's middle, in units."""
    kind = rng.integers(3)
    ends = ([(0, 0), (0.05, 0.05)], [(0.3, 0), (0, 1)], [(0, 0), (1, rng.normal(0, 0.1))])[kind]
    glyph = glyph_of_lines([np.array(ends, np.float32)], NONE, (0.9, 0.3, 0.2)[kind])
    size = (rng.uniform(0.08, 0.16), rng.uniform(0.2, 0.38), rng.uniform(0.3, 0.6))[kind]
    return glyph, size, (0.42, 0.5, rng.uniform(-0.1, 0.2))[kind]


def _new_sheet(width: float, height: float, unit: float) -> _Sheet:
    shape = (max(12, round(height)), max(12, round(width)))
    return _Sheet(np.zeros(shape, np.float32), np.zeros(shape, np.float32), [], unit)


def _write(
    sheet: _Sheet, glyph: Glyph, place: Placement, pen: Pen, rng: np.random.Generator
) -> None:
    box = stamp(sheet.ink, glyph, place, pen, rng)
    if box is not None:
        sheet.truths.append(Truth(glyph.label, box))


def _margins(look: _Look, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ground left, above, right and below, in pixels."""
    wide = rng.uniform(0.1, rng.choice([0.25, 0.6, 1.4]))
    return np.maximum(look.unit * wide * rng.uniform(0.6, 1.4, 4), 2.0)


def _write_row(
    source: GlyphSource, look: _Look, count: int, share: float, rng: np.random.Generator
) -> _Sheet:
    """`count` glyphs in a row, a `share` of them no digits, on a sheet that holds them."""
    unit, tight = look.unit, float(rng.uniform(0.0, 0.5))
    if look.ground == "cheque" or rng.random() < 0.15:
        tight = float(rng.uniform(-0.12, 0.12))
    tilt = float(rng.normal(0, 0.07)) if rng.random() < 0.85 else float(rng.uniform(-0.3, 0.3))
    glyphs: list[tuple[Glyph, float, float]] = []
    for k in range(count):
        glyph = source.negative() if rng.random() < share else source.digit()
        size = unit * float(np.exp(rng.normal(0, 0.1))) if count > 1 else unit
        glyphs.append((glyph, size, rng.normal(0, 0.04) * unit if k else 0.0))
        if count > 2 and k < count - 1 and rng.random() < 0.1:
            mark, small, drop = _mark(rng)
            glyphs.append((mark, small * unit, drop * unit))
    margins = _margins(look, rng)
    steps = [max(_width(g), 0.12) * s + tight * unit for g, s, _ in glyphs]
    sheet = _new_sheet(
        sum(steps) + margins[0] + margins[2], unit * 1.08 + margins[1] + margins[3], unit
    )
    pen, lean, x = pick_pen(rng), pick_lean(rng), margins[0]
    middle = margins[1] + unit * 0.54
    for (glyph, size, drop), step in zip(glyphs, steps, strict=True):
        place = pick_placement(
            glyph, x + (step - tight * unit) / 2, middle + drop, size, rng, tilt, lean
        )
        _write(sheet, glyph, place, pen, rng)
        x += step
    return sheet


def _add_neighbours(sheet: _Sheet, source: GlyphSource, rng: np.random.Generator) -> None:
    """Ink that reaches in over the picture's borders; less than half of each is to be seen."""
    h, w = sheet.ink.shape
    pen = pick_pen(rng)
    for _ in range(int(rng.integers(1, 3))):
        glyph = source.digit()
        out = sheet.unit * rng.uniform(0.12, 0.42)
        where = (
            (-out, rng.uniform(0, h)),
            (w + out, rng.uniform(0, h)),
            (rng.uniform(0, w), -out),
            (rng.uniform(0, w), h + out),
        )
        x, y = where[rng.integers(4)]
        box = stamp(sheet.ink, glyph, pick_placement(glyph, x, y, sheet.unit, rng), pen, rng)
        if box is not None:
            # What is left of a 1 is a shorter 1: not to be learnt either way.
            sheet.truths.append(Truth(-1 if glyph.label == 1 else NONE, box))


def _draw_ground(sheet: _Sheet, look: _Look, rng: np.random.Generator) -> _Sheet:
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
            return _cut(
                sheet,
                low - unit * rng.uniform(-0.03, 0.12, 2),
                high + unit * rng.uniform(-0.03, 0.12, 2),
            )
    return sheet


def _cut(sheet: _Sheet, low: NDArray[np.float64], high: NDArray[np.float64]) -> _Sheet:
    """The part of a sheet between two corners, as a cell cut from a form."""
    h, w = sheet.ink.shape
    x0, y0 = (int(v) for v in np.maximum(low, 0))
    x1, y1 = int(min(high[0], w)), int(min(high[1], h))
    if x1 - x0 < 12 or y1 - y0 < 12:
        return sheet
    truths = []
    for truth in sheet.truths:
        a, b, c, d = truth.box
        box = (max(a - x0, 0), max(b - y0, 0), min(c - x0, x1 - x0), min(d - y0, y1 - y0))
        if box[2] > box[0] and box[3] > box[1]:
            kept = (box[2] - box[0]) * (box[3] - box[1]) / ((c - a) * (d - b))
            truths.append(Truth(truth.label if kept > 0.8 else -1, box))
    return _Sheet(
        np.ascontiguousarray(sheet.ink[y0:y1, x0:x1]),
        np.ascontiguousarray(sheet.lines[y0:y1, x0:x1]), truths, sheet.unit,
    )  # fmt: skip


def _paint(sheet: _Sheet, look: _Look, rng: np.random.Generator) -> Map:
    """Layers -> a picture (H, W) or (H, W, 3) float32, 0 black to 1 white."""
    shape = sheet.ink.shape
    coloured = rng.random() < 0.3
    channels = 3 if coloured else 1
    if look.screen:
        bare = np.full(shape, 1.0 if rng.random() < 0.7 else rng.uniform(0.7, 1), np.float32)
        dark = 0.0 if rng.random() < 0.6 else rng.uniform(0, 0.4)
        opaque = 1.0
    else:
        bare = paper.lay_paper(shape, rng)
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
    look = _pick_look(rng)
    luck = rng.random()
    count = 1
    if luck < 0.05:
        count = 0
    elif luck > 0.62 or look.ground == "cheque":
        count = int(rng.integers(2, 4 if look.thumb else 8))
    if count:
        sheet = _write_row(source, look, count, share, rng)
    else:
        sheet = _new_sheet(
            look.unit * rng.uniform(1, 2.5), look.unit * rng.uniform(1, 2.5), look.unit
        )
    if rng.random() < 0.2 and not look.screen:
        _add_neighbours(sheet, source, rng)
    sheet = _draw_ground(sheet, look, rng)
    if rng.random() < 0.12 and not look.screen:
        paper.drop_specks(sheet.lines, look.unit, rng)
    picture, truths = _paint(sheet, look, rng), sheet.truths
    if not look.screen:
        picture = paper.light_paper(picture, rng)
        if rng.random() < 0.5:
            picture = camera.blur(picture, look.unit, rng)
        picture = camera.expose(picture, rng)
    if look.thumb:
        picture, truths = _shrink(
            picture, truths, float(rng.choice([16, 20, 24, 28, 28, 28, 32, 40, 48])) * max(1, count)
        )
    if not look.screen and rng.random() < 0.7:
        picture = camera.add_noise(picture, rng)
    pixels = camera.quantise(picture)
    if rng.random() < (0.45 if look.screen else 0.06):
        pixels = 255 - pixels
    if rng.random() < (0.15 if look.screen else 0.35):
        pixels = camera.compress(pixels, rng)
    return Scene(np.ascontiguousarray(pixels), tuple(truths))
