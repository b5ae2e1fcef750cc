"""Builds the cells of a table from its rulings: places without an edge between them are merged."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.tables.rulings import Rulings

STRANGE = 0.2  # of the usual size; an outer strip of fewer cells that differs by more is no row
GAPPY = 0.3  # an outer strip with this much more area outside all cells is no row
SPLIT = 3  # places; a larger face that is not a rectangle is no cell


@dataclass(frozen=True)
class Face:
    """A cell: the indices of its top and left line, and the rows and columns that it covers."""

    top: int
    left: int
    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Grid:
    """The lines and cells of a table. Each place between lines belongs to at most one cell."""

    rulings: Rulings
    faces: tuple[Face, ...]

    @property
    def area(self) -> float:
        """The approximate area in pixels of the flattened map."""
        v, u = self.rulings.v.position, self.rulings.u.position
        return float((v[-1] - v[0]) * (u[-1] - u[0]))


def find_grids(rulings: Rulings) -> list[Grid]:
    """Finds the tables: connected faces that are closed to the outside."""
    label = _join(rulings)
    inside = (label != label[0, 0])[1:-1, 1:-1]
    label = label[1:-1, 1:-1]
    inside &= ~_ragged(label, inside)
    grids = [_crop(rulings, label, part) for part in _parts(inside)]
    return sorted((grid for grid in grids if grid is not None), key=lambda grid: -grid.area)


def _ragged(label: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The places (R, C) of large faces that are not rectangles, as between a grid and a frame."""
    out = np.zeros_like(inside)
    for number in np.unique(label[inside]):
        own = label == number
        i, j = np.nonzero(own)
        box = (i.max() - i.min() + 1) * (j.max() - j.min() + 1)
        if len(i) > SPLIT and len(i) < box:
            out |= own
    return out


def _join(rulings: Rulings) -> NDArray[np.int64]:
    """Labels (R + 1, C + 1) of places merged over missing edges, with a border of outside."""
    rows, columns = len(rulings.v.position) - 1, len(rulings.u.position) - 1
    parent = np.arange((rows + 2) * (columns + 2))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = int(parent[item])
        return item

    number = parent.reshape(rows + 2, columns + 2).copy()

    def join(one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
        for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
            parent[root(a)] = root(b)

    ring = np.concatenate([number[0], number[-1], number[:, 0], number[:, -1]])
    join(ring, np.full_like(ring, number[0, 0]))
    open_level = ~rulings.level  # between place (i - 1, j) and (i, j)
    i, j = np.nonzero(open_level)
    join(number[i, j + 1], number[i + 1, j + 1])
    open_upright = ~rulings.upright
    j, i = np.nonzero(open_upright)
    join(number[i + 1, j], number[i + 1, j + 1])
    return np.array([root(item) for item in range(len(parent))]).reshape(number.shape)


def _parts(core: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """One mask (R, C) per connected component of places."""
    count, parts = cv2.connectedComponents(core.astype(np.uint8), connectivity=4)
    return [np.asarray(parts) == number for number in range(1, count)]


def _crop(rulings: Rulings, label: NDArray[np.int64], part: NDArray[np.bool_]) -> Grid | None:
    """The table of one component, without the lines that separate none of its cells."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    own = np.where(part, label, -1)[top:bottom, left:right]
    # A line that separates nothing in this component belongs to another table.
    keep_v = np.ones(bottom + 1 - top, bool)
    keep_v[1:-1] = (own[1:] != own[:-1]).any(axis=1)
    keep_u = np.ones(right + 1 - left, bool)
    keep_u[1:-1] = (own[:, 1:] != own[:, :-1]).any(axis=0)
    own = own[keep_v[:-1]][:, keep_u[:-1]]
    v = rulings.v.take(np.flatnonzero(keep_v) + top)
    u = rulings.u.take(np.flatnonzero(keep_u) + left)
    faces = _rectangles(own)
    if len(faces) < 2:
        return None
    side = _loose_side(own, v.position, u.position)
    if side is not None:
        fewer = part.copy()
        fewer[
            tuple(slice(a, b) for a, b in _strip(side, (top, bottom, left, right), keep_v, keep_u))
        ] = False
        return _crop(rulings, label, fewer) if fewer.any() else None
    level = rulings.level[top : bottom + 1, left:right][keep_v]
    upright = rulings.upright[left : right + 1, top:bottom][keep_u]
    level = np.logical_and.reduceat(level, np.flatnonzero(keep_u[:-1]), axis=1)
    upright = np.logical_and.reduceat(upright, np.flatnonzero(keep_v[:-1]), axis=1)
    return Grid(Rulings(v, u, level, upright), tuple(faces))


def _strip(
    side: str,
    bounds: tuple[int, int, int, int],
    keep_v: NDArray[np.bool_],
    keep_u: NDArray[np.bool_],
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The range of rows and of columns of the outermost row or column of a component."""
    top, bottom, left, right = bounds
    v, u = np.flatnonzero(keep_v) + top, np.flatnonzero(keep_u) + left
    rows, columns = (top, bottom), (left, right)
    if side == "top":
        rows = (top, int(v[1]))
    elif side == "bottom":
        rows = (int(v[-2]), bottom)
    elif side == "left":
        columns = (left, int(u[1]))
    else:
        columns = (int(u[-2]), right)
    return rows, columns


def _loose_side(
    own: NDArray[np.int64], v: NDArray[np.float64], u: NDArray[np.float64]
) -> str | None:
    """The side whose outermost row or column lies between the table and a frame, or None.

    Such a strip is divided where the rest of the table is not, or it has few cells of another size.
    """
    for side, table, across in (
        ("top", own, v),
        ("bottom", own[::-1], v[::-1]),
        ("left", own.T, u),
        ("right", own.T[::-1], u[::-1]),
    ):
        if len(table) < 3:
            continue
        strip, rest = table[0], table[1:]
        cuts = np.flatnonzero(strip[1:] != strip[:-1])
        shared = (rest[:, 1:] != rest[:, :-1]).any(axis=0)
        sizes = np.abs(np.diff(across))
        usual = float(np.median(sizes[1:]))
        strange = abs(sizes[0] - usual) > STRANGE * usual
        pieces = len(cuts) + 1
        usual_pieces = np.median((rest[:, 1:] != rest[:, :-1]).sum(axis=1)) + 1
        if (cuts.size and not shared[cuts].all()) or (strange and pieces * 2 < usual_pieces):
            return side
        if (strip < 0).any() and (strip < 0).mean() > (rest < 0).mean() + GAPPY:
            return side
    return None


def _rectangles(own: NDArray[np.int64]) -> list[Face]:
    """One face per label, in reading order. A face that is not a rectangle is split into places."""
    faces = []
    for number in np.unique(own):
        if number < 0:
            continue
        i, j = np.nonzero(own == number)
        height, width = int(i.max() - i.min() + 1), int(j.max() - j.min() + 1)
        if height * width == len(i):
            faces.append(Face(int(i.min()), int(j.min()), height, width))
        else:
            faces += [Face(int(a), int(b), 1, 1) for a, b in zip(i, j, strict=True)]
    return sorted(faces, key=lambda face: (face.top, face.left))
