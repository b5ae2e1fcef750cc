"""The ink of cells: warped upright, the frame left out, strokes told from grain and specks."""

import numpy as np
import pytest

from inkling.reading.tables.cells import (
    FRAME,
    CellInk,
    _depth,
    _find_strokes,
    _noise,
    _shrunk,
    _warp,
    _without_frame,
    crop_ink,
    cut_cells,
    quad_of,
)
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import FoundGrid

ONE = Face(0, 0, 1, 1)


def even_grid(
    rows: int, columns: int, cell: float, *, x: float = 20.0, y: float = 10.0
) -> FoundGrid:
    u, v = np.meshgrid(x + cell * np.arange(columns + 1.0), y + cell * np.arange(rows + 1.0))
    faces = tuple(Face(i, j, 1, 1) for i in range(rows) for j in range(columns))
    return FoundGrid(np.stack([u, v], axis=2), faces)


def test_a_face_has_four_corners_clockwise() -> None:
    grid = even_grid(3, 4, 10.0)
    np.testing.assert_allclose(
        quad_of(grid, Face(1, 2, 1, 1)), [[40, 20], [50, 20], [50, 30], [40, 30]]
    )
    np.testing.assert_allclose(
        quad_of(grid, Face(0, 1, 2, 3)), [[30, 10], [60, 10], [60, 30], [30, 30]]
    )


@pytest.mark.parametrize(
    ("cell", "size"), [(48, 48), (40, 48), (24, 48), (20, 40), (2, 6), (60, 48)]
)
def test_a_cell_is_warped_to_its_size(cell: int, size: int) -> None:
    """At most 48 pixels for the shorter side, and at most twice enlarged."""
    ink = np.zeros((100, 100), np.float32)
    warped, matrix = _warp(ink, even_grid(1, 1, float(cell)), ONE)
    assert warped.shape == (size, size)
    ends = np.array([[-0.5, -0.5, 1], [size - 0.5, size - 0.5, 1]])
    found = (matrix @ ends.T).T
    np.testing.assert_allclose(
        found[:, :2] / found[:, 2:], [[20, 10], [20 + cell, 10 + cell]], atol=1e-3
    )


def test_a_long_cell_keeps_its_proportions_up_to_twelve() -> None:
    ink = np.zeros((200, 900), np.float32)
    for width, expected in ((48, 48), (96, 96), (576, 576), (800, 576)):
        corners = np.array([[[10.0, 10], [10 + width, 10]], [[10, 58], [10 + width, 58]]])
        warped, _ = _warp(ink, FoundGrid(corners, (ONE,)), ONE)
        assert warped.shape == (48, expected)
        flipped = FoundGrid(corners.transpose(1, 0, 2)[..., ::-1], (ONE,))
        assert _warp(ink.T.copy(), flipped, ONE)[0].shape == (expected, 48)


@pytest.mark.parametrize("cell", [30, 48, 79, 81, 200])
def test_what_stands_in_a_photo_stands_in_its_warped_cell(cell: int) -> None:
    """Also where the cell is shown much smaller than it is, and then averaged."""
    ink = np.zeros((cell + 40, cell + 60), np.float32)
    left, top, side = 20 + cell // 5, 10 + cell // 3, cell // 4
    ink[top : top + side, left : left + side] = 1
    warped, matrix = _warp(ink, even_grid(1, 1, float(cell)), ONE)
    rows, columns = np.nonzero(warped > 0.5)
    point = matrix @ (columns.mean(), rows.mean(), 1)
    assert point[0] / point[2] == pytest.approx(left + (side - 1) / 2, abs=0.03 * cell)
    assert point[1] / point[2] == pytest.approx(top + (side - 1) / 2, abs=0.03 * cell)
    scale = len(warped) / cell
    assert warped.sum() == pytest.approx((side * scale) ** 2, rel=0.12)


def test_a_cell_that_is_shown_smaller_is_averaged() -> None:
    rng = np.random.default_rng(0)
    ink = rng.random((260, 260)).astype(np.float32)
    grid = even_grid(1, 1, 200.0)
    warped, matrix = _warp(ink, grid, ONE)
    assert warped.std() < 0.12  # of 0.29: some 17 pixels go into one
    direct = _shrunk(ink, quad_of(grid, ONE), matrix, 48 / 200, (48, 48))
    np.testing.assert_array_equal(warped, direct)
    assert warped.mean() == pytest.approx(0.5, abs=0.01)


def rows_inked(*rows: int, length: int = 40, fraction: float = 1.0) -> np.ndarray:
    inked = np.zeros((length, 50), bool)
    for row in rows:
        inked[row, : round(50 * fraction)] = True
    return inked


@pytest.mark.parametrize(
    ("inked", "depth"),
    [
        (rows_inked(), 1),
        (rows_inked(0, 1), 4),  # from side to side: pooled with the row beside it
        (rows_inked(0, 1, fraction=0.7), 3),
        (rows_inked(1, 2, fraction=0.7), 4),
        (rows_inked(2, 3, fraction=0.7), 5),  # it begins within 0.06 of the side
        (rows_inked(3, 4, fraction=0.5), 1),
        (rows_inked(0, 1, fraction=0.42), 3),
        (rows_inked(0, 1, fraction=0.4), 1),  # no more than 0.4 of a row
        (rows_inked(6, fraction=0.82), 9),  # from side to side, wherever it begins; pooled by a row
        (rows_inked(6, fraction=0.8), 1),
        (rows_inked(*range(9)), 10),  # 0.22 of 40 rows and no farther
        (rows_inked(*range(20)), 10),
        (rows_inked(10), 1),
        (rows_inked(0, 4, fraction=0.5), 2),  # the run that begins at the edge
    ],
)
def test_how_deep_a_frame_reaches(inked: np.ndarray, depth: int) -> None:
    assert round(FRAME * 40) == 9
    assert _depth(inked) == depth


def test_a_slanted_frame_is_from_side_to_side_over_two_rows() -> None:
    inked = np.zeros((40, 50), bool)
    inked[5, :25] = inked[6, 25:] = True
    assert _depth(inked) == 8


def test_a_frame_is_taken_off_on_every_side_and_the_middle_stays() -> None:
    cell = np.full((40, 60), 0.1, np.float32)
    cell[0:2], cell[-3:], cell[:, 0:4], cell[:, -2:] = 0.9, 0.9, 0.9, 0.9
    cell[15:25, 28:32] = 0.8
    out = _without_frame(cell)
    np.testing.assert_allclose(out[15:25, 28:32], 0.7, rtol=1e-5)
    out[15:25, 28:32] = 0
    assert not out.any()  # the ground is the median, and one row more than the frame is taken
    bare = _without_frame(np.linspace(0, 1, 2400, dtype=np.float32).reshape(40, 60))
    assert bare.min() == 0


def test_noise_is_a_deviation() -> None:
    noise = np.random.default_rng(0).normal(0, 0.03, (200, 200)).astype(np.float32)
    assert _noise(np.maximum(noise, 0)) == pytest.approx(0.03, rel=0.06)


def strokes_of(cell: np.ndarray, *, peak: float = 1.0, floor: float = 0.1) -> CellInk:
    dark = cell.astype(np.float32)
    return _find_strokes(ONE, dark, dark, np.eye(3), peak, floor)


def cell_with(*boxes: tuple[int, int, int, int], dark: float = 1.0) -> np.ndarray:
    cell = np.zeros((50, 60), np.float32)
    for x, y, w, h in boxes:
        cell[y : y + h, x : x + w] = dark
    return cell


@pytest.mark.parametrize(
    ("cell", "inked"),
    [
        (cell_with((25, 15, 4, 20)), True),
        (cell_with((25, 15, 4, 10)), True),  # 0.2 of the shorter side
        (cell_with((25, 15, 4, 9)), False),
        (cell_with((2, 10, 4, 20)), False),  # wholly within 0.12 of the side: a rest of the frame
        (cell_with((3, 10, 4, 20)), True),
        (cell_with((54, 10, 4, 20)), False),
        (cell_with((53, 10, 4, 20)), True),
        (cell_with((20, 2, 20, 4)), False),
        (cell_with((20, 3, 20, 4)), True),
        (cell_with((20, 44, 20, 4)), False),
        (cell_with((20, 43, 20, 4)), True),
        (cell_with(), False),
    ],
)
def test_strokes_are_of_a_digits_size_and_not_along_the_frame(
    cell: np.ndarray, inked: bool
) -> None:
    found = strokes_of(cell)
    assert found.blank is not inked
    np.testing.assert_array_equal(found.strokes > 0, (cell > 0) & inked)
    assert found.level == pytest.approx(float(inked))


def test_strokes_are_dark() -> None:
    cell = cell_with((25, 15, 4, 20))
    cell[15:25, 40:42] = 0.46
    assert strokes_of(cell).strokes[:, 40].any()
    cell[15:25, 40:42] = 0.44  # less than 0.45 of the darkest
    assert not strokes_of(cell).strokes[:, 40].any()
    assert strokes_of(0.2 * cell_with((25, 15, 4, 20)), peak=0.2).level == pytest.approx(0.2)
    assert strokes_of(cell, peak=0.09).blank
    assert not strokes_of(cell, peak=0.1, floor=0.1).blank
    assert strokes_of(0.15 * cell_with((25, 15, 4, 20)), peak=0.2, floor=0.16).blank


def test_specks_are_left_out() -> None:
    for size, kept in ((3, True), (2, False)):  # 0.15 of 20 pixels
        cell = cell_with((25, 15, 4, 20), (40, 20, size, 2))
        assert bool(strokes_of(cell).strokes[20:22, 40].any()) is kept


def test_where_all_cells_are_blank_the_frame_says_how_dark_ink_is() -> None:
    ink = np.random.default_rng(0).normal(0.05, 0.01, (220, 220)).clip(0).astype(np.float32)
    for k in range(5):
        ink[8 + 40 * k : 12 + 40 * k, 18:182] = 0.8
        ink[8:172, 18 + 40 * k : 22 + 40 * k] = 0.8
    cells = cut_cells(ink, even_grid(4, 4, 40.0))
    assert all(cell.blank for cell in cells)
    ink[20:40, 36:39] += 0.7
    ink[60:80, 36:39] += 0.10  # shows through from the back of the sheet
    cells = cut_cells(ink, even_grid(4, 4, 40.0))
    assert [k for k, cell in enumerate(cells) if not cell.blank] == [0]
    assert [cell.face for cell in cells] == list(even_grid(4, 4, 40.0).faces)
    assert cells[0].level == pytest.approx(0.7, abs=0.08)


def test_the_usual_ink_of_a_table_says_what_is_faint() -> None:
    ink = np.zeros((220, 220), np.float32)
    for i in range(4):
        for j in range(4):
            ink[20 + 40 * i : 40 + 40 * i, 36 + 40 * j : 39 + 40 * j] = 0.8
    for dark, blank in ((0.19, True), (0.21, False)):
        ink[20:40, 36:39] = dark
        assert cut_cells(ink, even_grid(4, 4, 40.0))[0].blank is blank


def test_a_crop_holds_the_strokes_alone() -> None:
    cell = cell_with((25, 15, 6, 20), (40, 40, 3, 3), dark=0.8)
    strokes = np.zeros_like(cell, np.uint8)
    strokes[15:35, 25:31] = 1
    crop = crop_ink(CellInk(ONE, cell, cell, strokes, 0.8, 0.8, np.eye(3)))
    assert crop.shape == (24, 10)
    assert crop[2:-2, 2:-2].min() > 0.9
    edge = crop.copy()
    edge[1:-1, 1:-1] = 0
    assert not edge.any()
    corner = np.zeros_like(strokes)
    corner[0:20, 0:6] = 1
    assert crop_ink(CellInk(ONE, cell, cell, corner, 0.8, 0.8, np.eye(3))).shape == (22, 8)


def test_strokes_are_sharpened_and_what_is_paler_is_ground() -> None:
    """A pixel half as dark as the strokes beside one of them is ground."""
    cell = cell_with((20, 10, 20, 30))
    cell[20:30, 27:33] = 0.3  # the hole of a 0 out of focus
    strokes = (cell > 0.2).astype(np.uint8)
    crop = crop_ink(CellInk(ONE, cell, cell, strokes, 1.0, 1.0, np.eye(3)))
    assert crop[12 + 3 : 12 + 7, 9 + 2 : 9 + 4].max() == 0
    assert crop[5, 5] > 0.95
    plain = cell_with((20, 10, 20, 30), dark=0.5)
    half = crop_ink(CellInk(ONE, plain, plain, (plain > 0).astype(np.uint8), 1.0, 1.0, np.eye(3)))
    assert half[17, 12] == pytest.approx((0.5 - 0.35) / 0.65, abs=0.05)
