"""Writes rows of digits and other glyphs on a sheet, with marks and neighbouring ink."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import Glyph
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.render import (
    Pen,
    Placement,
    draw_glyph,
    sample_pen,
    sample_placement,
    sample_slant,
)
from inkling.synthesis.sheet import SceneSpec, Sheet, Truth, new_sheet
from inkling.synthesis.strokes import curve, glyph_of_lines, write_digit
from inkling.types import MarkKind

LINK_PROB = 0.4  # of neighbours in a hurried row, joined by an unlifted pen
TRAILING_ZEROS_PROB = 0.2  # of rows of three or more digits
MARK_PROB = 0.1  # of gaps between two glyphs
SAMPLED: tuple[MarkKind, ...] = ("point", "comma", "minus", "other")  # kinds of `sample_mark`
END_MARK_PROB = 0.2  # of rows; a third as many begin with a mark
Xyxy = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels


class Item(NamedTuple):
    """A glyph of a row, its size, and its offset below the row's centre line, in units."""

    glyph: Glyph
    size: float
    drop: float
    mark: MarkKind | None = None


def glyph_width(glyph: Glyph) -> float:
    """The width of a glyph's ink, in units."""
    columns = np.nonzero((glyph.spine < 0.03).any(0))[0]
    return float(columns[-1] - columns[0] + 6) / 64 if len(columns) else 0.3


def sample_mark(rng: np.random.Generator) -> Item:
    """A dot, comma, dash or double dash of typical size and height."""
    kind = rng.integers(4)
    dash = np.array([(0, 0), (1, rng.normal(0, 0.1))], np.float32)
    lines = (
        [np.array([(0, 0), (0.05, 0.05)], np.float32)],
        [np.array([(0.3, 0), (0, 1)], np.float32)],
        [dash],
        [dash, dash + np.array([0, 0.45], np.float32)],
    )[kind]
    glyph = glyph_of_lines(lines, NONE_LABEL, (0.9, 0.3, 0.2, 0.2)[kind])
    size = (
        rng.uniform(0.08, 0.16), rng.uniform(0.2, 0.38), rng.uniform(0.3, 0.9),
        rng.uniform(0.3, 0.6),
    )[kind]  # fmt: skip
    drop = (0.42, 0.5, rng.uniform(-0.1, 0.3), rng.uniform(-0.1, 0.3))[kind]
    return Item(glyph, size, drop, SAMPLED[kind])


def _trailing_zeros(source: GlyphSource, count: int, rng: np.random.Generator) -> list[Item]:
    """The trailing zeros of a round amount: one shape, often smaller and higher than the rest."""
    glyph = write_digit(0, rng)
    while rng.random() < 0.8 and glyph.label == 0:
        other = source.digit()
        if other.label == 0:
            glyph = other
            break
    size, high = float(rng.uniform(0.5, 1.05)), float(rng.uniform(-0.25, 0.25))
    wobble = rng.normal(0, 0.06, count)
    return [Item(glyph, size * float(np.exp(w)), high * (1 - size)) for w in wobble]


def _sample_items(
    source: GlyphSource, count: int, fraction: float, rng: np.random.Generator
) -> list[Item]:
    """The items of a row of `count` glyphs, with marks between them and at both ends."""
    items: list[Item] = []
    for k in range(count):
        glyph = source.negative() if rng.random() < fraction else source.digit()
        size = float(np.exp(rng.normal(0, 0.1))) if count > 1 else 1.0
        mark: MarkKind | None = "other" if glyph.label == NONE_LABEL else None
        items.append(Item(glyph, size, rng.normal(0, 0.04) if k else 0.0, mark))
    if count > 2 and rng.random() < TRAILING_ZEROS_PROB:
        zeros = int(rng.integers(1, min(count, 5)))
        items[-zeros:] = _trailing_zeros(source, zeros, rng)
    if count < 2:
        return items
    probs = [END_MARK_PROB / 3, *[MARK_PROB * (count > 2)] * (count - 1), END_MARK_PROB]
    marked = (rng.random(count + 1) < np.array(probs)).tolist()
    out: list[Item] = []
    for k, item in enumerate(items):
        out += [sample_mark(rng)] if marked[k] else []
        out.append(item)
    return out + ([sample_mark(rng)] if marked[count] else [])


def _write(
    sheet: Sheet, item: Item, place: Placement, pen: Pen, rng: np.random.Generator
) -> Xyxy | None:
    box = draw_glyph(sheet.ink, item.glyph, place, pen, rng)
    if box is not None:
        sheet.truths.append(Truth(item.glyph.label, box, item.mark))
    return box


def _link(sheet: Sheet, boxes: list[Xyxy], pen: Pen, rng: np.random.Generator) -> None:
    """The stroke of an unlifted pen from the top or bottom of one glyph to the next."""
    (_, top, right, bottom), (left, above, _, below) = boxes
    head = rng.random() < 0.7
    start = (right - 0.15 * sheet.unit, top + 0.1 * sheet.unit if head else bottom)
    end = (left + 0.15 * sheet.unit, above + 0.1 * sheet.unit if head else below)
    sag = rng.normal(0.05, 0.08) * sheet.unit
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + sag)
    line = curve(np.array([start, middle, end], np.float32), 6)
    low, high = line.min(0), line.max(0)
    long = float((high - low).max())
    if long < 2 or long > sheet.unit:
        return
    thin = replace(pen, width=(pen.width or 0.1) * sheet.unit / long, grow=0.0)
    x, y = ((low + high) / 2).tolist()
    draw_glyph(
        sheet.ink,
        glyph_of_lines([line], NONE_LABEL, 0.1),
        Placement(x, y, long, elastic=0),
        thin,
        rng,
    )


def _margins(spec: SceneSpec, rng: np.random.Generator) -> NDArray[np.float64]:
    """Margins on the left, top, right and bottom, in pixels."""
    wide = rng.uniform(0.1, rng.choice([0.25, 0.6, 1.4, 3.0], p=[0.31, 0.31, 0.3, 0.08]))
    return np.maximum(spec.unit * wide * rng.uniform(0.6, 1.4, 4), 2.0)


def write_row(
    source: GlyphSource, spec: SceneSpec, count: int, fraction: float, rng: np.random.Generator
) -> Sheet:
    """A sheet with `count` glyphs in a row, a `fraction` of them not digits."""
    unit, tight = spec.unit, float(rng.uniform(0.0, 0.5))
    if spec.surface == "cheque" or rng.random() < 0.15:
        tight = float(rng.uniform(-0.12, 0.12))
    tilt = float(rng.normal(0, 0.07)) if rng.random() < 0.85 else float(rng.uniform(-0.3, 0.3))
    items = _sample_items(source, count, fraction, rng)
    margins = _margins(spec, rng)
    steps = [(max(glyph_width(item.glyph), 0.12) * item.size + tight) * unit for item in items]
    sheet = new_sheet(
        sum(steps) + margins[0] + margins[2], unit * 1.08 + margins[1] + margins[3], unit
    )
    pen, lean, x = sample_pen(rng), sample_slant(rng), margins[0]
    middle = margins[1] + unit * 0.54
    linked = LINK_PROB if tight < 0.15 and rng.random() < 0.5 else 0.0
    before: Xyxy | None = None
    for item, step in zip(items, steps, strict=True):
        at = x + (step - tight * unit) / 2, middle + item.drop * unit
        place = sample_placement(item.glyph, *at, item.size * unit, rng, tilt, lean)
        box = _write(sheet, item, place, pen, rng)
        if box and before and rng.random() < linked:
            _link(sheet, [before, box], pen, rng)
        before, x = box, x + step
    return sheet


def add_neighbours(sheet: Sheet, source: GlyphSource, rng: np.random.Generator) -> None:
    """Ink of neighbours that reaches in over the borders; less than half of each is visible."""
    h, w = sheet.ink.shape
    pen = sample_pen(rng)
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
        box = draw_glyph(sheet.ink, glyph, sample_placement(glyph, x, y, sheet.unit, rng), pen, rng)
        if box is not None:
            # The rest of a 1 is a shorter 1, so it gets no label.
            sheet.truths.append(Truth(-1 if glyph.label == 1 else NONE_LABEL, box))
