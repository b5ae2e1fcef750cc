"""Ink to parts: which pixels are ink, which of them belong together, in what order they stand."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.light import Light
from inkling.reading.rules import remove_rules

FAINTEST = 0.07  # of the paper's brightness; less contrast than this is no ink
GRAIN = 5.0  # standard deviations of the paper's noise that ink stands above


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


@dataclass(frozen=True, eq=False)
class Segments:
    """A picture's parts in reading order; `labels` (H, W) int32 says whose each pixel is."""

    labels: NDArray[np.int32]
    parts: tuple[Part, ...]
    rows: tuple[int, ...]  # the line of text of each part
    strokes: tuple[
        tuple[Part, ...], ...
    ]  # for each line of text, its parts before they were joined
    lines: NDArray[np.uint8]  # rulings that were taken out, (H, W) of 0 and 1


def segment(light: Light) -> Segments:
    """The parts of a picture's ink, each a digit as far as its shape alone can tell."""
    mask, lines = _ink_mask(light)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    strokes = [
        _part(index, stats[index], light, labels)
        for index in range(1, count)
        if stats[index, cv2.CC_STAT_AREA] >= 3
    ]
    strokes = _join(_drop_specks(strokes, mask.shape), _gap_if_stacked)
    ordered, rows = _in_reading_order(_join(strokes, _gap_to_close))
    return Segments(
        labels, tuple(ordered), tuple(rows), _strokes_by_row(strokes, ordered, rows), lines
    )


def _strokes_by_row(
    strokes: list[Part], parts: list[Part], rows: list[int]
) -> tuple[tuple[Part, ...], ...]:
    row_of = {label: row for part, row in zip(parts, rows, strict=True) for label in part.labels}
    count = max(rows, default=-1) + 1
    return tuple(
        tuple(stroke for stroke in strokes if row_of[stroke.labels[0]] == row)
        for row in range(count)
    )


def _ink_mask(light: Light) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    floor = max(FAINTEST, GRAIN * light.noise)
    ink = light.ink
    above = ink > floor
    if not above.any():
        nothing = np.zeros(ink.shape, np.uint8)
        return nothing, nothing
    threshold = max(floor, 0.4 * float(np.percentile(ink[above], 90)))
    rules = remove_rules((ink > threshold).astype(np.uint8))
    rest = ink[rules.mask > 0]
    if rules.count and rest.size:
        darker = max(floor, 0.4 * float(np.percentile(rest, 90)))
        return rules.mask & (ink > darker), rules.lines
    return rules.mask, rules.lines


def _part(index: int, stat: NDArray[np.int32], light: Light, labels: NDArray[np.int32]) -> Part:
    x, y, w, h, area = (int(value) for value in stat)
    inside = labels[y : y + h, x : x + w] == index
    level = float(np.percentile(light.ink[y : y + h, x : x + w][inside], 80))
    return Part((index,), x, y, w, h, area, level)


def make_part(light: Light, labels: NDArray[np.int32], label: int) -> Part | None:
    """The part that the pixels with this label make, or None where there are none."""
    rows, columns = np.nonzero(labels == label)
    if not rows.size:
        return None
    x, y = int(columns.min()), int(rows.min())
    level = float(np.percentile(light.ink[rows, columns], 80))
    return Part(
        (label,), x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y, rows.size, level
    )


def _drop_specks(parts: list[Part], shape: tuple[int, ...]) -> list[Part]:
    """Without specks, faint stains and what lies along the picture's edge."""
    kept = [part for part in parts if not _along_edge(part, shape)]
    if not kept:
        return []
    main = max(kept, key=lambda part: part.area * part.level)
    size = max(main.w, main.h)
    return [
        part
        for part in kept
        if part.level > 0.4 * main.level
        and max(part.w, part.h) > 0.12 * size
        and part.area > 0.01 * main.area
        and max(part.w, part.h) > 0.02 * max(shape)
    ]


def _along_edge(part: Part, shape: tuple[int, ...]) -> bool:
    height, width = shape
    margin = 0.08 * min(height, width)
    left, top = part.x == 0, part.y == 0
    right, bottom = part.x + part.w == width, part.y + part.h == height
    thin = (left or right) and part.w <= margin and part.h > 1.5 * part.w
    flat = (top or bottom) and part.h <= margin and part.w > 1.5 * part.h
    return thin or flat


def _join(parts: list[Part], gap_between: Callable[[Part, Part], float | None]) -> list[Part]:
    """Strokes of one digit made one part, the nearest pair first, until none belongs together."""
    parts = list(parts)
    while True:
        pairs = [
            (gap, i, j)
            for i in range(len(parts))
            for j in range(i + 1, len(parts))
            if (gap := gap_between(parts[i], parts[j])) is not None
        ]
        if not pairs:
            return parts
        _, i, j = min(pairs)
        merged = union(parts[i], parts[j])
        parts = [part for index, part in enumerate(parts) if index not in (i, j)] + [merged]


def _gap_if_stacked(one: Part, other: Part) -> float | None:
    """How far apart two strokes are of which one stands above the other, or inside it."""
    overlap = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    down = max(0, max(one.y, other.y) - min(one.y + one.h, other.y + other.h))
    size = max(one.h, other.h, one.w, other.w)
    together = overlap > 0.45 * min(one.w, other.w) and down < 0.3 * size
    return float(down) if together and _one_width(one, other) else None


def _gap_to_close(one: Part, other: Part) -> float | None:
    """How far apart two strokes of one digit are, or None where they are two digits."""
    stacked = _gap_if_stacked(one, other)
    if stacked is not None:
        return stacked
    across = max(0, max(one.x, other.x) - min(one.x + one.w, other.x + other.w))
    down = max(0, max(one.y, other.y) - min(one.y + one.h, other.y + other.h))
    size = max(one.h, other.h, one.w, other.w)
    small = min(max(one.h, one.w), max(other.h, other.w)) < 0.6 * size
    near = small and across < 0.12 * size and down < 0.12 * size
    return float(np.hypot(across, down)) if near and _one_width(one, other) else None


def _one_width(one: Part, other: Part) -> bool:
    width = max(one.x + one.w, other.x + other.w) - min(one.x, other.x)
    return width < 1.6 * max(one.h, other.h, one.w, other.w)


def union(one: Part, other: Part) -> Part:
    """Two parts as one."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.w, other.x + other.w), max(one.y + one.h, other.y + other.h)
    area = one.area + other.area
    level = (one.level * one.area + other.level * other.area) / area
    return Part(one.labels + other.labels, x, y, right - x, bottom - y, area, level)


def _in_reading_order(parts: list[Part]) -> tuple[list[Part], list[int]]:
    """Lines from the top, each from the left; a part is in the line whose middle it covers."""
    lines: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: -part.h):
        middle = part.y + part.h / 2
        for line in lines:
            top = min(other.y for other in line[:1])
            bottom = max(other.y + other.h for other in line[:1])
            if top <= middle <= bottom:
                line.append(part)
                break
        else:
            lines.append([part])
    lines.sort(key=lambda line: line[0].y + line[0].h / 2)
    ordered = [(number, p) for number, line in enumerate(lines) for p in sorted(line, key=_left)]
    return [part for _, part in ordered], [number for number, _ in ordered]


def _left(part: Part) -> int:
    return part.x
