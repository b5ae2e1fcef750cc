"""Regional writing styles that MNIST's American digits lack, drawn onto them.

The 1 of Europe has an upstroke as long as half its stem, the 7 a bar through its stem; a zero
may be slashed. Each is a stroke added to a glyph's fields.
"""

import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import FIELD, UNIT, FloatImage, Glyph, join, stroke_width

_ROWS, _COLUMNS = np.mgrid[:FIELD, :FIELD].astype(np.float32)
Point = tuple[float, float]
# Where a pen that is not lifted leaves a digit or comes to it: at its head or foot, and on which
# side. A tail anywhere else makes another digit of it, or none.
TAILS: dict[int, tuple[tuple[bool, int], ...]] = {
    0: ((True, 1), (True, -1)),
    2: ((False, 1), (True, -1)),
    3: ((True, -1), (False, -1)),
    5: ((True, 1), (False, -1)),
    6: ((False, 1),),
    8: ((True, 1), (True, -1)),
}


def measure_segment(start: Point, end: Point) -> FloatImage:
    """Distance, in units, of each pixel of a field to the line between two of its pixels."""
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    length = max(dx * dx + dy * dy, 1e-6)
    t = (((_COLUMNS - x0) * dx + (_ROWS - y0) * dy) / length).clip(0, 1)
    return (np.hypot(_COLUMNS - x0 - t * dx, _ROWS - y0 - t * dy) / UNIT).astype(np.float32)


def _spine_pixels(glyph: Glyph) -> NDArray[np.intp]:
    """(K, 2) the x, y of the spine, from the top row down."""
    rows, columns = np.nonzero(glyph.spine < 0.8 / UNIT)
    return np.stack([columns, rows], 1)


def add_upstroke(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """A 1 with an upstroke, short as in print or long as in Europe, and sometimes a foot."""
    spine = _spine_pixels(glyph)
    if len(spine) < 8:
        return glyph
    width = stroke_width(glyph)
    (x, y), (foot_x, foot_y) = spine[0], spine[-1]
    drop = UNIT * rng.uniform(0.12, 0.95)
    run = min(drop * rng.uniform(0.3, 1.1), 0.55 * UNIT)  # flatter, and it is a 7
    lines = measure_segment((x, y), (x - run, y + drop))
    if rng.random() < 0.15:
        half = UNIT * rng.uniform(0.15, 0.35)
        tilt = rng.normal(0, 0.06) * UNIT
        foot = measure_segment((foot_x - half, foot_y - tilt), (foot_x + half, foot_y + tilt))
        lines = np.minimum(lines, foot)
    return join(glyph, lines, width)


def add_foot(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """A 1 that stands on a short line."""
    spine = _spine_pixels(glyph)
    if len(spine) < 8:
        return glyph
    x, y = spine[-1]
    half, tilt = UNIT * rng.uniform(0.15, 0.4), UNIT * rng.normal(0, 0.05)
    return join(
        glyph, measure_segment((x - half, y - tilt), (x + half, y + tilt)), stroke_width(glyph)
    )


def add_bar(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """A 7 with a bar through its stem, between two and seven tenths of the way down."""
    spine = _spine_pixels(glyph)
    if len(spine) < 8:
        return glyph
    row = spine[0, 1] + rng.uniform(0.35, 0.68) * (spine[-1, 1] - spine[0, 1])
    near = spine[np.abs(spine[:, 1] - row) < 1.5]
    if not len(near):
        return glyph
    x, half = float(near[:, 0].mean()), UNIT * rng.uniform(0.12, 0.4)
    x += rng.normal(0, 0.05) * UNIT
    tilt = UNIT * rng.normal(-0.02, 0.06)
    return join(
        glyph, measure_segment((x - half, row - tilt), (x + half, row + tilt)), stroke_width(glyph)
    )


def add_slash(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """A zero struck through from its lower left to its upper right."""
    middle, reach = (FIELD - 1) / 2, UNIT * rng.uniform(0.3, 0.55)
    run = reach * rng.uniform(0.4, 0.9)
    return join(
        glyph,
        measure_segment((middle - run, middle + reach), (middle + run, middle - reach)),
        stroke_width(glyph),
    )


def add_tail(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """A digit with a part of a stroke that joined it to its neighbour, as left over when a row of
    joined digits is cut apart.
    """
    ways, spine = TAILS.get(glyph.label), _spine_pixels(glyph)
    if ways is None or len(spine) < 8:
        return glyph
    head, side = ways[rng.integers(len(ways))]
    x, y = spine[0] if head else spine[-1]
    run, rise = side * UNIT * rng.uniform(0.15, 0.5), UNIT * rng.normal(0, 0.08)
    sag = UNIT * rng.normal(0.04, 0.06)
    middle = x + run / 2, y + rise / 2 + sag
    lines = np.minimum(
        measure_segment((x, y), middle), measure_segment(middle, (x + run, y + rise))
    )
    return join(glyph, lines, stroke_width(glyph) * rng.uniform(0.7, 1.0))


def add_habit(glyph: Glyph, rng: np.random.Generator) -> Glyph:
    """The glyph, sometimes with a regional feature of its digit."""
    if rng.random() < (0.2 if glyph.label == 0 else 0.08):
        glyph = add_tail(glyph, rng)
    u = rng.random()
    if glyph.label == 1 and u < 0.55:
        return add_upstroke(glyph, rng)
    if glyph.label == 1 and u < 0.62:
        return add_foot(glyph, rng)
    if glyph.label == 7 and u < 0.45:
        return add_bar(glyph, rng)
    if glyph.label == 0 and u < 0.05:
        return add_slash(glyph, rng)
    return glyph
