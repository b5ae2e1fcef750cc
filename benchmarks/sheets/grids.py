"""Renders photos of ruled grids with digits in their cells, without the project's renderer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.types import Digits

LONGEST = 2600  # pixels; the longer side of a flat sheet, at most
Layer = NDArray[np.float32]  # (H, W), 0 bare to 1 covered
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Plan:
    """A grid to draw: sizes of its rows and columns in pixels, and how it is ruled and seen.

    `merged` are cells (row, column, columns) that span several columns; angles are in degrees.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    thick: tuple[int, int] = (2, 2)  # pixels: thin lines, and every third one and the border
    dark: float = 0.8
    gaps: float = 0.0  # of its lines, that are left out in short pieces
    merged: tuple[tuple[int, int, int], ...] = ()
    lean: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    bend: float = 0.0  # of the sheet's height, that bent paper rises
    title: bool = False
    desk: float | None = None  # brightness of the desk around the sheet, relative to the paper


@dataclass(frozen=True, eq=False)
class GridSheet:
    """An image (H, W) uint8, the plan that it shows and the text at each place."""

    image: Grey
    plan: Plan
    texts: list[list[str]]


def _even(rng: np.random.Generator, most: tuple[int, int]) -> Plan:
    rows, columns = int(rng.integers(1, most[0] + 1)), int(rng.integers(2, most[1] + 1))
    top = min(70, LONGEST // (max(rows, columns) + 2))
    height = int(rng.integers(34, max(35, top)))
    width = int(height * rng.uniform(0.9, 1.3))
    plan = Plan((height,) * rows, (width,) * columns)
    return replace(plan, dark=rng.uniform(0.45, 0.9), title=bool(rng.random() < 0.4))


def _plain(rng: np.random.Generator) -> Plan:
    return replace(_even(rng, (12, 12)), turn=rng.uniform(-2, 2))


def _angled(rng: np.random.Generator) -> Plan:
    lean, way = np.radians(rng.uniform(5, 35)), rng.uniform(0, 2 * np.pi)
    tilt = (float(np.degrees(lean) * np.cos(way)), float(np.degrees(lean) * np.sin(way)))
    return replace(_even(rng, (30, 25)), lean=tilt, turn=rng.uniform(-15, 15))


def _bent(rng: np.random.Generator) -> Plan:
    tilt = (rng.uniform(-15, 15), rng.uniform(-15, 15))
    plan = replace(_even(rng, (30, 25)), lean=tilt, turn=rng.uniform(-8, 8))
    return replace(plan, bend=rng.uniform(0.02, 0.06) * rng.choice((-1, 1)))


def _broken(rng: np.random.Generator) -> Plan:
    plan = replace(_even(rng, (15, 15)), gaps=rng.uniform(0.02, 0.1), turn=rng.uniform(-4, 4))
    return replace(plan, dark=rng.uniform(0.25, 0.5))


def _uneven(rng: np.random.Generator) -> Plan:
    plan = _even(rng, (14, 10))
    rows = tuple(int(size * rng.uniform(0.8, 1.6)) for size in plan.rows)
    columns = tuple(int(size * rng.uniform(0.8, 2.5)) for size in plan.columns)
    return replace(plan, rows=rows, columns=columns, thick=(2, 5), turn=rng.uniform(-4, 4))


def _comb(rng: np.random.Generator) -> Plan:
    plan = _even(rng, (1, 12))
    return replace(plan, columns=(plan.rows[0],) * int(rng.integers(4, 13)))


def _merged(rng: np.random.Generator) -> Plan:
    plan = _even(rng, (12, 8))
    plan = replace(plan, rows=(plan.rows[0],) * max(3, len(plan.rows)))
    plan = replace(plan, columns=(plan.columns[0],) * max(3, len(plan.columns)))
    count = len(plan.columns)
    return replace(plan, merged=((0, int(rng.integers(0, count - 1)), 2),))


def _desk(rng: np.random.Generator) -> Plan:
    plan = replace(_even(rng, (12, 12)), turn=rng.uniform(-15, 15))
    return replace(plan, desk=rng.uniform(0.15, 0.85))


PLANS: dict[str, Callable[[np.random.Generator], Plan]] = {
    "plain": _plain,
    "angled": _angled,
    "bent": _bent,
    "broken": _broken,
    "uneven": _uneven,
    "comb": _comb,
    "merged": _merged,
    "desk": _desk,
}


def draw_grid(plan: Plan, digits: Digits, rng: np.random.Generator) -> GridSheet:
    """A photo of a plan, half of its cells empty."""
    texts = _texts(plan, digits, rng)
    room = int(1.2 * max(plan.rows)) + 20
    shape = (sum(plan.rows) + 2 * room, sum(plan.columns) + 2 * room)
    ink = np.zeros(shape, np.float32)
    _rule(ink, plan, room, rng)
    for i, row in enumerate(texts):
        for j, index in enumerate(row):
            if index is not None:
                _write(ink, digits.images[index], _place(plan, room, i, j), rng)
    if plan.title:
        words = np.zeros(shape, np.uint8)
        cv2.putText(words, "Results 2024", (room, room - 12), cv2.FONT_HERSHEY_DUPLEX, 0.8, 200, 1)
        np.maximum(ink, words.astype(np.float32) / 255, out=ink)
    seen = _see(_bend(ink, plan.bend), plan)
    cover = np.ones_like(seen)
    if plan.desk is not None:
        seen, cover = _lay(seen, _see(np.ones(shape, np.float32), plan), rng)
    said = [["" if k is None else str(digits.labels[k]) for k in row] for row in texts]
    return GridSheet(_photograph(seen, cover, plan, rng), plan, said)


def _texts(plan: Plan, digits: Digits, rng: np.random.Generator) -> list[list[int | None]]:
    """Which digit stands at each place; none in half of them and where a merged cell goes on."""
    on = {(i, j + k) for i, j, span in plan.merged for k in range(1, span)}
    return [
        [
            int(rng.integers(len(digits))) if rng.random() < 0.5 and (i, j) not in on else None
            for j in range(len(plan.columns))
        ]
        for i in range(len(plan.rows))
    ]


def _place(plan: Plan, room: int, row: int, column: int) -> tuple[int, int, int, int]:
    """x, y, width and height of a place, the first one of a merged cell."""
    span = next((s for i, j, s in plan.merged if (i, j) == (row, column)), 1)
    x, y = room + sum(plan.columns[:column]), room + sum(plan.rows[:row])
    return x, y, sum(plan.columns[column : column + span]), plan.rows[row]


def _rule(ink: Layer, plan: Plan, room: int, rng: np.random.Generator) -> None:
    right, bottom = room + sum(plan.columns), room + sum(plan.rows)
    for i in range(len(plan.rows) + 1):
        y = room + sum(plan.rows[:i])
        _line(ink, (room, y), (right, y), _thick(plan, i, len(plan.rows)), plan, rng)
    inside = {(i, j + k) for i, j, span in plan.merged for k in range(1, span)}
    for j in range(len(plan.columns) + 1):
        x, thick = room + sum(plan.columns[:j]), _thick(plan, j, len(plan.columns))
        for i, height in enumerate(plan.rows):
            if (i, j) not in inside:
                y = room + sum(plan.rows[:i])
                _line(ink, (x, y), (x, min(y + height, bottom)), thick, plan, rng)


def _thick(plan: Plan, number: int, last: int) -> int:
    return plan.thick[1] if number in (0, last) or number % 3 == 0 else plan.thick[0]


def _line(
    ink: Layer,
    start: tuple[int, int],
    stop: tuple[int, int],
    thick: int,
    plan: Plan,
    rng: np.random.Generator,
) -> None:
    cv2.line(ink, start, stop, (plan.dark,), thick)
    length = max(stop[0] - start[0], stop[1] - start[1])
    for _ in range(rng.poisson(plan.gaps * length / 6)):
        at = rng.uniform(0.05, 0.95)
        x = round(start[0] + at * (stop[0] - start[0]))
        y = round(start[1] + at * (stop[1] - start[1]))
        ink[y - 3 : y + 3, x - 3 : x + 3] = 0


def _write(
    ink: Layer, digit: Grey, place: tuple[int, int, int, int], rng: np.random.Generator
) -> None:
    x, y, width, height = place
    side = int(min(width, height) * rng.uniform(0.78, 0.95))
    sized = cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    left = x + (width - side) // 2 + int(rng.integers(-2, 3))
    top = y + (height - side) // 2 + int(rng.integers(-2, 3))
    part = ink[top : top + side, left : left + side]
    np.maximum(part, np.clip(sized, 0, 1) * np.float32(rng.uniform(0.7, 0.95)), out=part)


def _bend(ink: Layer, bend: float) -> Layer:
    """Paper that arches along its width: lines across follow the arch, columns grow narrower."""
    if not bend:
        return ink
    height, width = ink.shape
    arch = abs(bend) * height
    padded = cv2.copyMakeBorder(ink, int(arch) + 2, int(arch) + 2, 0, 0, cv2.BORDER_CONSTANT)
    xs, ys = np.meshgrid(np.arange(width), np.arange(padded.shape[0]))
    along = xs / width
    shift = bend * height * (np.sin(np.pi * along) - 0.5)
    squeezed = xs + 0.25 * abs(bend) * width * np.sin(2 * np.pi * along)
    return np.asarray(
        cv2.remap(
            padded,
            squeezed.astype(np.float32),
            (ys + shift).astype(np.float32),
            cv2.INTER_LINEAR,
        ),
        np.float32,
    )


def _see(ink: Layer, plan: Plan) -> Layer:
    """The sheet as a camera sees it, 2.2 times its size away."""
    if plan.lean == (0.0, 0.0) and plan.turn == 0.0:
        return ink
    height, width = ink.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    flat = corners - [width / 2, height / 2]
    spin, (tip, tilt) = np.radians(plan.turn), np.radians(plan.lean)
    flat = flat @ np.array([[np.cos(spin), np.sin(spin)], [-np.sin(spin), np.cos(spin)]])
    away = 2.2 * max(height, width)
    depth = away + flat[:, 1] * np.sin(tip) + flat[:, 0] * np.sin(tilt)
    seen = flat * [np.cos(tilt), np.cos(tip)] * (away / depth)[:, None]
    low, high = seen.min(axis=0) - 10, seen.max(axis=0) + 10
    matrix = cv2.getPerspectiveTransform(
        corners.astype(np.float32), (seen - low).astype(np.float32)
    )
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    return np.asarray(cv2.warpPerspective(ink, matrix, size, flags=cv2.INTER_AREA), np.float32)


def _lay(ink: Layer, cover: Layer, rng: np.random.Generator) -> tuple[Layer, Layer]:
    """A sheet on a desk 0.1 to 0.6 times its size wider on each side: its ink and where it lies."""
    sides = [int(rng.uniform(0.1, 0.6) * max(ink.shape)) for _ in range(4)]
    return (
        np.asarray(cv2.copyMakeBorder(ink, *sides, cv2.BORDER_CONSTANT), np.float32),
        np.asarray(cv2.copyMakeBorder(cover, *sides, cv2.BORDER_CONSTANT), np.float32),
    )


def _photograph(ink: Layer, cover: Layer, plan: Plan, rng: np.random.Generator) -> Grey:
    """Uneven light, a little blur, noise and JPEG. `cover` is 1 on the sheet, 0 on the desk."""
    height, width = ink.shape
    first, last = rng.uniform(170, 240, 2)
    light = (
        np.linspace(first, last, width)[None]
        * np.linspace(1, rng.uniform(0.85, 1), height)[:, None]
    )
    ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 1.2)), np.float32)
    if plan.desk is not None:
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), 1.0), np.float32)
        light = light * (cover + plan.desk * (1 - cover))
    grey = light * (1 - 0.85 * ink) + rng.normal(0, rng.uniform(1, 5), ink.shape)
    _, content = cv2.imencode(
        ".jpg", np.clip(grey, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88]
    )
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)
