"""Marks between digits, handwritten or printed: shape, size and height."""

from typing import NamedTuple

import numpy as np

from inkling.synthesis import negatives
from inkling.synthesis.fields import Glyph
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.strokes import Polyline, glyph_of_lines
from inkling.types import MarkKind

# How often each kind is drawn; slashes most often, since they are the hardest to tell.
WEIGHTS: dict[MarkKind, float] = {
    "point": 0.18, "comma": 0.14, "minus": 0.17, "slash": 0.2, "colon": 0.09, "percent": 0.12,
    "other": 0.1,
}  # fmt: skip
SIGNS = "+=×x*()[]$€£#&?!~abcdefghkmnprtuvwyACEFHKLMNPRTUVWXY"
PRINTED = 0.25  # of slashes and percent signs that come from a font


class DrawnMark(NamedTuple):
    """A glyph, its size, and how far below the line's middle it stands, in digit heights."""

    glyph: Glyph
    size: float
    drop: float


def sample_kind(rng: np.random.Generator) -> MarkKind:
    """A kind of mark, by `WEIGHTS`."""
    kinds = list(WEIGHTS)
    return kinds[int(rng.choice(len(kinds), p=list(WEIGHTS.values())))]


def draw_mark(kind: MarkKind, source: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    """One mark of a kind, as large and as high as such marks are."""
    return {
        "point": _point, "comma": _comma, "minus": _minus, "slash": _slash, "colon": _colon,
        "percent": _percent, "other": _other,
    }[kind](source, rng)  # fmt: skip


def _line(*points: tuple[float, float]) -> Polyline:
    return np.array(points, np.float32)


def _point(_: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    raised = rng.random() < 0.15
    drop = float(rng.uniform(-0.1, 0.2) if raised else rng.uniform(0.34, 0.5))
    glyph = glyph_of_lines([_line((0, 0), (0.05, 0.06))], NONE_LABEL, 0.9)
    return DrawnMark(glyph, float(rng.uniform(0.07, 0.2)), drop)


def _comma(_: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    line = _line((0.3 + rng.normal(0, 0.1), 0), (0.25, 0.4), (0, 1))
    glyph = glyph_of_lines([line], NONE_LABEL, float(rng.uniform(0.15, 0.4)))
    return DrawnMark(glyph, float(rng.uniform(0.16, 0.42)), float(rng.uniform(0.4, 0.6)))


def _minus(_: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    line = _line((0, 0), (0.5, rng.normal(0, 0.06)), (1, rng.normal(0, 0.12)))
    glyph = glyph_of_lines([line], NONE_LABEL, 0.2)
    return DrawnMark(glyph, float(rng.uniform(0.22, 0.9)), float(rng.uniform(-0.15, 0.25)))


def _slash(source: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    lean, bow = float(rng.uniform(0.22, 1.0)), float(rng.normal(0, 0.04))
    drawn = glyph_of_lines([_line((lean, 0), (lean / 2 + bow, 0.5), (0, 1))], NONE_LABEL, 0.1)
    glyph = (source.sign("/") if rng.random() < PRINTED else None) or drawn
    return DrawnMark(glyph, float(rng.uniform(0.85, 1.6)), float(rng.normal(0.03, 0.08)))


def _colon(_: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    size = float(rng.uniform(0.35, 0.7))
    dot, aside = 0.06 / size, float(rng.normal(0, 0.1))
    lines = [_line((0, 0), (dot, dot)), _line((aside, 1), (aside + dot, 1 - dot))]
    glyph = glyph_of_lines(lines, NONE_LABEL, float(rng.uniform(0.15, 0.35)))
    return DrawnMark(glyph, size, float(rng.uniform(0, 0.25)))


def _percent(source: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    radius, wide = float(rng.uniform(0.12, 0.24)), float(rng.uniform(0.6, 1.0))
    lines = [
        _line((wide * 0.95, 0), (wide * 0.1, 1)),
        _ring(radius, radius + rng.uniform(0, 0.12), radius, rng),
        _ring(wide - radius * 0.6, 1 - radius - rng.uniform(0, 0.12), radius, rng),
    ]
    drawn = glyph_of_lines(lines, NONE_LABEL, 0.1)
    glyph = (source.sign("%") if rng.random() < PRINTED else None) or drawn
    return DrawnMark(glyph, float(rng.uniform(0.75, 1.2)), float(rng.normal(0, 0.06)))


def _ring(x: float, y: float, radius: float, rng: np.random.Generator) -> Polyline:
    t = np.linspace(0, 2 * np.pi + rng.uniform(-0.4, 0.2), 14)
    across, down = radius * rng.uniform(0.8, 1.2), radius * rng.uniform(0.8, 1.2)
    return np.stack([x + across * np.cos(t), y + down * np.sin(t)], 1).astype(np.float32)


def _other(source: GlyphSource, rng: np.random.Generator) -> DrawnMark:
    u = rng.random()
    drop = float(rng.normal(0, 0.08))
    if u < 0.25:
        cross = [_line((0, 0.5), (1, 0.5)), _line((0.5, 0), (0.5, 1))]
        return DrawnMark(
            glyph_of_lines(cross, NONE_LABEL, 0.1), float(rng.uniform(0.35, 0.7)), drop
        )
    if u < 0.35:
        equals = [_line((0, 0), (1, 0.02)), _line((0, 0.4), (1, 0.42))]
        return DrawnMark(
            glyph_of_lines(equals, NONE_LABEL, 0.1), float(rng.uniform(0.35, 0.7)), drop
        )
    if u < 0.42:
        bar = [_line((0, 0), (0.02, 1))]
        return DrawnMark(glyph_of_lines(bar, NONE_LABEL, 0.1), float(rng.uniform(1.3, 1.8)), drop)
    sign = None if u < 0.55 else source.sign(SIGNS[rng.integers(len(SIGNS))])
    glyph = sign or negatives.scribble(rng)
    return DrawnMark(glyph, float(rng.uniform(0.5, 1.15)), drop)
