"""Segments the ink of an image into parts, one per digit or mark, in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inkling.reading.detect.components import find_components
from inkling.reading.detect.layout import find_layout
from inkling.reading.detect.parts import Part, parts_of_components
from inkling.reading.detect.rings import without_rings
from inkling.reading.detect.strokes import join_strokes
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.pixels import Labels

FAINT = 0.35  # of the main part's darkness; fainter parts are stains
SPECK = 0.13  # of the main part's length; shorter parts are specks
DUST = 0.04  # of the main part's length; shorter specks are ignored
MOST_SPECKS = 40  # in one image; if there are more, they are a texture
ASIDE = 0.8  # heights of a stroke; greatest distance of a point beside it
OUTSIDE = 0.08  # of a part; if a smaller fraction is away from the edges, it is a frame
LONG = 4  # greatest width over height of an image used to judge the size of parts
MOST = 400  # greatest number of parts, largest first; a page of writing has fewer


@dataclass(frozen=True, eq=False)
class Segments:
    """The parts of an image in reading order. `labels` (H, W) int32 gives each pixel's label."""

    labels: Labels
    parts: tuple[Part, ...]
    rows: tuple[int, ...]  # the line of text of each part
    strokes: tuple[tuple[Part, ...], ...]  # per line: its parts before strokes were joined
    specks: tuple[tuple[Part, ...], ...] = ()  # per line: too small for digits, perhaps points


def segment(writing: TextMap) -> Segments:
    """Segments the ink of an image. By its shape, each part may be one digit."""
    components = find_components(writing)
    found = without_rings(parts_of_components(components), components.labels)
    pieces, small = _part_specks(found, components.labels)
    layout = find_layout(pieces)
    strokes = [
        tuple(join_strokes([pieces[index] for index in line], side_by_side=False))
        for line in layout.lines
    ]
    return join_lines(components.labels, strokes, _specks_by_line(small, strokes))


def join_lines(
    labels: Labels, strokes: Sequence[tuple[Part, ...]], specks: tuple[tuple[Part, ...], ...]
) -> Segments:
    """Joins the strokes of each line to parts."""
    parts: list[Part] = []
    rows: list[int] = []
    for number, line in enumerate(strokes):
        joined = join_strokes(line, side_by_side=True)
        parts += joined
        rows += [number] * len(joined)
    return Segments(labels, tuple(parts), tuple(rows), tuple(strokes), specks)


def _specks_by_line(
    specks: list[Part], lines: list[tuple[Part, ...]]
) -> tuple[tuple[Part, ...], ...]:
    """For each line, the specks close to one of its strokes."""
    near: list[list[Part]] = [[] for _ in lines]
    for speck in specks:
        x, y = speck.x + speck.w / 2, speck.y + speck.h / 2
        best, owner = ASIDE, -1
        for number, line in enumerate(lines):
            for part in line:
                apart = max(part.x - x, x - part.right, 0.0)
                off = max(part.y - y, y - part.bottom, 0.0)
                if part.h > 2 * speck.size and off < ASIDE * part.h / 2:
                    far = (apart + off) / part.h
                    if far < best:
                        best, owner = far, number
        if owner >= 0:
            near[owner].append(speck)
    return tuple(tuple(line) for line in near)


def _part_specks(parts: list[Part], labels: Labels) -> tuple[list[Part], list[Part]]:
    """Separates parts that may be digits from specks. Drops stains and ink along the edges."""
    shape = labels.shape
    kept = [part for part in parts if not _along_edge(part, labels)]
    if not kept:
        return [], []
    main = max(kept, key=lambda part: part.area * part.level)
    size = max(main.w, main.h)
    dark = [
        part for part in kept if not _is_loose_rule(part, main) and part.level > FAINT * main.level
    ]
    large = [
        part
        for part in dark
        if part.size > max(SPECK * size, 0.02 * image_size(shape)) and part.area > 0.01 * main.area
    ]
    known = {part.labels for part in large}
    specks = [part for part in dark if part.labels not in known and part.size > DUST * size]
    if len(specks) > MOST_SPECKS:  # a texture
        specks = []
    return sorted(large, key=lambda part: -part.area)[:MOST], specks


def image_size(shape: tuple[int, ...]) -> int:
    """The longer side of an image, limited for long strips. Sizes of parts are relative to it."""
    return min(max(shape), LONG * min(shape))


def _is_loose_rule(part: Part, main: Part) -> bool:
    """Whether a part is a piece of a ruling: flat, wider than the main part, above or below it."""
    apart = max(0, max(part.y, main.y) - min(part.bottom, main.bottom))
    flat = part.w > 5 * part.area / part.w and part.h < 0.3 * part.w
    return part is not main and flat and part.w > 1.2 * main.w and apart > 0.02 * main.h


def _along_edge(part: Part, labels: Labels) -> bool:
    """Whether a part lies along the edge of the image: the rest of a frame or the paper's edge.

    It may lie along one side, or along several, as in a cell cut from a form.
    """
    height, width = labels.shape
    if not (part.x == 0 or part.y == 0 or part.right == width or part.bottom == height):
        return False
    return _lies_outside(part, labels, round(0.1 * min(height, width)))


def _lies_outside(part: Part, labels: Labels, margin: int) -> bool:
    """Whether almost all of a part lies within `margin` of the edges of the image."""
    height, width = labels.shape
    rows = slice(max(part.y, margin), max(min(part.bottom, height - margin), 0))
    columns = slice(max(part.x, margin), max(min(part.right, width - margin), 0))
    inside = np.isin(labels[rows, columns], part.labels)
    return int(inside.sum()) <= OUTSIDE * part.area
