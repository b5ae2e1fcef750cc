"""Ink to parts: which strokes belong together, and in what order the parts stand."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inkling.reading.detect.components import Components, find_components
from inkling.reading.detect.text_map import Writing
from inkling.reading.preprocess.pixels import Labels

FAINT = 0.35  # of the main ink's darkness; what is fainter is a stain
SPECK = 0.13  # of the main part's length; what is shorter is a speck
OUTSIDE = 0.08  # of a part; with no more than that inside the picture it is a frame
LONG = 4  # times its height; what a row of digits takes of a longer picture says nothing
MOST = 400  # parts of one picture, the largest; a page of writing has fewer


@dataclass(frozen=True, eq=False)
class Part:
    """Ink that belongs together, at working size: its labels, its box and how dark it is."""

    labels: tuple[int, ...]
    x: int
    y: int
    w: int
    h: int
    area: int
    level: float
    odds: float  # that it was written, at its surest place, 0 to 1

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.h


@dataclass(frozen=True, eq=False)
class Segments:
    """A picture's parts in reading order; `labels` (H, W) int32 says whose each pixel is."""

    labels: Labels
    parts: tuple[Part, ...]
    rows: tuple[int, ...]  # the line of text of each part
    strokes: tuple[tuple[Part, ...], ...]  # each line's parts, before they were joined


def segment(writing: Writing) -> Segments:
    """The parts of a picture's ink, each a digit as far as its shape alone can tell."""
    components = find_components(writing)
    strokes = _drop_specks(_parts(components), components.labels)
    strokes = _join(strokes, _gap_if_stacked)
    ordered, rows = _in_reading_order(_join(strokes, _gap_to_close))
    by_row = _strokes_by_row(strokes, ordered, rows)
    return Segments(components.labels, tuple(ordered), tuple(rows), by_row)


def _parts(found: Components) -> list[Part]:
    rows = zip(
        found.index.tolist(),
        found.boxes.tolist(),
        found.areas.tolist(),
        found.levels.tolist(),
        found.odds.tolist(),
        strict=True,
    )
    return [
        Part((label,), x, y, w, h, area, level, odds)
        for label, (x, y, w, h), area, level, odds in rows
    ]


def make_part(writing: Writing, labels: Labels, label: int) -> Part | None:
    """The part that the pixels with this label make, or None where there are none."""
    rows, columns = np.nonzero(labels == label)
    if not rows.size:
        return None
    x, y = int(columns.min()), int(rows.min())
    level = float(writing.ink[rows, columns].mean())
    w, h = int(columns.max()) + 1 - x, int(rows.max()) + 1 - y
    return Part(
        (label,), x, y, w, h, int(rows.size), level, float(writing.odds[rows, columns].max())
    )


def _drop_specks(parts: list[Part], labels: Labels) -> list[Part]:
    """Without specks, faint stains and what lies along the picture's edge."""
    shape = labels.shape
    kept = [part for part in parts if not _along_edge(part, labels)]
    if not kept:
        return []
    main = max(kept, key=lambda part: part.area * part.level)
    size = max(main.w, main.h)
    kept = [
        part
        for part in kept
        if not _is_loose_rule(part, main)
        and part.level > FAINT * main.level
        and max(part.w, part.h) > SPECK * size
        and part.area > 0.01 * main.area
        and max(part.w, part.h) > 0.02 * picture_size(shape)
    ]
    return sorted(kept, key=lambda part: -part.area)[:MOST]


def picture_size(shape: tuple[int, ...]) -> int:
    """What the size of a part is judged by: a picture's longer side, of a long strip less."""
    return min(max(shape), LONG * min(shape))


def _is_loose_rule(part: Part, main: Part) -> bool:
    """Whether a part is a piece of a ruling above or below the main ink: flat, and wider."""
    apart = max(0, max(part.y, main.y) - min(part.bottom, main.bottom))
    flat = part.w > 5 * part.area / part.w and part.h < 0.3 * part.w
    return part is not main and flat and part.w > 1.2 * main.w and apart > 0.02 * main.h


def _along_edge(part: Part, labels: Labels) -> bool:
    """Whether a part is a rest of a frame or of the paper's edge: thin, along the picture's.

    One side of it, or several that meet at a corner, as a cell is cut from a form.
    """
    height, width = labels.shape
    if not (part.x == 0 or part.y == 0 or part.right == width or part.bottom == height):
        return False
    margin = 0.1 * min(height, width)
    upright, flat = part.h > 1.5 * part.w, part.w > 1.5 * part.h
    beside = part.right <= margin or part.x >= width - margin
    above = part.bottom <= margin or part.y >= height - margin
    return (beside and upright) or (above and flat) or _lies_outside(part, labels, round(margin))


def _lies_outside(part: Part, labels: Labels, margin: int) -> bool:
    """Whether hardly any of a part lies farther than `margin` from the picture's edge."""
    height, width = labels.shape
    rows = slice(max(part.y, margin), max(min(part.bottom, height - margin), 0))
    columns = slice(max(part.x, margin), max(min(part.right, width - margin), 0))
    inside = np.isin(labels[rows, columns], part.labels)
    return int(inside.sum()) <= OUTSIDE * part.area


def _join(parts: list[Part], gap_between: Callable[[Part, Part], float | None]) -> list[Part]:
    """Strokes of one digit made one part, the nearest pair first, until none belongs together."""
    alive = dict(enumerate(parts))
    gaps = {
        (i, j): gap
        for i in alive
        for j in alive
        if i < j and (gap := gap_between(alive[i], alive[j])) is not None
    }
    fresh = len(parts)
    while gaps:
        i, j = min(gaps, key=lambda pair: (gaps[pair], pair))
        merged = union(alive.pop(i), alive.pop(j))
        gaps = {pair: gap for pair, gap in gaps.items() if not {i, j} & set(pair)}
        for k, other in alive.items():
            gap = gap_between(other, merged)
            if gap is not None:
                gaps[k, fresh] = gap
        alive[fresh] = merged
        fresh += 1
    return list(alive.values())


def _gap_if_stacked(one: Part, other: Part) -> float | None:
    """How far apart two strokes are of which one stands above the other, or inside it."""
    overlap = min(one.right, other.right) - max(one.x, other.x)
    down = max(0, max(one.y, other.y) - min(one.bottom, other.bottom))
    size = max(one.h, other.h, one.w, other.w)
    together = overlap > 0.45 * min(one.w, other.w) and down < 0.25 * size
    if not together and (_is_bar(one, other) or _is_bar(other, one)):
        together = overlap > 0.25 * min(one.w, other.w) and down < 0.12 * size
    return float(down) if together and _one_digit_wide(one, other) else None


def _is_bar(one: Part, other: Part) -> bool:
    """Whether a stroke may be the bar of a 5 or 7, set down beside the rest: flat, and smaller."""
    return one.h < 0.6 * one.w and one.h < 0.6 * other.h


def _gap_to_close(one: Part, other: Part) -> float | None:
    """How far apart two strokes of one digit are, or None where they are two digits."""
    stacked = _gap_if_stacked(one, other)
    if stacked is not None:
        return stacked
    across = max(0, max(one.x, other.x) - min(one.right, other.right))
    down = max(0, max(one.y, other.y) - min(one.bottom, other.bottom))
    size = max(one.h, other.h, one.w, other.w)
    small = min(max(one.h, one.w), max(other.h, other.w)) < 0.6 * size
    near = small and across < 0.12 * size and down < 0.12 * size
    return float(np.hypot(across, down)) if near and _one_digit_wide(one, other) else None


def _one_digit_wide(one: Part, other: Part) -> bool:
    width = max(one.right, other.right) - min(one.x, other.x)
    return width < 1.6 * max(one.h, other.h, one.w, other.w)


def union(one: Part, other: Part) -> Part:
    """Two parts as one."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    w, h = max(one.right, other.right) - x, max(one.bottom, other.bottom) - y
    area = one.area + other.area
    level = (one.level * one.area + other.level * other.area) / area
    odds = max(one.odds, other.odds)
    return Part(one.labels + other.labels, x, y, w, h, area, level, odds)


def _in_reading_order(parts: list[Part]) -> tuple[list[Part], list[int]]:
    """Lines from the top, each from the left; a part is in the line whose tallest it stands by."""
    lines: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: -part.h):
        middle = part.y + part.h / 2
        near = [line for line in lines if line[0].y <= middle <= line[0].bottom]
        if near:
            near[0].append(part)
        else:
            lines.append([part])
    lines.sort(key=lambda line: line[0].y + line[0].h / 2)
    ordered = [
        (number, part)
        for number, line in enumerate(lines)
        for part in sorted(line, key=lambda part: part.x + part.w / 2)
    ]
    return [part for _, part in ordered], [number for number, _ in ordered]


def _strokes_by_row(
    strokes: list[Part], parts: list[Part], rows: list[int]
) -> tuple[tuple[Part, ...], ...]:
    row_of = {label: row for part, row in zip(parts, rows, strict=True) for label in part.labels}
    count = max(rows, default=-1) + 1
    return tuple(
        tuple(stroke for stroke in strokes if row_of[stroke.labels[0]] == row)
        for row in range(count)
    )
