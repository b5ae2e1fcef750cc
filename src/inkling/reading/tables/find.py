"""Finds all ruled grids of a photo: rectifies and flattens each one, and selects its lines."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, resize, shrink
from inkling.reading.tables.cell_boxes import find_cells
from inkling.reading.tables.chains import find_chains
from inkling.reading.tables.closed_regions import Window, find_windows
from inkling.reading.tables.darkness import Darkness
from inkling.reading.tables.evidence import line_evidence
from inkling.reading.tables.faces import Face, Grid, find_grids
from inkling.reading.tables.flatten import Flattening, flatten
from inkling.reading.tables.lattice import level_lines
from inkling.reading.tables.rectify import Patch, rectify
from inkling.reading.tables.rulings import Lines, Rulings, close, measure, present
from inkling.reading.tables.segments import DIRECTION_SIDE, find_pieces, two_families
from inkling.reading.tables.squared_paper import is_squared_paper

FINE, BROAD = (1.0, 2.0), (3.5,)  # pixels; standard deviations of the blurs for line evidence
LONGEST = 2000  # pixels; greatest longer side of a rectified patch
CELL = 48  # pixels; shorter side of a usual cell in a patch
LARGER = 2.5  # greatest magnification of a patch
# Standard deviations of the blurs for line evidence in a patch, relative to a cell's side. The
# second set finds lines out of focus, but would join strokes to their frames.
WIDTHS = ((0.025, 0.05), (0.05, 0.08))
WINDOW = 21  # pixels along which evidence is averaged before flattening
SLOPES = (-0.15, -0.075, 0.0, 0.075, 0.15)
LONG = 1.2  # cells; least length of a chain used to measure the bending of the paper
FEW = 9  # a grid with fewer cells than this ...
LEGIBLE = 16.0  # ... needs cells of at least this many pixels, unlike the holes of letters
SAME = 0.4  # of the smaller table; greatest overlap of two different tables


@dataclass(frozen=True, eq=False)
class FoundGrid:
    """A grid in pixels of the evidence map.

    `corners` (R, C, 2) float64 are the x, y of each crossing of R horizontal and C vertical lines.
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
        """The area in pixels."""
        return abs(float(cv2.contourArea(self.outline.astype(np.float32))))


def find_all(dark: Darkness) -> list[FoundGrid]:
    """Finds the grids of a photo, largest first, in pixels of `dark.found`."""
    fine = line_evidence(dark.found, FINE)
    evidence = np.maximum(fine, line_evidence(dark.found, BROAD))
    windows = find_windows(evidence, fine)
    found = [grid for window in windows for grid in _look_in(dark, evidence, window)]
    return [
        grid for grid in _without_doubles(found) if not is_squared_paper(evidence, grid.corners)
    ]


def _look_in(dark: Darkness, evidence: Map, window: Window) -> list[FoundGrid]:
    """The grids in one window."""
    part = window.cut(evidence)
    near = part * window.near
    pieces = find_pieces(shrink(near, DIRECTION_SIDE))
    families = two_families(pieces)
    if families is None:
        return []
    across, down = families
    scale = min(CELL / window.side, LARGER, LONGEST / max(part.shape))
    patch = rectify(
        pieces.take(across), pieces.take(down), part.shape, round(scale * max(part.shape))
    )
    bend = _flattening(patch.warp(near), LONG * scale * window.side, patch)
    seen = _see(dark, window, patch, scale)
    ink = np.asarray(cv2.remap(seen, *bend.maps(), cv2.INTER_LINEAR), np.float32)
    side = scale * window.side
    for fractions in WIDTHS:
        widths = tuple(float(np.clip(side * fraction, 1, 4)) for fraction in fractions)
        flat = line_evidence(ink, widths)
        grids = [
            grid for grid in _grids(flat, side) if len(grid.faces) >= FEW or window.side >= LEGIBLE
        ]
        if grids:
            return [_place(grid, (window.x, window.y), bend, patch) for grid in grids]
    return []


def _see(dark: Darkness, window: Window, patch: Patch, scale: float) -> Map:
    """The ink of a window warped to its patch, from the largest suitable image."""
    height, width = window.near.shape
    if scale <= 1 or dark.finding == 1:  # grey has less grain than the darkest colour
        part = window.cut(dark.found)
    else:
        x, y, right, bottom = (
            round(edge / dark.finding)
            for edge in (window.x, window.y, window.x + width, window.y + height)
        )
        part = dark.ink[y:bottom, x:right]
    # An image that becomes smaller must be averaged first, because warping only samples.
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    if shape[0] < part.shape[0]:
        part = resize(part, shape)
    to_window = np.diag([width / part.shape[1], height / part.shape[0], 1.0])
    to_window[:2, 2] = (np.diag(to_window)[:2] - 1) / 2
    return Patch(patch.to_patch @ to_window, patch.shape).warp(part)


def _flattening(rectified: Map, long: float, patch: Patch) -> Flattening:
    turned = np.ascontiguousarray(rectified.T)
    level = find_chains(rectified, WINDOW, SLOPES).longer_than(long)
    upright = find_chains(turned, WINDOW, SLOPES).longer_than(long)
    return flatten(level, upright, patch.shape)


def _grids(flat: Map, side: float) -> list[Grid]:
    """The grids of a flattened map, in its pixels. `side` is the side of a usual cell."""
    down, across = measure(flat), measure(np.ascontiguousarray(flat.T))
    found = []
    for cells in find_cells(flat, side):
        level, rows = level_lines(cells, down.smooth)
        upright, columns = level_lines(cells.turned, across.smooth)
        if min(len(level.position), len(upright.position)) < 2:
            continue
        edges = present(level, upright, down), present(upright, level, across)
        close(edges, rows, columns)
        found += find_grids(Rulings(level, upright, *edges))
    return found


def _place(grid: Grid, corner: tuple[int, int], bend: Flattening, patch: Patch) -> FoundGrid:
    """Maps a grid of a flattened patch to pixels of the evidence map."""
    u, v = crossings(grid.rulings.v, grid.rulings.u)
    first_u, first_v, _, _ = bend.extent()
    x, y = bend.backward((u + first_u).ravel(), (v + first_v).ravel())
    points = np.stack([x, y], axis=1)[None].astype(np.float64)
    back = cv2.perspectiveTransform(points, np.linalg.inv(patch.to_patch))
    return FoundGrid(np.asarray(back, np.float64).reshape(*u.shape, 2) + corner, grid.faces)


def crossings(level: Lines, upright: Lines) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The crossings of R horizontal and C vertical lines: u and v, (R, C) each."""
    u = np.repeat(upright.position[None], len(level.position), axis=0)
    v = u
    for _ in range(3):
        index = np.clip(np.rint(u), 0, level.course.shape[1] - 1).astype(np.int64)
        v = level.course[np.arange(len(level.position))[:, None], index]
        index = np.clip(np.rint(v), 0, upright.course.shape[1] - 1).astype(np.int64)
        u = upright.course[np.arange(len(upright.position))[None], index]
    return u, v


def _without_doubles(found: list[FoundGrid]) -> list[FoundGrid]:
    """Removes overlapping grids except the one with the most cells. Largest first."""
    chosen: list[FoundGrid] = []
    for grid in sorted(found, key=lambda grid: -len(grid.faces)):
        if all(_overlap(grid, other) < SAME for other in chosen):
            chosen.append(grid)
    return sorted(chosen, key=lambda grid: -grid.area)


def _overlap(one: FoundGrid, other: FoundGrid) -> float:
    a, b = one.outline.astype(np.float32), other.outline.astype(np.float32)
    common, _ = cv2.intersectConvexConvex(a, b)
    return float(common) / max(min(one.area, other.area), 1.0)
