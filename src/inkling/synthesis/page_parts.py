"""Parts of pages: a writer with habits, lines of glyphs, drawn and printed rulings."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import FloatImage, Glyph
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.render import (
    Pen,
    Placement,
    draw_glyph,
    sample_pen,
    sample_placement,
    sample_slant,
)
from inkling.synthesis.rows import glyph_width, sample_mark
from inkling.synthesis.sheet import Sheet, Truth
from inkling.synthesis.strokes import write_digit

MOST_PIXELS = 420_000  # of a page
FEW_ONES = 0.04  # of the digits of most hands are 1s of one straight stroke
PRINTED_PROB = 0.12  # of hands that are a font
PRINT = 0.95  # probability that such a hand takes a font for print
SEGMENTS = 12  # of a rule
Point = tuple[float, float]
Rng = np.random.Generator


@dataclass(frozen=True)
class Hand:
    """How one person writes: pen, slant, spread of sizes, print or not, fraction of straight 1s."""

    pen: Pen
    slant: float
    spread: float
    printed: bool
    ones: float


@dataclass(frozen=True)
class LineSpec:
    """A line of glyphs: where it starts, `unit` pixels tall, how it rises and bends."""

    start: Point  # of its middle, in pixels
    count: int
    unit: float
    slope: float = 0.0  # pixels up for one to the right
    bend: float = 0.0  # likewise, for each unit squared
    marks: float = 0.08  # probability of a mark in place of a digit
    gap: float | None = None  # units between glyphs; None for any
    letters: bool = False


def sample_hand(rng: Rng, ones_prob: float = 0.25) -> Hand:
    """Samples a hand; with `ones_prob` it writes many 1s."""
    ones = float(rng.uniform(0.3, 1.0)) if rng.random() < ones_prob else FEW_ONES
    printed = bool(rng.random() < PRINTED_PROB)
    return Hand(sample_pen(rng), sample_slant(rng), float(rng.uniform(0.03, 0.12)), printed, ones)


def sample_digit(source: GlyphSource, hand: Hand, rng: Rng) -> Glyph:
    """A digit as this hand writes it."""
    if rng.random() < hand.ones:
        return _straight_one(source, hand, rng)
    if hand.printed:
        return source.sign(str(rng.integers(10)), PRINT) or source.digit()
    return source.digit()


def _straight_one(source: GlyphSource, hand: Hand, rng: Rng) -> Glyph:
    """A 1 as a hand or a font draws it: mostly one stroke."""
    if hand.printed or rng.random() < 0.15:
        return source.sign("1", PRINT) or write_digit(1, rng)
    if rng.random() < 0.6:
        for _ in range(60):  # MNIST's own
            glyph = source.digit()
            if glyph.label == 1:
                return glyph
    return write_digit(1, rng)


def draw_digit(sheet: Sheet, glyph: Glyph, place: Placement, hand: Hand, rng: Rng) -> None:
    """Draws a glyph and notes its box."""
    box = draw_glyph(sheet.ink, glyph, place, hand.pen, rng)
    if box is not None:
        sheet.truths.append(Truth(glyph.label, box))


def write_line(sheet: Sheet, source: GlyphSource, hand: Hand, line: LineSpec, rng: Rng) -> float:
    """Writes a line of glyphs; returns where it ends, in pixels from the left."""
    gap = float(rng.uniform(0.02, 0.45)) if line.gap is None else line.gap
    left, middle = line.start
    x = left
    for index in range(line.count):
        glyph, size, drop = _sample_item(source, hand, line, index, rng)
        step = (max(glyph_width(glyph), 0.12) * size + gap) * line.unit
        away = x - left + step / 2
        y = middle - line.slope * away + line.bend * away * away / line.unit + drop * line.unit
        tilt, middle_x, tall = -float(np.arctan(line.slope)), x + step / 2, size * line.unit
        if hand.printed:
            place = Placement(middle_x, y, tall, tilt, 0, 1, 0)
        else:
            tilt *= float(rng.uniform(0.2, 1.0))
            place = sample_placement(glyph, middle_x, y, tall, rng, tilt, hand.slant)
        draw_digit(sheet, glyph, place, hand, rng)
        x += step
    return x


def _sample_item(
    source: GlyphSource, hand: Hand, line: LineSpec, index: int, rng: Rng
) -> tuple[Glyph, float, float]:
    """A glyph of a line, its size, and its offset below the middle, in units."""
    if line.letters:
        return source.letter(), float(np.exp(rng.normal(0, 0.15))), 0.0
    if index and rng.random() < line.marks:
        mark = sample_mark(rng)
        return mark.glyph, mark.size, mark.drop
    size = float(np.exp(rng.normal(0, hand.spread)))
    return sample_digit(source, hand, rng), size, float(rng.normal(0, 0.03))


def draw_rule(
    layer: FloatImage,
    ends: tuple[Point, Point],
    width: float,
    rng: Rng,
    wobble: float = 0.0,
    broken: float = 0.0,
) -> None:
    """Draws a rule into `layer`: pixels wide, by hand with `wobble` > 0, with gaps if `broken`."""
    along = np.linspace(0, 1, SEGMENTS)[:, None]
    points = np.array(ends[0]) * (1 - along) + np.array(ends[1]) * along
    if wobble:
        points = points + np.cumsum(rng.normal(0, wobble, (SEGMENTS, 2)), axis=0)
    drawn: NDArray[np.uint8] = np.zeros(layer.shape, np.uint8)
    for start, end in pairwise(points):
        if rng.random() >= broken:
            first, last = ([round(float(v) * 16) for v in p] for p in (start, end))
            cv2.line(drawn, first, last, 255, max(1, round(width)), cv2.LINE_AA, 4)
    np.maximum(layer, drawn * np.float32(min(1.0, width) / 255), out=layer)


def fit(width: float, height: float) -> float:
    """The factor that brings a page of this size under `MOST_PIXELS`, at most 1."""
    return min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
