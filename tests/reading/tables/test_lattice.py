"""Lines from the cells that they close in: positions, courses, strokes and creases left out."""

from dataclasses import replace

import numpy as np
import pytest

from inkling.reading.tables.cell_boxes import Boxes
from inkling.reading.tables.lattice import (
    _anchored,
    _chosen,
    _closed,
    _drawn,
    _follow,
    _half_thickness,
    level_lines,
)


def cells_of(rows: int, columns: int, *, cell: float = 40.0, gap: float = 4.0) -> Boxes:
    """The inner boxes of a grid that begins at 50, 50; lines are `gap` pixels thick."""
    i, j = np.indices((rows, columns)).reshape(2, -1).astype(float)
    left, top = 50 + cell * j + gap / 2, 50 + cell * i + gap / 2
    ones = np.ones(len(left))
    return Boxes(left, left + cell - gap, top, top + cell - gap, ones, ones)


def smooth_map(rows: list[int], shape: tuple[int, int] = (300, 320)) -> np.ndarray:
    smooth = np.zeros(shape, np.float32)
    for row in rows:
        smooth[row - 1 : row + 2] = np.array([0.5, 1.0, 0.5])[:, None]
    return smooth


def test_lines_lie_between_cells_and_each_cell_knows_its_own() -> None:
    lines, place = level_lines(cells_of(3, 4), smooth_map([50, 90, 130, 170]))
    np.testing.assert_allclose(lines.position, [50, 90, 130, 170], atol=0.5)
    np.testing.assert_allclose(lines.course[:, 60], [50, 90, 130, 170], atol=0.5)
    assert place.tolist() == [[0] * 4 + [1] * 4 + [2] * 4, [1] * 4 + [2] * 4 + [3] * 4]


def test_a_line_follows_its_crest() -> None:
    smooth = smooth_map([50, 132, 170])
    smooth[88:91] = 0
    for x in range(320):
        row = 90 + round(3 * np.sin(x / 60))
        smooth[row, x] = 1
    lines, _ = level_lines(cells_of(3, 4), smooth)
    expected = 90 + 3 * np.sin(np.arange(70, 200) / 60)
    assert np.abs(lines.course[1, 70:200] - expected).max() < 1.0
    assert np.abs(lines.course[2, 70:200] - 132).max() < 0.6
    assert np.abs(lines.course[2] - 130).max() < 4.5


def test_sides_of_large_cells_may_differ_more() -> None:
    """Sides closer than 0.3 of a small cell's side are one line."""
    cells = cells_of(2, 4, cell=100.0)
    for off, count in ((20.0, 3), (40.0, 4)):
        bottom = cells.bottom + np.array([0, 0, 0, 0, 0, 0, 0, off])
        bent = replace(cells, bottom=bottom)
        lines, _ = level_lines(bent, smooth_map([50, 150, 250], (400, 500)))
        assert len(lines.position) == count


@pytest.mark.parametrize(("off", "followed"), [(2, True), (3, False)])
def test_lines_of_small_cells_are_followed_two_pixels_away(off: int, followed: bool) -> None:
    smooth = np.zeros((120, 120), np.float32)
    smooth[[50 + off, 62 + off, 74 + off]] = 1
    lines, _ = level_lines(cells_of(2, 4, cell=12.0, gap=2.0), smooth)
    plain, _ = level_lines(cells_of(2, 4, cell=12.0, gap=2.0), np.zeros_like(smooth))
    moved = lines.course[:, 60:90] - plain.course[:, 60:90]
    assert bool((np.abs(moved) > 1).all()) is followed
    assert bool((np.abs(moved) < 0.1).all()) is not followed


def test_half_the_thickness_of_a_line() -> None:
    assert _half_thickness(cells_of(2, 2, gap=6.0)) == 3.0
    assert _half_thickness(cells_of(1, 3, gap=6.0)) == 2.0  # no cell below another: a usual line


def test_where_cells_close_a_line_in() -> None:
    number = np.array([0, 0, 1])
    closed = _closed(number, np.array([2.4, 10.0, -3.0]), np.array([5.4, 12.0, 2.0]), 20)
    assert np.flatnonzero(closed[0]).tolist() == [2, 3, 4, 5, 10, 11, 12]
    assert np.flatnonzero(closed[1]).tolist() == [0, 1, 2]


def test_a_line_is_drawn_where_a_trace_of_it_is() -> None:
    smooth = np.zeros((10, 6), np.float32)
    smooth[4, 3], smooth[5, 4], smooth[9, 5] = 0.16, 0.15, 0.9
    closed = np.array([[True, False, False, False, False, False]])
    course = np.array([[4.0, 4.0, 4.4, 4.4, 5.0, 12.0]])
    assert _drawn(closed, course, smooth).tolist() == [[True, False, False, True, False, True]]


def chosen(
    position: list[float], closed: list[float], drawn: list[float] | None = None
) -> list[bool]:
    return _chosen(
        np.array(position), np.array(closed), np.array(drawn if drawn is not None else closed)
    ).tolist()


def test_a_line_must_close_cells_along_a_fifth_of_the_grid() -> None:
    assert chosen([0, 40], [0.2, 0.19]) == [True, False]


def test_a_stroke_between_lines_is_left_out() -> None:
    """Between two whole lines about as far apart as usual there is no other."""
    assert chosen([0, 20, 40, 80], [1, 0.3, 1, 1]) == [True, False, True, True]
    # 59 is less than 1.5 times 40; at 60 a line lies in the middle of a merged row.
    assert chosen([0, 40, 60, 99], [1, 1, 0.3, 1]) == [True, True, False, True]
    assert chosen([0, 40, 60, 100], [1, 1, 0.3, 1]) == [True, True, True, True]
    assert chosen([0, 20, 40], [1, 0.3, 1]) == [True, True, True]  # two whole lines say nothing
    assert chosen([0, 20, 40, 80], [1, 0.7, 1, 1], [1, 0.8, 1, 1]) == [True] * 4


def test_a_crease_close_to_both_its_neighbours_is_left_out() -> None:
    even = [0.0, 40, 80, 120, 160]
    rows = [0.0, 40, 60, 80, 120, 160]
    assert chosen(rows, [1, 1, 0.94, 1, 1, 1], [1] * 6) == [True, True, False, True, True, True]
    assert chosen(rows, [1, 1, 0.95, 1, 1, 1], [1] * 6) == [True] * 6
    assert chosen(even, [1, 1, 0.5, 1, 1], [1] * 5) == [True] * 5
    # Of four whole lines what is usual is not known.
    assert chosen([0.0, 40, 60, 80], [1, 1, 0.5, 1], [1] * 4) == [True] * 4
    # 30 is 0.75 of 40: no crease, whatever the other half is.
    assert chosen([0.0, 40, 70, 80, 120, 160], [1, 1, 0.5, 1, 1, 1], [1] * 6) == [True] * 6


def test_an_anchor_runs_through_the_sides_of_its_cells() -> None:
    sides = np.array([50.0, 54.0, 52.0])
    left, right = np.array([0.0, 0.0, 20.0]), np.array([20.0, 20.0, 40.0])
    anchor = _anchored(sides, left, right, 41)
    np.testing.assert_allclose(anchor[[0, 10, 20, 30, 40]], [52, 52, 52, 52, 52])
    slope = _anchored(np.array([50.0, 60.0]), left[1:], right[1:], 41)
    np.testing.assert_allclose(slope[[5, 10, 20, 30, 35]], [50, 50, 55, 60, 60])


@pytest.mark.parametrize("off", [-3, -1, 0, 2, 3])
def test_a_course_is_where_the_evidence_is(off: int) -> None:
    anchor = np.full(120, 40.0)
    found = _follow(smooth_map([40 + off], (80, 120)), anchor, 4)
    np.testing.assert_allclose(found, 40 + off, atol=0.15)
    np.testing.assert_allclose(_follow(np.zeros((80, 120), np.float32), anchor, 4), 40)
    far = _follow(smooth_map([50], (80, 120)), anchor, 4)
    np.testing.assert_allclose(far, 40)


def test_a_gap_in_a_line_is_bridged_by_what_is_beside_it() -> None:
    smooth = smooth_map([42], (80, 120))
    smooth[:, 50:60] = 0
    np.testing.assert_allclose(_follow(smooth, np.full(120, 40.0), 4), 42, atol=0.15)
