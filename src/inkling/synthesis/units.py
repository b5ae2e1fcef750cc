"""Draws units, short words and currency signs beside numbers."""

from functools import lru_cache

import numpy as np

from inkling.synthesis import negatives
from inkling.synthesis.fonts import Face, draw_letter
from inkling.synthesis.glyphs import GlyphSource, trace_letter
from inkling.synthesis.marks import DrawnMark
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.strokes import bend_strokes, glyph_of_lines

UNITS = (
    "kg", "g", "cm", "mm", "km", "m", "ml", "ft", "in", "lb", "Nr", "No", "Fr", "CHF", "EUR", "USD",
    "Rs", "Kc", "km/h", "min", "h", "sec", "Uhr", "pm", "AM", "ID", "Tel", "Ref", "pts", "pcs",
    "kWh", "MHz", "Hz", "dB", "am", "ca", "th", "nd", "st", "max", "Art",
)  # fmt: skip
SIGNS = "#€$£¥&@§*+=→←✓°<>?!()[]{}~"
# Drawn signs in the form of `stroke_styles.STYLES`: hash, euro, dollar, star, cross, plus, equals,
# arrows, ticks, brackets, tilde.
DRAWN = (
    "-30,0 18,100|-62,0 50,100|-4,34 80,34|-0,66 76,66",
    "~60,14 40,0 16,24 12,60 30,98 60,88|-0,40 46,38|-0,58 44,56",
    "~50,18 26,6 8,24 30,48 52,70 30,94 4,82|-30,-8 30,108",
    "-30,0 30,60|-4,14 56,46|-56,14 4,46",
    "-0,0 60,60|-60,0 0,60",
    "-30,0 30,60|-0,30 60,30",
    "-0,0 50,2|-0,26 50,28",
    "-0,30 90,30|-62,6 90,30 62,54",
    "-90,30 0,30|-28,6 0,30 28,54",
    "-0,60 24,94 70,10",
    "~0,62 14,72 24,96|~24,96 40,50 80,0",
    "~24,-10 4,24 4,76 24,110",
    "~0,-10 20,24 20,76 0,110",
    "~0,30 20,8 40,24 60,36 80,14",
)
DESCENDERS = "gjpqy"
DESCENT = 0.22  # how far these reach below the line, in digit heights
FONT_SIZE = 72  # pixels
SIGN_PROB = 0.55  # of the things beside a number; the rest are units and words
DRAWN_PROB = 0.6  # of signs; the rest come from fonts
PRINTED = 0.45  # of words and of signs from fonts


def draw_beside(source: GlyphSource, rng: np.random.Generator) -> list[DrawnMark]:
    """The glyphs of one sign or word, from left to right."""
    if rng.random() < SIGN_PROB:
        return [_sign(source, rng)]
    return _word(source, rng) or [_sign(source, rng)]


def _sign(source: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    glyph = None
    if rng.random() >= DRAWN_PROB:
        glyph = source.sign(SIGNS[rng.integers(len(SIGNS))], PRINTED)
    if glyph is None:
        style = DRAWN[rng.integers(len(DRAWN))]
        glyph = glyph_of_lines(bend_strokes(style, rng), NONE_LABEL, float(rng.uniform(0.04, 0.16)))
    size = float(rng.uniform(0.4, 1.2))
    return DrawnMark(glyph, size, float(rng.normal(0, 0.08)))


def _word(source: GlyphSource, rng: np.random.Generator) -> list[DrawnMark]:
    """A unit or a word of random letters, in one font; empty if the font lacks a letter."""
    face = source.face(PRINTED)
    text = UNITS[rng.integers(len(UNITS))]
    if rng.random() < 0.3:
        count = int(rng.integers(1, 5))
        text = "".join(negatives.LETTERS[rng.integers(26)] for _ in range(count))
    scale, lower = float(rng.uniform(0.75, 1.15)), float(rng.normal(0, 0.05))
    out = []
    for letter in text:
        glyph, size = trace_letter(face, letter, NONE_LABEL), _relative_size(face, letter)
        if glyph is None or size is None:
            return []
        high, wide = size
        drop = 0.5 - high / 2 + (DESCENT if letter in DESCENDERS else 0.0)
        out.append(DrawnMark(glyph, max(high, wide) * scale, drop * scale + lower))
    return out


@lru_cache(maxsize=4000)
def _relative_size(face: Face, letter: str) -> tuple[float, float] | None:
    """Height and width of a letter relative to the height of the font's zero."""
    zero, ink = (draw_letter(face, each, FONT_SIZE) for each in ("0", letter))
    if zero is None or ink is None:
        return None
    return ink.shape[0] / zero.shape[0], ink.shape[1] / zero.shape[0]
