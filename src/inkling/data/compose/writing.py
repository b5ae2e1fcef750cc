"""What is written on a sheet: rows of digits and others, marks between them, neighbours' ink."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkling.data.compose.fields import Glyph
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.hand import Pen, Placement, pick_lean, pick_pen, pick_placement, stamp
from inkling.data.compose.negatives import NONE
from inkling.data.compose.sheet import Look, Sheet, Truth, new_sheet
from inkling.data.compose.strokes import curve, glyph_of_lines, write_digit

LINKED = 0.4  # of neighbours in a hurried hand's row, the pen not lifted between them
ROUND = 0.2  # of rows of three and more; they end in noughts
BETWEEN = 0.1  # of places between two glyphs that hold a mark
ENDS = 0.2  # of rows that end in one; a third as many begin with one
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels


class Item(NamedTuple):
    """A glyph of a row, its size and how far below the row's middle it stands, in units."""

    glyph: Glyph
    size: float
    drop: float


def _width(glyph: Glyph) -> float:
    """How wide a glyph's ink is, in units."""
    columns = np.nonzero((glyph.spine < 0.03).any(0))[0]
    return float(columns[-1] - columns[0] + 6) / 64 if len(columns) else 0.3


def _mark(rng: np.random.Generator) -> Item:
    """A dot, comma, dash or double dash, as large and as high as such are."""
    kind = rng.integers(4)
    dash = np.array([(0, 0), (1, rng.normal(0, 0.1))], np.float32)
    lines = (
        [np.array([(0, 0), (0.05, 0.05)], np.float32)],
        [np.array([(0.3, 0), (0, 1)], np.float32)],
        [dash],
        [dash, dash + np.array([0, 0.45], np.float32)],
    )[kind]
    glyph = glyph_of_lines(lines, NONE, (0.9, 0.3, 0.2, 0.2)[kind])
    size = (
        rng.uniform(0.08, 0.16), rng.uniform(0.2, 0.38), rng.uniform(0.3, 0.9),
        rng.uniform(0.3, 0.6),
    )[kind]  # fmt: skip
    return Item(glyph, size, (0.42, 0.5, rng.uniform(-0.1, 0.3), rng.uniform(-0.1, 0.3))[kind])


def _noughts(source: GlyphSource, count: int, rng: np.random.Generator) -> list[Item]:
    """The noughts of a round amount: all of one shape, often smaller and higher than the rest."""
    glyph = write_digit(0, rng)
    while rng.random() < 0.8 and glyph.label == 0:
        other = source.digit()
        if other.label == 0:
            glyph = other
            break
    size, high = float(rng.uniform(0.5, 1.05)), float(rng.uniform(-0.25, 0.25))
    wobble = rng.normal(0, 0.06, count)
    return [Item(glyph, size * float(np.exp(w)), high * (1 - size)) for w in wobble]


def _pick_items(
    source: GlyphSource, count: int, share: float, rng: np.random.Generator
) -> list[Item]:
    """What stands in a row of `count` glyphs, with marks between them and at its ends."""
    items: list[Item] = []
    for k in range(count):
        glyph = source.negative() if rng.random() < share else source.digit()
        size = float(np.exp(rng.normal(0, 0.1))) if count > 1 else 1.0
        items.append(Item(glyph, size, rng.normal(0, 0.04) if k else 0.0))
    if count > 2 and rng.random() < ROUND:
        noughts = int(rng.integers(1, min(count, 5)))
        items[-noughts:] = _noughts(source, noughts, rng)
    if count < 2:
        return items
    odds = [ENDS / 3, *[BETWEEN * (count > 2)] * (count - 1), ENDS]
    marked = (rng.random(count + 1) < np.array(odds)).tolist()
    out: list[Item] = []
    for k, item in enumerate(items):
        out += [_mark(rng)] if marked[k] else []
        out.append(item)
    return out + ([_mark(rng)] if marked[count] else [])


def _write(
    sheet: Sheet, glyph: Glyph, place: Placement, pen: Pen, rng: np.random.Generator
) -> Box | None:
    box = stamp(sheet.ink, glyph, place, pen, rng)
    if box is not None:
        sheet.truths.append(Truth(glyph.label, box))
    return box


def _link(sheet: Sheet, boxes: list[Box], pen: Pen, rng: np.random.Generator) -> None:
    """The stroke of a pen that was not lifted, from one glyph's head or foot on to the next."""
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
    stamp(sheet.ink, glyph_of_lines([line], NONE, 0.1), Placement(x, y, long, elastic=0), thin, rng)


def _margins(look: Look, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ground left, above, right and below, in pixels."""
    wide = rng.uniform(0.1, rng.choice([0.25, 0.6, 1.4, 3.0], p=[0.31, 0.31, 0.3, 0.08]))
    return np.maximum(look.unit * wide * rng.uniform(0.6, 1.4, 4), 2.0)


def write_row(
    source: GlyphSource, look: Look, count: int, share: float, rng: np.random.Generator
) -> Sheet:
    """`count` glyphs in a row, a `share` of them no digits, on a sheet that holds them."""
    unit, tight = look.unit, float(rng.uniform(0.0, 0.5))
    if look.ground == "cheque" or rng.random() < 0.15:
        tight = float(rng.uniform(-0.12, 0.12))
    tilt = float(rng.normal(0, 0.07)) if rng.random() < 0.85 else float(rng.uniform(-0.3, 0.3))
    items = _pick_items(source, count, share, rng)
    margins = _margins(look, rng)
    steps = [(max(_width(item.glyph), 0.12) * item.size + tight) * unit for item in items]
    sheet = new_sheet(
        sum(steps) + margins[0] + margins[2], unit * 1.08 + margins[1] + margins[3], unit
    )
    pen, lean, x = pick_pen(rng), pick_lean(rng), margins[0]
    middle = margins[1] + unit * 0.54
    linked = LINKED if tight < 0.15 and rng.random() < 0.5 else 0.0
    before: Box | None = None
    for item, step in zip(items, steps, strict=True):
        at = x + (step - tight * unit) / 2, middle + item.drop * unit
        place = pick_placement(item.glyph, *at, item.size * unit, rng, tilt, lean)
        box = _write(sheet, item.glyph, place, pen, rng)
        if box and before and rng.random() < linked:
            _link(sheet, [before, box], pen, rng)
        before, x = box, x + step
    return sheet


def add_neighbours(sheet: Sheet, source: GlyphSource, rng: np.random.Generator) -> None:
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
