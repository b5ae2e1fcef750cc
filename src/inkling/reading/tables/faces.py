"""Cells between rulings: what is closed all around, and what missing edges join together."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.tables.rulings import Rulings

THIN = 0.2  # of the median; lines closer together than this are one, drawn double
STRANGE = 0.2  # of the usual size; a strip of fewer cells that differs by more is no row
GAPPY = 0.3  # of a strip that belongs to no cell, more than elsewhere
SPLIT = 3  # places; a larger face that is no rectangle is no cell


@dataclass(frozen=True)
class Face:
    """A cell: the lines (indices) that bound it, and how many rows and columns it covers."""

    top: int
    left: int
    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Grid:
    """A table's lines and its cells; every place of it belongs to one cell or to none."""

    rulings: Rulings
    faces: tuple[Face, ...]

    @property
    def area(self) -> float:
        """In flat pixels, about."""
        v, u = self.rulings.v.position, self.rulings.u.position
        return float((v[-1] - v[0]) * (u[-1] - u[0]))


def find_grids(rulings: Rulings) -> list[Grid]:
    """The tables that the edges close off: faces that no gap joins to the outside."""
    label = _join(rulings)
    inside = (label != label[0, 0])[1:-1, 1:-1]
    label = label[1:-1, 1:-1]
    inside &= ~_ragged(label, inside)
    grids = [_crop(rulings, label, part) for part in _parts(inside)]
    return sorted((grid for grid in grids if grid is not None), key=lambda grid: -grid.area)


def _ragged(label: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The places (R, C) of faces that are far from rectangles, as between a grid and a frame."""
    out = np.zeros_like(inside)
    for number in np.unique(label[inside]):
        own = label == number
        i, j = np.nonzero(own)
        box = (i.max() - i.min() + 1) * (j.max() - j.min() + 1)
        if len(i) > SPLIT and len(i) < box:
            out |= own
    return out


def _join(rulings: Rulings) -> NDArray[np.int64]:
    """Labels (R + 1, C + 1) of places, one ring of outside around them, joined by missing edges."""
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
    """Places (R, C) that hang together by their sides, one mask for each such part."""
    count, parts = cv2.connectedComponents(core.astype(np.uint8), connectivity=4)
    return [np.asarray(parts) == number for number in range(1, count)]


def _crop(rulings: Rulings, label: NDArray[np.int64], part: NDArray[np.bool_]) -> Grid | None:
    """The table of one part, with the lines that its cells do not need left out."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    own = np.where(part, label, -1)[top:bottom, left:right]
    # A line that separates nothing in this part is another table's.
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
    """The places, rows and columns, of the outermost row or column of a part."""
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
    """Which outermost row or column is no part of the table but lies between it and a frame.

    Its cells are separated where no other cells are, or it is one cell of another size.
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
    """One face for each label, in reading order; one that is no rectangle falls into its places."""
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
