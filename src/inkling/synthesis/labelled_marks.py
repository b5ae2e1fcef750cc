"""Rows of digits and marks as the mark network sees them: each part with its line, and a class."""

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.mark_network import DIGIT, HEIGHT, KINDS, WIDTH
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.marks import draw_mark, sample_kind
from inkling.synthesis.render import (
    Placement,
    draw_glyph,
    sample_pen,
    sample_placement,
    sample_slant,
)
from inkling.synthesis.rows import Item, glyph_width
from inkling.synthesis.strokes import write_digit

MARKED = (0.0, 0.0, 0.25, 0.5)  # of the places of a row that hold a mark; one is picked for a row
AT_END = 0.12  # of rows with marks, at either end
ONES = 0.15  # of digits that are drawn 1s, which slashes are like
CLASSES = 1 + len(KINDS)


class Stamped(NamedTuple):
    """One glyph of a row: its ink (H, W), its box x0 y0 x1 y1, its class."""

    ink: NDArray[np.float32]
    box: tuple[int, int, int, int]
    label: int


def compose_marks(
    source: GlyphSource, rng: np.random.Generator
) -> list[tuple[NDArray[np.uint8], int]]:
    """The windows (2, 32, 64) uint8 of one row's parts, each with its class: 0 for a digit."""
    row = _write_row(source, rng)
    digits = [stamped.box for stamped in row if stamped.label == 0]
    if not digits:
        return []
    height = float(np.median([y1 - y0 for _, y0, _, y1 in digits]))
    middle = float(np.median([(y0 + y1) / 2 for _, y0, _, y1 in digits]))
    height *= float(np.exp(rng.normal(0, 0.06)))  # a reader measures it from the parts it found
    middle += float(rng.normal(0, 0.05)) * height
    line = np.max([stamped.ink for stamped in row], axis=0)
    return [(_window(stamped, line, height, middle), stamped.label) for stamped in row]


def _window(
    stamped: Stamped, line: NDArray[np.float32], height: float, middle: float
) -> NDArray[np.uint8]:
    scale = DIGIT / height
    x = (stamped.box[0] + stamped.box[2]) / 2
    move = np.array([[scale, 0, WIDTH / 2 - scale * x], [0, scale, HEIGHT / 2 - scale * middle]])
    seen = [cv2.warpAffine(ink, move, (WIDTH, HEIGHT)) for ink in (stamped.ink, line)]
    return np.rint(np.clip(np.stack(seen), 0, 1) * 255).astype(np.uint8)


def _sample_row(
    source: GlyphSource, rng: np.random.Generator, printed: bool
) -> list[tuple[Item, int]]:
    """The glyphs of one row, with their classes."""
    count, fraction = int(rng.integers(2, 9)), float(rng.choice(MARKED))
    items: list[tuple[Item, int]] = []
    for k in range(count):
        ends = fraction > 0 and k in (0, count - 1) and rng.random() < AT_END
        if (k and rng.random() < fraction) or ends:
            kind = sample_kind(rng)
            items.append((Item(*draw_mark(kind, source, rng)), 1 + KINDS.index(kind)))
            continue
        glyph = write_digit(1, rng) if rng.random() < ONES else source.digit()
        if printed:
            glyph = source.sign(str(rng.integers(10)), print_prob=0.95) or glyph
        size = float(np.exp(rng.normal(0, 0.12)))
        items.append((Item(glyph, size, float(rng.normal(0, 0.05))), 0))
    return items


def _write_row(source: GlyphSource, rng: np.random.Generator) -> list[Stamped]:
    unit, tight = float(rng.uniform(18, 30)), float(rng.uniform(0.03, 0.4))
    printed = rng.random() < 0.15
    items = _sample_row(source, rng, printed)
    steps = [(max(glyph_width(item.glyph), 0.12) * item.size + tight) * unit for item, _ in items]
    shape = (int(3.2 * unit), int(sum(steps) + 4 * unit))
    pen, slant, tilt = sample_pen(rng), sample_slant(rng), float(rng.normal(0, 0.04))
    row: list[Stamped] = []
    x = 2 * unit
    for (item, label), step in zip(items, steps, strict=True):
        at = x + (step - tight * unit) / 2, shape[0] / 2 + item.drop * unit
        place = sample_placement(item.glyph, *at, item.size * unit, rng, tilt, slant)
        if label or printed:
            lean = slant * float(rng.uniform(0, 1)) if KINDS[label - 1] != "point" else 0.0
            turn = tilt + float(rng.normal(0, 0.04))
            place = Placement(*at, item.size * unit, turn, lean if label else 0.0, 1, 0.01)
        # One pen for the whole row, however small the glyph.
        drawn = replace(pen, width=min(0.9, pen.width / item.size)) if pen.width else pen
        ink = np.zeros(shape, np.float32)
        box = draw_glyph(ink, item.glyph, place, drawn, rng)
        if box is not None:
            row.append(Stamped(ink, box, label))
        x += step
    return row
