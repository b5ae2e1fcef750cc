"""Cells from edges: closed places, merged cells, frames around a grid, several grids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.tables.faces import (
    Face,
    _join,
    _loose_side,
    _parts,
    _ragged,
    _rectangles,
    find_grids,
)
from inkling.reading.tables.rulings import Lines, Rulings

ndimage = pytest.importorskip("scipy.ndimage")  # the reference; the base extra lacks it


def rulings(v: list[float], u: list[float]) -> Rulings:
    """A full grid with level lines at `v` and upright ones at `u`."""
    level = Lines(np.array(v, float), np.repeat(np.array(v, float)[:, None], 400, axis=1))
    upright = Lines(np.array(u, float), np.repeat(np.array(u, float)[:, None], 400, axis=1))
    return Rulings(
        level, upright, np.ones((len(v), len(u) - 1), bool), np.ones((len(u), len(v) - 1), bool)
    )


def even(rows: int, columns: int) -> Rulings:
    return rulings(
        [20.0 + 40 * k for k in range(rows + 1)], [10.0 + 30 * k for k in range(columns + 1)]
    )


def test_a_full_grid_has_a_face_for_each_place() -> None:
    (grid,) = find_grids(even(3, 4))
    assert grid.faces == tuple(Face(i, j, 1, 1) for i in range(3) for j in range(4))
    assert grid.area == 3 * 40 * 4 * 30
    assert grid.rulings.v.position.tolist() == [20, 60, 100, 140]
    assert grid.rulings.level.all()
    assert grid.rulings.upright.all()


def test_a_missing_edge_merges_two_cells() -> None:
    lines = even(3, 4)
    lines.level[1, 2] = False  # between the first and second row
    lines.upright[1, 2] = False  # between the first and second column of the last row
    (grid,) = find_grids(lines)
    spans = {
        (f.top, f.left): (f.rows, f.columns) for f in grid.faces if (f.rows, f.columns) != (1, 1)
    }
    assert spans == {(0, 2): (2, 1), (2, 0): (1, 2)}
    assert len(grid.faces) == 10
    assert not grid.rulings.level[1, 2]
    assert not grid.rulings.upright[1, 2]


def test_an_open_place_belongs_to_no_cell() -> None:
    lines = even(3, 4)
    lines.level[0, 1] = False  # a gap to the outside
    (grid,) = find_grids(lines)
    assert (0, 1) not in {(face.top, face.left) for face in grid.faces}
    assert len(grid.faces) == 11


def test_grids_side_by_side_are_two_the_larger_first() -> None:
    lines = even(2, 5)
    lines.level[:, 1] = False  # the second column is open: no cells there
    grids = find_grids(lines)
    assert [len(grid.faces) for grid in grids] == [6, 2]
    assert grids[0].rulings.u.position.tolist() == [70, 100, 130, 160]
    assert grids[1].rulings.u.position.tolist() == [10, 40]
    assert grids[0].rulings.level.shape == (3, 3)
    assert grids[0].rulings.upright.shape == (4, 2)


def test_a_line_that_separates_nothing_is_left_out() -> None:
    lines = even(3, 4)
    lines.level[1] = False  # no piece of the second line is there
    (grid,) = find_grids(lines)
    assert grid.rulings.v.position.tolist() == [20, 100, 140]
    assert grid.faces == tuple(Face(i, j, 1, 1) for i in range(2) for j in range(4))
    assert grid.rulings.upright.shape == (5, 2)
    assert grid.rulings.upright.all()
    lines = even(3, 4)
    lines.upright[2] = False
    (grid,) = find_grids(lines)
    assert grid.rulings.u.position.tolist() == [10, 40, 100, 130]
    assert grid.rulings.level.shape == (4, 3)


def test_one_cell_and_none_are_no_grid() -> None:
    assert find_grids(even(1, 1)) == []
    nothing = even(2, 2)
    nothing.level[:] = nothing.upright[:] = False
    assert find_grids(nothing) == []
    assert len(find_grids(even(1, 2))) == 1


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_frame_around_a_grid_is_no_row_of_it(side: str) -> None:
    """A strip of one cell, of another size, between a grid and a frame."""
    v, u = [20.0, 60, 100, 140, 180], [10.0, 50, 90, 130, 170]
    lines = rulings(v, u)
    strip = {"top": 0, "bottom": 3, "left": 0, "right": 3}[side]
    if side in ("top", "bottom"):
        lines.upright[1:-1, strip] = False
        positions = np.array(v)
        positions[0 if side == "top" else -1] += -20 if side == "top" else 20
        lines = Rulings(Lines(positions, lines.v.course), lines.u, lines.level, lines.upright)
    else:
        lines.level[1:-1, strip] = False
        positions = np.array(u)
        positions[0 if side == "left" else -1] += -20 if side == "left" else 20
        lines = Rulings(lines.v, Lines(positions, lines.u.course), lines.level, lines.upright)
    (grid,) = find_grids(lines)
    rows, columns = (3, 4) if side in ("top", "bottom") else (4, 3)
    assert len(grid.faces) == rows * columns
    assert len(grid.rulings.v.position) == rows + 1
    assert len(grid.rulings.u.position) == columns + 1


def loose(
    strip: list[int], *, first: float = 40.0, rest: list[list[int]] | None = None
) -> str | None:
    """Which side of a table with `strip` as its first row, `first` high, is loose."""
    table = np.array([strip, *(rest or [[10, 11, 12, 13], [20, 21, 22, 23], [30, 31, 32, 33]])])
    v = np.cumsum([0.0, first, *[40.0] * (len(table) - 1)])
    return _loose_side(table, v, np.arange(5) * 30.0)


@pytest.mark.parametrize(
    ("strip", "first", "side"),
    [
        ([1, 2, 3, 4], 40.0, None),
        ([1, 1, 1, 1], 40.0, None),  # a headline as high as a row
        ([1, 1, 1, 1], 48.0, None),  # 0.2 higher
        ([1, 1, 1, 1], 49.0, "top"),
        ([1, 1, 1, 1], 32.0, None),
        ([1, 1, 1, 1], 31.0, "top"),
        ([1, 1, 2, 2], 80.0, None),  # two pieces of four: half as many
        ([1, 2, 3, 4], 80.0, None),
        ([-1, 2, 3, 4], 40.0, None),  # a quarter of it is no cell
        ([-1, -1, 3, 4], 40.0, "top"),
    ],
)
def test_a_strip_beside_the_grid_is_recognised_by_size_and_pieces(
    strip: list[int], first: float, side: str | None
) -> None:
    assert loose(strip, first=first) == side


def test_a_strip_that_is_cut_where_nothing_else_is_cut_is_loose() -> None:
    rest = [[10, 10, 12, 13], [20, 20, 22, 23], [30, 30, 32, 33]]
    assert loose([1, 2, 3, 4], rest=rest) == "top"
    assert loose([1, 1, 3, 4], rest=rest) is None


def test_two_rows_have_no_loose_side_above() -> None:
    assert (
        _loose_side(np.array([[1, 1], [2, 3]]), np.array([0.0, 90, 130]), np.arange(3) * 30.0)
        is None
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**16))
def test_places_are_joined_by_missing_edges(rows: int, columns: int, seed: int) -> None:
    """Beside labels of the same edges drawn as pixels."""
    rng = np.random.default_rng(seed)
    lines = even(rows, columns)
    lines.level[:] = rng.random(lines.level.shape) > 0.4
    lines.upright[:] = rng.random(lines.upright.shape) > 0.4
    label = _join(lines)
    open_space = np.zeros((2 * rows + 3, 2 * columns + 3), bool)
    open_space[::2, ::2] = True  # places, with a ring of outside around them
    open_space[0] = open_space[-1] = open_space[:, 0] = open_space[:, -1] = True
    for i, j in np.ndindex(*lines.level.shape):
        open_space[2 * i + 1, 2 * j + 2] = not lines.level[i, j]
    for j, i in np.ndindex(*lines.upright.shape):
        open_space[2 * i + 2, 2 * j + 1] = not lines.upright[j, i]
    expected, _ = ndimage.label(open_space)
    places = expected[::2, ::2]
    assert label.shape == (rows + 2, columns + 2)
    for number in np.unique(places):
        assert len(np.unique(label[places == number])) == 1
    assert len(np.unique(label)) == len(np.unique(places))


def test_a_large_face_that_is_no_rectangle_is_no_cell() -> None:
    label = np.array([[1, 1, 1], [1, 2, 3], [1, 2, 4]])
    inside = np.ones_like(label, bool)
    np.testing.assert_array_equal(_ragged(label, inside), label == 1)
    corner = np.array([[1, 1, 5], [1, 2, 3], [6, 2, 4]])  # three places: small enough to split
    assert not _ragged(corner, np.ones_like(corner, bool)).any()
    assert not _ragged(label, label != 1).any()


def test_a_small_face_that_is_no_rectangle_falls_into_its_places() -> None:
    faces = _rectangles(np.array([[7, 7, -1], [7, 3, 3]]))
    assert faces == [Face(0, 0, 1, 1), Face(0, 1, 1, 1), Face(1, 0, 1, 1), Face(1, 1, 1, 2)]


def test_places_that_touch_at_a_corner_are_two_parts() -> None:
    parts = _parts(np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1]], bool))
    assert sorted(part.sum() for part in parts) == [1, 3]
