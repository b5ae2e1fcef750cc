"""Every ruled grid in an evidence map: rectified, flattened, its lines chosen, its cells closed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, shrink
from inkling.reading.tables.chains import find_chains
from inkling.reading.tables.faces import Face, Grid, find_grids
from inkling.reading.tables.flatten import Flattening, flatten
from inkling.reading.tables.rectify import Patch, rectify
from inkling.reading.tables.rulings import Lines, choose, find_lines, groups, measure
from inkling.reading.tables.segments import SIDE, Pieces, find_pieces, two_families

LONGEST = 1000  # pixels; the longer side of a rectified patch
WINDOW = 21  # pixels along which evidence is averaged in a patch that is not yet flat
SLOPES = (-0.15, -0.075, 0.0, 0.075, 0.15)
LONG = 40.0  # pixels; shorter chains say nothing about how the paper is bent
STRONG = 0.5  # evidence of what hangs together as one drawing
CLOSINGS = (3, 11)  # pixels; gaps over which it still hangs together
ROOM = 8  # pixels around such a drawing
SMALLEST = 24  # pixels; the shorter side of a table in its patch, at least
WINDOWS = 10  # drawings looked at, the largest
SMALL = 0.05  # of the longer side of the image; smaller drawings are not looked at
LARGER = 2  # times; a patch shows its window no larger than that
AROUND = 0.04  # of a grid's longer side, left around it when it is looked at from near
CLOSER = 0.7  # of a window; a smaller grid is looked at again
SPAN = 0.3  # of half a window's shorter side; a grid has two pieces of line so long each way
COVERED = 0.5  # of a window; with so much of it known to be a grid it is not looked at
SAME = 0.4  # of the smaller of two tables; what overlaps more is one table seen twice

Window = tuple[int, int, int, int]  # x, y, w, h


@dataclass(frozen=True, eq=False)
class FoundGrid:
    """A grid in the pixels of the evidence map.

    `corners` (R, C, 2) float64 are x, y of every crossing of the R level and C upright lines;
    `faces` are its cells.
    """

    corners: NDArray[np.float64]
    faces: tuple[Face, ...]

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return self.corners.shape[0] - 1

    @property
    def columns(self) -> int:
        """Columns of cells."""
        return self.corners.shape[1] - 1

    @property
    def outline(self) -> NDArray[np.float64]:
        """The four corners (4, 2), clockwise from the top left."""
        return self.corners[[0, 0, -1, -1], [0, -1, -1, 0]]

    @property
    def area(self) -> float:
        """In pixels."""
        return abs(float(cv2.contourArea(self.outline.astype(np.float32))))


def find_all(evidence: Map) -> list[FoundGrid]:
    """The grids of an evidence map (H, W) float32 0 to 1, largest first."""
    found: list[FoundGrid] = []
    for window in _windows(evidence):
        if any(_covers(grid, window) for grid in found):
            continue
        for grid in _look_in(evidence, window):
            found += _look_again(evidence, grid, window)
    if not found:
        found = _look_in(evidence, (0, 0, evidence.shape[1], evidence.shape[0]))
    return _without_doubles(found)


def _look_again(evidence: Map, grid: FoundGrid, window: Window) -> list[FoundGrid]:
    """A grid looked at from near, where it is a small part of the window it was found in."""
    x, y, w, h = cv2.boundingRect(grid.outline.astype(np.float32))
    room = round(AROUND * max(w, h)) + ROOM
    left, top = max(0, x - room), max(0, y - room)
    right = min(evidence.shape[1], x + w + room)
    bottom = min(evidence.shape[0], y + h + room)
    if (right - left) * (bottom - top) > CLOSER * window[2] * window[3]:
        return [grid]
    return [grid, *_look_in(evidence, (left, top, right - left, bottom - top))]


def _look_in(evidence: Map, window: Window) -> list[FoundGrid]:
    """The grids in one window of the evidence."""
    x, y, w, h = window
    part = np.ascontiguousarray(evidence[y : y + h, x : x + w])
    pieces = find_pieces(shrink(part, SIDE))
    families = two_families(pieces)
    if families is None:
        return []
    across, down = families
    if not (_spans(pieces.take(across), part.shape) and _spans(pieces.take(down), part.shape)):
        return []
    longest = min(LONGEST, LARGER * max(w, h))
    patch = rectify(pieces.take(across), pieces.take(down), part.shape, longest)
    rectified = patch.warp(part)
    level = find_chains(rectified, WINDOW, SLOPES).longer_than(LONG)
    upright = find_chains(np.ascontiguousarray(rectified.T), WINDOW, SLOPES).longer_than(LONG)
    bend = flatten(level, upright, patch.shape)
    flat = np.asarray(cv2.remap(rectified, *bend.maps(), cv2.INTER_LINEAR), np.float32)
    return [_place(grid, (x, y), bend, patch) for grid in _grids(flat)]


def _spans(pieces: Pieces, shape: tuple[int, ...]) -> bool:
    """Whether there are two pieces of line that are long beside the window; text has none."""
    least = SPAN * min(shape) / max(shape)
    return int((pieces.length > least).sum()) >= 2


def _windows(evidence: Map) -> list[Window]:
    """Where in a map there may be a grid: around all that hangs together, largest first."""
    height, width = evidence.shape
    mask = (evidence > STRONG).astype(np.uint8)
    boxes: list[Window] = []
    least = max(SMALLEST, round(SMALL * max(evidence.shape)))
    for size in CLOSINGS:
        closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        for x, y, w, h, _area in stats[1:].tolist():
            if min(w, h) < SMALLEST or max(w, h) < least:
                continue
            left, top = max(0, x - ROOM), max(0, y - ROOM)
            right, bottom = min(width, x + w + ROOM), min(height, y + h + ROOM)
            box = (left, top, right - left, bottom - top)
            if not any(_alike(box, other) for other in boxes):
                boxes.append(box)
    boxes.sort(key=lambda box: -box[2] * box[3])
    return boxes[:WINDOWS]


def _covers(grid: FoundGrid, window: Window) -> bool:
    """Whether a grid that was found takes up most of a window."""
    x, y, w, h = window
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
    common, _ = cv2.intersectConvexConvex(corners, grid.outline.astype(np.float32))
    return float(common) > COVERED * w * h


def _alike(one: Window, other: Window) -> bool:
    (x, y, w, h), (a, b, c, d) = one, other
    ends = max(abs(x - a), abs(y - b), abs(x + w - a - c), abs(y + h - b - d))
    return ends < 2 * ROOM


def _grids(flat: Map) -> list[Grid]:
    """The grids of a flattened map, in its pixels."""
    turned = np.ascontiguousarray(flat.T)
    level, upright = find_lines(flat), find_lines(turned)
    if not len(level.position) or not len(upright.position):
        return []
    down, across = measure(flat), measure(turned)
    found = []
    for own_level, own_upright in groups(level, upright)[:WINDOWS]:
        rulings = choose(level.take(own_level), upright.take(own_upright), down, across)
        if rulings is not None:
            found += find_grids(rulings)
    return found


def _place(grid: Grid, corner: tuple[int, int], bend: Flattening, patch: Patch) -> FoundGrid:
    """A grid of a flattened patch in the pixels of the evidence map."""
    u, v = crossings(grid.rulings.v, grid.rulings.u)
    first_u, first_v, _, _ = bend.extent()
    x, y = bend.backward((u + first_u).ravel(), (v + first_v).ravel())
    points = np.stack([x, y], axis=1)[None].astype(np.float64)
    back = cv2.perspectiveTransform(points, np.linalg.inv(patch.to_patch))
    return FoundGrid(np.asarray(back, np.float64).reshape(*u.shape, 2) + corner, grid.faces)


def crossings(level: Lines, upright: Lines) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where R level lines cross C upright ones: u and v, (R, C) each."""
    u = np.repeat(upright.position[None], len(level.position), axis=0)
    v = u
    for _ in range(3):
        index = np.clip(np.rint(u), 0, level.course.shape[1] - 1).astype(np.int64)
        v = level.course[np.arange(len(level.position))[:, None], index]
        index = np.clip(np.rint(v), 0, upright.course.shape[1] - 1).astype(np.int64)
        u = upright.course[np.arange(len(upright.position))[None], index]
    return u, v


def _without_doubles(found: list[FoundGrid]) -> list[FoundGrid]:
    """Of grids that overlap the one with the most cells; largest first."""
    chosen: list[FoundGrid] = []
    for grid in sorted(found, key=lambda grid: -len(grid.faces)):
        if all(_overlap(grid, other) < SAME for other in chosen):
            chosen.append(grid)
    return sorted(chosen, key=lambda grid: -grid.area)


def _overlap(one: FoundGrid, other: FoundGrid) -> float:
    a, b = one.outline.astype(np.float32), other.outline.astype(np.float32)
    common, _ = cv2.intersectConvexConvex(a, b)
    return float(common) / max(min(one.area, other.area), 1.0)
