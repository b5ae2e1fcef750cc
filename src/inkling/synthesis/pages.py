"""Whole pages: rows and lists of digits, comb fields, tables, lone and circled digits."""

from dataclasses import replace

import cv2
import numpy as np

from inkling.synthesis import paper
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.page_parts import (
    LineSpec,
    Rng,
    draw_digit,
    draw_rule,
    fit,
    sample_digit,
    sample_hand,
    write_line,
)
from inkling.synthesis.render import sample_placement
from inkling.synthesis.sheet import Sheet, new_sheet
from inkling.synthesis.strokes import write_digit

STEEPEST = 0.55  # slope of a row, 29 degrees


def draw_page(source: GlyphSource, unit: float, rng: Rng) -> Sheet:
    """A page of any kind, its digits about `unit` pixels tall, smaller where it would be too large.

    Ink and rules are on layers of their own.
    """
    kinds = (draw_rows, draw_comb, draw_table, draw_lone)
    return kinds[rng.choice(len(kinds), p=[0.45, 0.2, 0.21, 0.14])](source, unit, rng)


def draw_rows(source: GlyphSource, unit: float, rng: Rng) -> Sheet:
    """Rows one below the other, or a vertical list, at any slope up to 29 degrees."""
    hand = sample_hand(rng, 0.35)
    listed = rng.random() < 0.3
    rows = int(rng.integers(3, 11)) if listed else int(rng.integers(2, 10))
    longest = int(rng.integers(1, 3)) if listed else int(rng.integers(2, 10))
    if rng.random() < 0.3:
        rows, longest = 1, int(rng.integers(2, 12))
    slope = _sample_slope(rng)
    bend = float(rng.normal(0, 0.006)) if rng.random() < 0.3 else 0.0
    pitch = 1.05 + rng.uniform(0.1, rng.choice([0.4, 1.0, 2.0]))
    across = (longest + 1.5) * 0.95
    tall = rows * pitch + abs(slope) * across + 0.6
    left, top, right, bottom = rng.uniform(0.2, rng.choice([0.6, 2.0, 4.0]), 4).tolist()
    width, height = across + left + right, tall + top + bottom
    unit *= fit(width * unit, height * unit)
    sheet = new_sheet(width * unit, height * unit, unit)
    letters = rng.random() < 0.08
    for row in range(rows):
        y = top + 0.6 + row * pitch + max(slope, 0) * across
        count = longest if rng.random() < 0.5 else int(rng.integers(1, longest + 1))
        x = left + rng.uniform(0, 0.3) + (slope * row * pitch if abs(slope) > 0.2 else 0)
        start = max(float(x) * unit, 2.0), y * unit
        line = LineSpec(start, count, unit, slope, bend, letters=letters or rng.random() < 0.04)
        write_line(sheet, source, hand, line, rng)
        if longest > 3 and count < longest - 2 and rng.random() < 0.12:  # a second number
            start = (float(x) + count + 1.5) * unit, y * unit
            line = LineSpec(start, longest - count - 1, unit, slope, bend)
            write_line(sheet, source, hand, line, rng)
    if rng.random() < 0.25:
        paper.draw_ruling(sheet.lines, unit, (0, 0), rng)
    return sheet


def _sample_slope(rng: Rng) -> float:
    u = rng.random()
    if u < 0.5:
        return float(rng.normal(0, 0.04))
    if u < 0.85:
        return float(np.clip(rng.normal(0, 0.15), -STEEPEST, STEEPEST))
    return float(rng.uniform(-STEEPEST, STEEPEST))


def draw_comb(source: GlyphSource, unit: float, rng: Rng) -> Sheet:
    """A field with one box for each digit: whole separators, short ones, or boxes apart."""
    hand = replace(sample_hand(rng), spread=0.08)
    count = int(rng.integers(1, 13))
    wide, high = float(rng.uniform(0.85, 1.7)), float(rng.uniform(1.1, 1.9))
    gap = float(rng.choice([0, 0, 0, rng.uniform(0.1, 0.5)]))
    left, top, right, bottom = rng.uniform(0.1, rng.choice([0.4, 1.5, 3.0]), 4).tolist()
    pitch = wide + gap
    width, height = count * pitch + left + right, high + top + bottom
    unit *= fit(width * unit, height * unit)
    sheet = new_sheet(width * unit, height * unit, unit)
    thick = float(rng.uniform(0.6, max(0.9, 0.09 * unit)))
    wobble = float(rng.choice([0, 0, 0, 0.02])) * unit
    short = float(rng.choice([1, 1, 1, rng.uniform(0.15, 0.6)]))  # of the height
    closed, ended = rng.random() < 0.85, rng.random() < 0.85
    above, below = top * unit, (top + high) * unit
    for index in range(count + (gap == 0)):
        x = (left + index * pitch) * unit
        outer = index in (0, count)
        if outer and not ended:
            continue
        rise = high * unit * (1.0 if outer or gap else short)
        for side in (x,) if gap == 0 else (x, x + wide * unit):
            draw_rule(sheet.lines, ((side, below - rise), (side, below)), thick, rng, wobble)
    spans = (
        [(0.0, count * pitch)]
        if gap == 0
        else [(k * pitch, k * pitch + wide) for k in range(count)]
    )
    for first, last in spans:
        start, end = (left + first) * unit, (left + last) * unit
        draw_rule(sheet.lines, ((start, below), (end, below)), thick, rng, wobble)
        if closed and short == 1:
            draw_rule(sheet.lines, ((start, above), (end, above)), thick, rng, wobble)
    for index in np.flatnonzero(rng.random(count) < rng.choice([1.0, 0.8, 0.3])).tolist():
        glyph = sample_digit(source, hand, rng)
        size = unit * float(np.exp(rng.normal(0, hand.spread)))
        x = (left + index * pitch + wide / 2 + rng.normal(0, 0.1)) * unit
        y = (top + high / 2 + rng.normal(0, 0.08)) * unit
        tilt = float(rng.normal(0, 0.03))
        place = sample_placement(glyph, float(x), float(y), size, rng, tilt, hand.slant)
        draw_digit(sheet, glyph, place, hand, rng)
    return sheet


def draw_table(source: GlyphSource, unit: float, rng: Rng) -> Sheet:
    """A ruled table, many of its cells empty; its digits written, printed, or both."""
    rows, columns = int(rng.integers(1, 8)), int(rng.integers(1, 8))
    wide, high = float(rng.uniform(1.1, 2.6)), float(rng.uniform(1.2, 2.2))
    left, top, right, bottom = rng.uniform(0.0, rng.choice([0.5, 2.0, 4.0]), 4).tolist()
    width, height = columns * wide + left + right, rows * high + top + bottom
    unit *= fit(width * unit, height * unit)
    sheet = new_sheet(width * unit, height * unit, unit)
    across = [(left + k * wide) * unit for k in range(columns + 1)]
    down = [(top + k * high) * unit for k in range(rows + 1)]
    thin = float(rng.uniform(0.5, max(0.8, 0.06 * unit)))
    thick = thin * float(rng.choice([1, 1, 2, 3]))
    every = int(rng.choice([3, 3, 2, 100]))  # so many lines apart one is thick
    wobble, broken = float(rng.choice([0, 0, 0, 0.02])) * unit, float(rng.choice([0, 0, 0, 0.15]))
    for index, x in enumerate(across):
        heavy = thick if index % every == 0 or index == columns else thin
        draw_rule(sheet.lines, ((x, down[0]), (x, down[-1])), heavy, rng, wobble, broken)
    for index, y in enumerate(down):
        heavy = thick if index % every == 0 or index == rows else thin
        draw_rule(sheet.lines, ((across[0], y), (across[-1], y)), heavy, rng, wobble, broken)
    hands = [sample_hand(rng), replace(sample_hand(rng), printed=bool(rng.random() < 0.6))]
    full, several = float(rng.choice([0.2, 0.5, 0.9])), rng.random() < 0.3
    for cell in np.flatnonzero(rng.random(rows * columns) < full).tolist():
        hand = hands[int(rng.random() < 0.4)]
        count = int(rng.integers(1, 4)) if several else 1
        size = unit * (0.95 if count == 1 else min(0.95, 0.8 * wide / (0.75 * count)))
        x = across[cell % columns] + wide * unit / 2 - 0.4 * size * count
        y = down[cell // columns] + high * unit / 2
        start = x + float(rng.normal(0, 0.06)) * unit, y + float(rng.normal(0, 0.06)) * unit
        slope = float(rng.normal(0, 0.03))
        line = LineSpec(start, count, size, slope, 0, 0.03, 0.08, rng.random() < 0.03)
        write_line(sheet, source, hand, line, rng)
    return sheet


def draw_lone(source: GlyphSource, unit: float, rng: Rng) -> Sheet:
    """One digit, often a 1, with much room around it; perhaps circled, boxed or underlined."""
    hand = sample_hand(rng)
    left, top, right, bottom = (rng.uniform(0.3, rng.choice([1.0, 3.0, 5.0]), 4) * unit).tolist()
    sheet = new_sheet(unit + left + right, unit + top + bottom, unit)
    glyph = write_digit(1, rng) if rng.random() < 0.5 else sample_digit(source, hand, rng)
    x, y = left + unit / 2, top + unit / 2
    tilt = float(rng.normal(0, 0.05))
    draw_digit(sheet, glyph, sample_placement(glyph, x, y, unit, rng, tilt, hand.slant), hand, rng)
    width = float(rng.uniform(0.8, max(1.2, 0.1 * unit)))
    u = rng.random()
    if u < 0.25:
        _draw_ring(sheet, (x, y), width, rng)
    elif u < 0.4:
        a, b, c, d = (unit * rng.uniform(0.6, 1.1, 4)).tolist()
        corners = [(x - a, y - b), (x + c, y - b), (x + c, y + d), (x - a, y + d)]
        wobble = float(rng.choice([0, 0.03])) * unit
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            draw_rule(sheet.lines, (start, end), width, rng, wobble)
    elif u < 0.5:
        below = y + unit * float(rng.uniform(0.58, 0.8))
        start, end = (
            x - unit * float(rng.uniform(0.5, 1.5)),
            x + unit * float(rng.uniform(0.5, 1.5)),
        )
        draw_rule(sheet.lines, ((start, below), (end, below)), width, rng, 0.02 * unit)
    return sheet


def _draw_ring(sheet: Sheet, middle: tuple[float, float], width: float, rng: Rng) -> None:
    """A ring by hand around a digit, not always closed."""
    ring = np.zeros(sheet.lines.shape, np.uint8)
    radius = sheet.unit * float(rng.uniform(0.7, 1.1))
    axes = (int(radius * rng.uniform(0.85, 1.15)), int(radius))
    x, y = (int(v + rng.normal(0, 0.06) * sheet.unit) for v in middle)
    turn, first = float(rng.uniform(0, 180)), float(rng.uniform(0, 40))
    last = 360 + float(rng.uniform(-15, 30))
    cv2.ellipse(ring, (x, y), axes, turn, first, last, 255, max(1, round(width)), cv2.LINE_AA)
    np.maximum(sheet.lines, ring * np.float32(1 / 255), out=sheet.lines)
