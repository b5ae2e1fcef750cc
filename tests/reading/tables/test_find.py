"""Grids in photos: crossings, places in the image, doubles left out."""

import numpy as np
import pytest

from inkling.reading.tables.darkness import see_darkness
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import (
    FoundGrid,
    _overlap,
    _without_doubles,
    crossings,
    find_all,
)
from inkling.reading.tables.rulings import Lines
from tests.reading.tables.drawn import PAPER, draw_grid, tilt


def grid_at(
    x: float, y: float, *, rows: int = 2, columns: int = 3, cell: float = 10.0, faces: int = 6
) -> FoundGrid:
    u, v = np.meshgrid(x + cell * np.arange(columns + 1.0), y + cell * np.arange(rows + 1.0))
    return FoundGrid(np.stack([u, v], axis=2), tuple(Face(0, k, 1, 1) for k in range(faces)))


def test_a_grid_knows_its_size_and_outline() -> None:
    grid = grid_at(5, 7)
    assert (grid.rows, grid.columns, grid.area) == (2, 3, 600)
    assert grid.outline.tolist() == [[5, 7], [35, 7], [35, 27], [5, 27]]


@pytest.mark.parametrize(("cell", "edges"), [((40, 40), 2), ((60, 90), 3)])
@pytest.mark.parametrize("zoom", [1, 3])
def test_corners_lie_on_the_drawn_lines(cell: tuple[int, int], edges: int, zoom: int) -> None:
    sheet = draw_grid([["", "", "", ""]] * 3, cell=cell, thick=edges)
    sheet = np.kron(sheet, np.ones((zoom, zoom), np.uint8)).astype(np.uint8)
    dark = see_darkness(sheet)
    (grid,) = find_all(dark)
    assert (grid.rows, grid.columns) == (3, 4)
    corners = (grid.corners + 0.5) / dark.finding / zoom - 0.5
    rows, columns = np.arange(4)[:, None], np.arange(5)[None]
    assert np.abs(corners[..., 1] - (40 + cell[0] * rows)).max() < 1.5
    assert np.abs(corners[..., 0] - (40 + cell[1] * columns)).max() < 1.5
    assert len(grid.faces) == 12


def test_corners_of_a_tilted_grid_lie_where_they_are_seen() -> None:
    plain = draw_grid([["", "", ""]] * 3, grain=0)
    marked = np.full_like(plain, PAPER)
    marked[38:43, 38:43] = 0  # the first corner alone
    seen = tilt(marked, 25, 8)
    rows, columns = np.nonzero(seen < 120)
    (grid,) = find_all(see_darkness(tilt(plain, 25, 8)))
    first = grid.corners[0, 0]
    assert first[0] == pytest.approx(columns.mean(), abs=2)
    assert first[1] == pytest.approx(rows.mean(), abs=2)


def test_crossings_of_bent_lines_lie_on_both() -> None:
    columns, rows = np.arange(200.0), np.arange(150.0)
    level = Lines(np.array([30.0, 90.0]), np.stack([30 + columns / 20, 90 + columns / 20]))
    upright = Lines(np.array([20.0, 120.0]), np.stack([20 + rows / 10, 120 + rows / 10]))
    u, v = crossings(level, upright)
    assert u.shape == v.shape == (2, 2)
    for i in range(2):
        for j in range(2):
            assert v[i, j] == pytest.approx((30, 90)[i] + u[i, j] / 20, abs=0.1)
            assert u[i, j] == pytest.approx((20, 120)[j] + v[i, j] / 10, abs=0.1)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (grid_at(0, 0), grid_at(0, 0), 1.0),
        (grid_at(0, 0), grid_at(15, 0), 0.5),
        (grid_at(0, 0), grid_at(100, 0), 0.0),
        (grid_at(0, 0), grid_at(5, 5, rows=1, columns=1), 1.0),  # of the smaller
        (grid_at(0, 0), grid_at(0, 10), 0.5),
    ],
)
def test_an_overlap_is_a_fraction_of_the_smaller_grid(
    one: FoundGrid, other: FoundGrid, overlap: float
) -> None:
    assert _overlap(one, other) == pytest.approx(overlap)
    assert _overlap(other, one) == pytest.approx(overlap)


def test_of_grids_that_overlap_the_one_with_most_cells_stays() -> None:
    many, few = grid_at(0, 0, faces=6), grid_at(15, 0, faces=5)
    apart = grid_at(19, 0, faces=2)  # 11 of 30 columns: 0.37
    large = grid_at(200, 0, rows=9, columns=9, faces=1)
    assert _without_doubles([few, many, large]) == [large, many]
    assert _without_doubles([many, apart]) == [many, apart]
    assert _without_doubles([]) == []


def test_the_holes_of_letters_are_no_small_grid() -> None:
    """Grids of few cells must have large ones; of many they may be small."""
    for texts, found in (([["", ""], ["", ""]], 0), ([[""] * 5] * 4, 1)):
        sheet = draw_grid(texts, cell=(14, 14), thick=1, grain=1.0)
        assert len(find_all(see_darkness(sheet))) == found, len(texts)
    sheet = draw_grid([["", ""], ["", ""]], cell=(24, 24), thick=1, grain=1.0)
    assert len(find_all(see_darkness(sheet))) == 1
