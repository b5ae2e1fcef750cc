"""Rows of digits and marks as the mark network sees them: each part with its line, and a class.

`compose_marks` draws clean windows. `compose_mark_scene` photographs a row and takes the parts
that the reader itself finds, pieces of digits and remains of rulings among them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.recognise.mark_network import DIGIT, HEIGHT, KINDS, WIDTH, mark_windows
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labels import cover, overlap
from inkling.synthesis.marks import draw_mark, sample_kind
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.render import (
    Placement,
    draw_glyph,
    sample_pen,
    sample_placement,
    sample_slant,
)
from inkling.synthesis.rows import Item, glyph_width
from inkling.synthesis.scene import finish_scene
from inkling.synthesis.sheet import Sheet, Truth, sample_spec
from inkling.synthesis.strokes import write_digit
from inkling.types import Box, MarkKind

MARKED = (0.0, 0.0, 0.25, 0.5)  # of the places of a row that hold a mark; one is picked for a row
AT_END = 0.12  # of rows with marks, at either end
ONES = 0.15  # of digits that are drawn 1s, which slashes are like
MANY_ONES = 0.15  # of rows that have mostly 1s
CLASSES = 1 + len(KINDS)
# Rows as people write them: d is one digit or more, any other character a mark.
PATTERNS = (
    "d.d", "d.d", "d,d", "d,d", "d,d", "d/d", "d/d", "d-d", "d:d", "d%", "-d", "d.d.d", "d,d,d",
    "d/d/d", "d-d-d", "d:d:d",
)  # fmt: skip
PATTERNED = 0.5  # of rows that follow one of them
MARK_OF: dict[str, MarkKind] = {
    ".": "point", ",": "comma", "/": "slash", "-": "minus", ":": "colon", "%": "percent",
}  # fmt: skip
MARKED_TRUTH = 20  # plus the class: the label of a mark among the truths of a scene
PIECE = 0.7  # of a part that lies in a digit's box: then it is the digit or a piece of it
SAME = 0.35  # intersection over union of a part with a mark; points are few pixels large


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
    ones = 0.8 if rng.random() < MANY_ONES else ONES
    items: list[tuple[Item, int]] = []
    for kind in _sample_kinds(rng):
        if kind is not None:
            items.append((Item(*draw_mark(kind, source, rng)), 1 + KINDS.index(kind)))
            continue
        glyph = write_digit(1, rng) if rng.random() < ones else source.digit()
        if printed:
            glyph = source.sign(str(rng.integers(10)), print_prob=0.95) or glyph
        size = float(np.exp(rng.normal(0, 0.12)))
        items.append((Item(glyph, size, float(rng.normal(0, 0.05))), 0))
    return items


def _sample_kinds(rng: np.random.Generator) -> list[MarkKind | None]:
    """What a row is made of: None for a digit."""
    if rng.random() < PATTERNED:
        kinds: list[MarkKind | None] = []
        for letter in PATTERNS[rng.integers(len(PATTERNS))]:
            if letter == "d":
                kinds.extend([None] * int(rng.integers(1, 5)))
            else:
                kinds.append(MARK_OF[letter])
        return kinds
    count, fraction = int(rng.integers(2, 9)), float(rng.choice(MARKED))
    kinds = []
    for k in range(count):
        ends = fraction > 0 and k in (0, count - 1) and rng.random() < AT_END
        marked = (k and rng.random() < fraction) or ends
        kinds.append(sample_kind(rng) if marked else None)
    return kinds


def compose_mark_scene(
    source: GlyphSource, rng: np.random.Generator
) -> list[tuple[NDArray[np.uint8], int]]:
    """The windows (2, 32, 64) uint8 of the parts that the reader finds in a photographed row."""
    unit = float(np.exp(rng.uniform(np.log(22), np.log(70))))
    spec = replace(sample_spec(rng), thumb=False, unit=unit)
    row = _write_row(source, rng, unit)
    margins = np.maximum(spec.unit * rng.uniform(0.1, rng.choice([0.3, 0.8, 2.0]), 4), 2).round()
    around = ((int(margins[1]), int(margins[3])), (int(margins[0]), int(margins[2])))
    ink = np.pad(np.max([stamped.ink for stamped in row], axis=0), around)
    move = np.array([margins[0], margins[1], margins[0], margins[1]])
    truths = [
        Truth(stamped.label and MARKED_TRUTH + stamped.label, tuple((stamped.box + move).tolist()))
        for stamped in row
    ]
    sheet = Sheet(ink, np.zeros_like(ink), truths, unit)
    scene = finish_scene(sheet, source, spec, len(row), rng)
    writing = make_text_map(scene.pixels)
    segments = segment(writing)
    found: list[tuple[NDArray[np.uint8], int]] = []
    for strokes, specks in zip(segments.strokes, segments.specks, strict=True):
        parts = [*strokes, *specks]
        labels = [_label_part(part, writing.zoom, scene.truths) for part in parts]
        windows = mark_windows(writing, segments.labels, parts)
        found += [(w, label) for w, label in zip(windows, labels, strict=True) if label is not None]
    return found


def _label_part(part: Part, zoom: float, truths: Sequence[Truth]) -> int | None:
    """The class of a part that the reader found; None where the truth leaves it open."""
    box = Box(
        round(part.x / zoom), round(part.y / zoom), round(part.w / zoom), round(part.h / zoom)
    )
    own = (box.x, box.y, box.x + box.w, box.y + box.h)
    best, label = max(
        ((overlap(box, t.box, 0.5), t.label) for t in truths), default=(0.0, NONE_LABEL)
    )
    if best >= SAME and label > MARKED_TRUTH:
        return label - MARKED_TRUTH
    inside = [(_share(own, t.box), t.label) for t in truths]
    most, owner = max(inside, default=(0.0, NONE_LABEL))
    if most >= PIECE and owner == MARKED_TRUTH + 1 + KINDS.index("colon"):
        return 1 + KINDS.index("point")  # one of its points; the reader joins them
    if most >= PIECE and owner > MARKED_TRUTH:
        return owner - MARKED_TRUTH
    if any(t.label <= NONE_LABEL and cover(box, t.box) > 0.5 for t in truths):
        return 0  # a digit, or two that touch
    if most >= PIECE:
        return 0 if owner < NONE_LABEL else None
    return 1 + KINDS.index("other") if most < 0.1 else None


def _share(
    own: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    """The fraction of a box x0 y0 x1 y1 that lies in another one."""
    across = min(own[2], other[2]) - max(own[0], other[0])
    down = min(own[3], other[3]) - max(own[1], other[1])
    return max(across, 0) * max(down, 0) / max((own[2] - own[0]) * (own[3] - own[1]), 1e-6)


def _write_row(
    source: GlyphSource, rng: np.random.Generator, unit: float | None = None
) -> list[Stamped]:
    unit = float(rng.uniform(18, 30)) if unit is None else unit
    tight = float(rng.uniform(0.03, 0.4))
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
