"""Draws rows of digits with marks between them: decimals, dates, fractions and so on."""

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import Glyph
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
from inkling.synthesis.scene import Scene, finish_scene
from inkling.synthesis.sheet import Sheet, Truth, sample_spec
from inkling.synthesis.strokes import glyph_of_lines, write_digit
from inkling.synthesis.units import draw_beside
from inkling.types import MarkKind

MARKED = (0.0, 0.0, 0.25, 0.5)  # of the places of a row that hold a mark; one is picked for a row
AT_END = 0.12  # of rows with marks, at either end
ONES = 0.2  # of digits that are 1s, which slashes and separators are like
MANY_ONES = 0.15  # of rows that have mostly 1s
PRINTED = 0.15  # of rows
# Rows as people write them: d is one digit or more, u a unit, word or sign, any other character a
# mark.
PATTERNS = (
    "d.d", "d.d", "d,d", "d,d", "d,d", "d/d", "d/d", "d-d", "d:d", "d%", "-d", "d.d.d", "d,d,d",
    "d/d/d", "d-d-d", "d:d:d", "u d", "u d", "d u", "d u", "u d u", "d.d u", "u d,d", "ud", "du",
)  # fmt: skip
RULING_LABEL = 11  # the label of a separator; its mark is `other`
SEPARATED = 0.06  # of rows that stand in a comb field
PATTERNED = 0.5  # of rows that follow one of them
RowPart = MarkKind | Literal["space", "unit"] | None  # None for a digit
PART_OF: dict[str, RowPart] = {
    ".": "point", ",": "comma", "/": "slash", "-": "minus", ":": "colon", "%": "percent",
    " ": "space", "u": "unit",
}  # fmt: skip


class RowItem(NamedTuple):
    """A glyph of a row, the free space before it, and the width of its pen if not the row's.

    Both are in digit heights.
    """

    item: Item
    space: float = 0.0
    pen: float | None = None


class Stamped(NamedTuple):
    """One glyph of a row: its ink (H, W) float32, and its truth."""

    ink: NDArray[np.float32]
    truth: Truth


def compose_marked_scene(source: GlyphSource, rng: np.random.Generator) -> Scene:
    """One image of a row with marks."""
    unit = float(np.exp(rng.uniform(np.log(22), np.log(70))))
    spec = replace(sample_spec(rng), thumb=False, unit=unit)
    row = write_marked_row(source, rng, unit)
    margins = np.maximum(spec.unit * rng.uniform(0.1, rng.choice([0.3, 0.8, 2.0]), 4), 2).round()
    around = ((int(margins[1]), int(margins[3])), (int(margins[0]), int(margins[2])))
    ink = np.pad(np.max([stamped.ink for stamped in row], axis=0), around)
    move = np.array([margins[0], margins[1], margins[0], margins[1]])
    truths = [
        replace(stamped.truth, box=tuple((stamped.truth.box + move).tolist())) for stamped in row
    ]
    sheet = Sheet(ink, np.zeros_like(ink), truths, unit)
    return finish_scene(sheet, source, spec, len(row), rng)


def write_marked_row(
    source: GlyphSource, rng: np.random.Generator, unit: float | None = None
) -> list[Stamped]:
    """The glyphs of one row, with digits `unit` pixels tall (default: 18 to 30)."""
    unit = float(rng.uniform(18, 30)) if unit is None else unit
    tight = float(rng.uniform(0.03, 0.4))
    printed = rng.random() < PRINTED
    items = _sample_row(source, rng, printed)
    steps = [
        (max(glyph_width(item.glyph), 0.12) * item.size + tight + space) * unit
        for item, space, _ in items
    ]
    shape = (int(3.2 * unit), int(sum(steps) + 4 * unit))
    pen, slant, tilt = sample_pen(rng), sample_slant(rng), float(rng.normal(0, 0.04))
    row: list[Stamped] = []
    x = 2 * unit
    for (item, space, own_pen), step in zip(items, steps, strict=True):
        at = x + (step + (space - tight) * unit) / 2, shape[0] / 2 + item.drop * unit
        place = sample_placement(item.glyph, *at, item.size * unit, rng, tilt, slant)
        if item.mark or printed:
            lean = slant * float(rng.uniform(0, 1)) if item.mark not in (None, "point") else 0.0
            turn = tilt + float(rng.normal(0, 0.04))
            place = Placement(*at, item.size * unit, turn, lean, 1, 0.01)
        # One pen for the whole row, however small the glyph. Print has its own.
        width = own_pen or pen.width
        drawn = replace(pen, width=min(0.9, width / item.size)) if width else pen
        ink = np.zeros(shape, np.float32)
        box = draw_glyph(ink, item.glyph, place, drawn, rng)
        if box is not None:
            row.append(Stamped(ink, Truth(item.glyph.label, box, item.mark)))
        x += step
    return row


def _sample_row(source: GlyphSource, rng: np.random.Generator, printed: bool) -> list[RowItem]:
    """The glyphs of one row."""
    ones = 0.8 if rng.random() < MANY_ONES else ONES
    row: list[RowItem] = []
    space = 0.0
    for kind in _sample_kinds(rng):
        if kind == "space":
            space = float(rng.uniform(0.15, 0.8))
        elif kind == "unit":
            letters = [Item(*each, "other") for each in draw_beside(source, rng)]
            row += [RowItem(letters[0], space), *(RowItem(each) for each in letters[1:])]
        elif kind is None:
            row.append(RowItem(_sample_digit(source, rng, printed, ones), space))
        else:
            row.append(RowItem(Item(*draw_mark(kind, source, rng), kind), space))
        space = space if kind == "space" else 0.0
    return _add_separators(row, rng) if rng.random() < SEPARATED else row


def _add_separators(row: list[RowItem], rng: np.random.Generator) -> list[RowItem]:
    """The row with the separators of a comb field between its glyphs and at both ends."""
    tall, floor = float(rng.uniform(0.35, 1.3)), float(rng.uniform(0.5, 0.7))
    pen, space = float(rng.uniform(0.015, 0.07)), float(rng.uniform(0.0, 0.3))
    line = np.array([(0, 0), (rng.normal(0, 0.01), 1)], np.float32)
    glyph = glyph_of_lines([line], RULING_LABEL, pen)
    bar = RowItem(Item(glyph, tall, floor - tall / 2, "other"), space, pen)
    out = [bar]
    for each in row:
        out += [each._replace(space=space), bar]
    return out


def _sample_digit(
    source: GlyphSource, rng: np.random.Generator, printed: bool, ones: float
) -> Item:
    """A digit; a 1 with probability `ones`."""
    if printed:
        glyph = source.sign(str(rng.integers(10)), print_prob=0.95) or source.digit()
    elif rng.random() < ones:
        makers = (source.one, lambda: _straight_one(rng), lambda: write_digit(1, rng))
        glyph = makers[rng.integers(3)]()
    else:
        glyph = source.digit()
    size = float(np.exp(rng.normal(0, 0.12)))
    return Item(glyph, size, float(rng.normal(0, 0.05)))


def _straight_one(rng: np.random.Generator) -> Glyph:
    """A 1 that is one stroke, slightly bent; upright more often than not."""
    lean, bend = float(rng.normal(0.08, 0.12)), float(rng.normal(0, 0.02))
    line = np.array([(lean, 0), (lean / 2 + bend, 0.5), (0, 1)], np.float32)
    return glyph_of_lines([line], 1, 0.1)


def _sample_kinds(rng: np.random.Generator) -> list[RowPart]:
    """The contents of a row: None for a digit."""
    if rng.random() < PATTERNED:
        kinds: list[RowPart] = []
        for letter in PATTERNS[rng.integers(len(PATTERNS))]:
            if letter == "d":
                kinds.extend([None] * int(rng.integers(1, 5)))
            else:
                kinds.append(PART_OF[letter])
        return kinds
    count, fraction = int(rng.integers(2, 9)), float(rng.choice(MARKED))
    kinds = []
    for k in range(count):
        ends = fraction > 0 and k in (0, count - 1) and rng.random() < AT_END
        marked = (k and rng.random() < fraction) or ends
        kinds.append(sample_kind(rng) if marked else None)
    return kinds
