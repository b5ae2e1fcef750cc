"""Draws the content of the cells of a form."""

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.reading.tables.cell_network import BLANK, SEVERAL
from inkling.synthesis import negatives
from inkling.synthesis.fields import FloatImage, Glyph
from inkling.synthesis.fonts import Face
from inkling.synthesis.glyphs import GlyphSource, trace_letter
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.page_parts import Hand, sample_digit
from inkling.synthesis.render import Pen, Placement, draw_glyph, sample_placement
from inkling.synthesis.rows import glyph_width, sample_mark

Rng = np.random.Generator


@dataclass(frozen=True)
class CellStyle:
    """What the cells of a form have in common. Sizes are fractions of a cell's height."""

    hand: Hand
    face: Face  # of its print
    print_size: float
    hand_size: float
    stray: float  # deviation of positions


def draw_cell(
    layer: FloatImage,
    kind: str,
    box: tuple[float, float, float, float],
    style: CellStyle,
    source: GlyphSource,
    rng: Rng,
) -> int:
    """Draws one cell; returns its label."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wide, high = box[2] - box[0], box[3] - box[1]
    unit = min(high, wide * 1.25)
    x += float(rng.normal(0, style.stray)) * min(wide, high)
    y += float(rng.normal(0, style.stray)) * high
    if kind == "blank":
        if rng.random() < 0.25:  # what shows through, or is left of something rubbed out
            faint = np.zeros_like(layer)
            glyph = source.letter() if rng.random() < 0.7 else source.digit()
            _write(faint, glyph, x, y, unit * float(rng.uniform(0.4, 0.9)), style.hand, rng)
            faint = cv2.GaussianBlur(faint, (0, 0), float(rng.uniform(1, 3)))
            np.maximum(layer, faint * np.float32(rng.uniform(0.03, 0.13)), out=layer)
        if rng.random() < 0.15:
            _dot(layer, box, rng)
        return BLANK
    if kind == "print":
        label = int(rng.integers(10))
        glyph = trace_letter(style.face, str(label), label)
        if glyph is not None:
            place = Placement(x, y, unit * style.print_size, 0, 0, 1, 0)
            draw_glyph(layer, glyph, place, Pen(None, float(rng.normal(0, 0.012))), rng)
            return label
    if kind in ("hand", "print"):
        glyph = sample_digit(source, style.hand, rng)
        size = unit * style.hand_size * float(np.exp(rng.normal(0, style.hand.spread)))
        _write(layer, glyph, x, y, size, style.hand, rng)
        return glyph.label
    if kind == "several":
        return _several(layer, (x, y), (wide, high), style, source, rng)
    return _none(layer, (x, y), unit, style, source, rng)


def _several(
    layer: FloatImage,
    middle: tuple[float, float],
    size: tuple[float, float],
    style: CellStyle,
    source: GlyphSource,
    rng: Rng,
) -> int:
    count = int(rng.choice([2, 2, 2, 3, 4]))
    glyphs = [sample_digit(source, style.hand, rng) for _ in range(count)]
    widths = [max(glyph_width(glyph), 0.15) + float(rng.uniform(0.03, 0.3)) for glyph in glyphs]
    unit = min(0.8 * size[1], 0.85 * size[0] / sum(widths)) * float(rng.uniform(0.75, 1))
    x = middle[0] - unit * sum(widths) / 2
    for glyph, width in zip(glyphs, widths, strict=True):
        _write(layer, glyph, x + unit * width / 2, middle[1], unit, style.hand, rng)
        x += unit * width
    return SEVERAL


def _none(
    layer: FloatImage,
    middle: tuple[float, float],
    unit: float,
    style: CellStyle,
    source: GlyphSource,
    rng: Rng,
) -> int:
    u = rng.random()
    size = unit * float(rng.uniform(0.35, 0.85))
    if u < 0.15:
        mark = sample_mark(rng)
        _write(layer, mark.glyph, *middle, unit * 0.6 * mark.size, style.hand, rng)
        return NONE_LABEL
    if u < 0.7:
        glyph = source.letter()
    elif u < 0.8:
        glyph = source.turned()
    else:
        glyph = negatives.scribble(rng) if u < 0.9 else negatives.doodle(rng)
    _write(layer, glyph, *middle, size, style.hand, rng)
    return NONE_LABEL


def _write(
    layer: FloatImage, glyph: Glyph, x: float, y: float, size: float, hand: Hand, rng: Rng
) -> None:
    place = sample_placement(glyph, x, y, size, rng, float(rng.normal(0, 0.04)), hand.slant)
    draw_glyph(layer, glyph, place, hand.pen, rng)


def _dot(layer: FloatImage, box: tuple[float, float, float, float], rng: Rng) -> None:
    """A speck of dirt somewhere in a cell."""
    x, y = (float(rng.uniform(a, b)) for a, b in ((box[0], box[2]), (box[1], box[3])))
    spot = np.zeros(layer.shape, np.uint8)
    axes = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    cv2.ellipse(spot, (round(x), round(y)), axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    np.maximum(layer, spot * np.float32(rng.uniform(0.2, 0.9) / 255), out=layer)
