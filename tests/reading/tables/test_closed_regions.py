"""Closed regions of a cell's form, and windows around those that lie together."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.tables.closed_regions import (
    Window,
    _beside,
    _outermost_first,
    _regions,
    _side_of_cell,
    _together,
    _window,
    _without_sheets,
    find_windows,
)


def grid_map(
    rows: int, columns: int, *, cell: int = 30, x: int = 60, y: int = 50,
    shape: tuple[int, int] = (300, 400), onto: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Evidence of a grid with lines three pixels thick, its corner at x, y."""
    flat = np.zeros(shape, np.float32) if onto is None else onto
    for k in range(rows + 1):
        flat[y + k * cell : y + k * cell + 3, x : x + columns * cell + 3] = 0.9
    for k in range(columns + 1):
        flat[y : y + rows * cell + 3, x + k * cell : x + k * cell + 3] = 0.9
    return flat


def test_a_window_lies_around_the_cells() -> None:
    (window,) = find_windows(grid_map(3, 4))
    assert window.side == 26  # from the middle of the outermost pixel to that of the last
    around = round(1.6 * 26) + 6
    assert (window.x, window.y) == (63 - around, max(0, 53 - around))
    height, width = window.near.shape
    assert window.x + width == 63 + 4 * 30 - 3 + around
    assert window.y + height == 53 + 3 * 30 - 3 + around
    # Lines are sought so near to the cells: 0.7 of a side and 6 pixels.
    rows, columns = np.nonzero(window.near)
    room = round(0.7 * 26) + 6
    assert columns.min() + window.x == 63 - room
    assert columns.max() + window.x == 63 + 117 - 1 + room
    assert rows.min() + window.y == 53 - room


def framed(evidence: np.ndarray, room: int = 12) -> np.ndarray:
    """Evidence with a closed line around everything in it: the edge of a sheet on a desk."""
    rows, columns = np.nonzero(evidence)
    framed = evidence.copy()
    cv2.rectangle(
        framed, (int(columns.min()) - room, int(rows.min()) - room),
        (int(columns.max()) + room, int(rows.max()) + room), 0.9, 3,
    )  # fmt: skip
    return framed


@pytest.mark.parametrize(("depth", "cell"), [(14, True), (18, False)])
def test_a_region_with_a_deep_notch_is_no_cell(depth: int, cell: bool) -> None:
    """It must fill 0.6 of its hull, here 40 x 40: 1,600 less some 40 times the depth."""
    mask = np.zeros((60, 60), np.uint8)
    mask[10:51, 10:51] = 1
    mask[11:50, 51 - depth : 51] = 0
    (contour,), _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    assert (_side_of_cell(np.asarray(contour, np.int32), 9_000) is not None) is cell


@pytest.mark.parametrize(("rows", "columns"), [(1, 2), (3, 4), (1, 6)])
def test_a_sheet_around_a_grid_is_no_cell(rows: int, columns: int) -> None:
    flat = grid_map(rows, columns)
    assert len(_regions(framed(flat))[0]) == len(_regions(flat)[0]) == rows * columns


def test_a_sheet_that_only_one_map_closes_is_no_cell() -> None:
    """A map of broad lines may close the edge of the sheet and not its cells."""
    flat = grid_map(3, 4)
    sheet = framed(flat) - flat
    found = [_regions(sheet), _regions(flat)]
    assert [len(contours) for contours, _ in found] == [1, 12]
    contours = [contour for own, _ in found for contour in own]
    kept, sides = _without_sheets(contours, np.concatenate([own for _, own in found]))
    assert len(kept) == len(sides) == 12
    assert all(one is other for one, other in zip(kept, contours[1:], strict=True))


@pytest.mark.parametrize("digit", ["8", "88", "0", "00"])
def test_a_cell_around_digits_is_a_cell(digit: str) -> None:
    drawn = np.zeros((300, 400), np.uint8)
    cv2.putText(drawn, digit, (100, 180), cv2.FONT_HERSHEY_SIMPLEX, 3, 230, 5)
    assert len(_regions(framed(drawn.astype(np.float32) / 255))[0]) == 1


def test_a_window_is_cut_from_a_map_and_lies_in_it() -> None:
    window = Window(5, 7, np.ones((10, 20), np.uint8), 9.0)
    evidence = np.arange(40.0 * 50).reshape(40, 50).astype(np.float32)
    np.testing.assert_array_equal(window.cut(evidence), evidence[7:17, 5:25])
    (corner,) = find_windows(grid_map(3, 4, x=4, y=4, shape=(110, 140)))
    assert (corner.x, corner.y) == (0, 0)
    assert corner.near.shape == (110, 140)


@pytest.mark.parametrize(("cell", "windows"), [(10, 0), (11, 1)])
def test_cells_have_a_least_size(cell: int, windows: int) -> None:
    assert len(find_windows(grid_map(3, 4, cell=cell))) == windows


def test_one_region_is_no_grid_and_nothing_is_none() -> None:
    assert find_windows(grid_map(1, 1)) == []
    assert find_windows(np.zeros((60, 60), np.float32)) == []
    assert len(find_windows(grid_map(1, 2))) == 1


def test_the_largest_group_comes_first() -> None:
    page = grid_map(2, 2, x=20, y=20, shape=(400, 500))
    page = grid_map(4, 5, x=200, y=150, onto=page)
    windows = find_windows(page)
    assert [window.near.shape[1] > 200 for window in windows] == [True, False]


def test_maps_complete_each_other() -> None:
    fine = grid_map(1, 1)
    broad = grid_map(1, 1, x=90)
    assert find_windows(fine) == find_windows(broad) == []
    assert len(find_windows(fine, broad)) == 1


def test_the_hole_of_a_digit_is_no_cell() -> None:
    flat = grid_map(2, 2, cell=60)
    cv2.circle(flat, (92, 82), 16, 0.9, 3)
    contours, sides = _regions(flat)
    assert len(contours) == 4
    np.testing.assert_allclose(sides, 56)


def test_a_region_inside_a_large_one_is_found() -> None:
    """The page is no cell; what lies on it may be one."""
    flat = np.ones((200, 200), np.float32)
    flat[10:190, 10:190] = 0
    flat[50:90, 50:90] = 0.9
    flat[53:87, 53:87] = 0
    _, sides = _regions(flat)
    assert sides.tolist() == [33]


def quad(*points: tuple[int, int]) -> np.ndarray:
    return np.array(points, np.int32)[:, None]


@pytest.mark.parametrize(
    ("contour", "largest", "side"),
    [
        (quad((0, 0), (20, 0), (20, 10), (0, 10)), 1e9, 10.0),
        (quad((0, 0), (20, 0), (20, 7), (0, 7)), 1e9, 7.0),
        (quad((0, 0), (20, 0), (20, 6), (0, 6)), 1e9, None),
        (quad((0, 0), (6, 0), (6, 30), (0, 30)), 1e9, None),
        (quad((0, 0), (20, 0), (20, 10), (0, 10)), 21 * 11, 10.0),
        (quad((0, 0), (20, 0), (20, 10), (0, 10)), 21 * 11 - 1, None),
        (quad((20, 0), (40, 20), (20, 40), (0, 20)), 1e9, 40 / 2**0.5),  # a square on its corner
        (quad((0, 0), (40, 0), (0, 40)), 1e9, None),  # a triangle covers half of its box
        (quad((0, 0), (40, 0), (40, 40), (36, 40), (36, 4), (0, 4)), 1e9, None),  # a corner
        (quad((0, 0), (40, 0), (40, 40), (24, 40), (24, 16), (0, 16)), 1e9, 40.0),
    ],
)
def test_a_cell_is_a_quadrilateral(contour: np.ndarray, largest: float, side: float | None) -> None:
    found = _side_of_cell(contour, largest)
    if side is None:
        assert found is None
    else:
        assert found == pytest.approx(side, rel=0.05)


@given(st.lists(st.integers(0, 100), min_size=0, max_size=12))
def test_outlines_come_after_those_they_lie_in(choices: list[int]) -> None:
    """Every second level is ink; those are left out."""
    parents = [choice % (number + 1) - 1 for number, choice in enumerate(choices)]

    def depth(number: int) -> int:
        return -1 if number < 0 else depth(parents[number]) + 1

    found = _outermost_first(parents)
    assert sorted(found) == [k for k in range(len(parents)) if depth(k) % 2 == 0]
    levels = [depth(k) for k in found]
    assert levels == sorted(levels)
    backwards = [len(parents) - 1 - p if p >= 0 else -1 for p in parents][::-1]
    assert len(_outermost_first(backwards)) == len(found)


def stats_of(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    rows = [(0, 0, 0, 0, 0), *((*box, box[2] * box[3]) for box in boxes)]
    return np.array(rows, np.int32)


@pytest.mark.parametrize(
    ("other", "usual", "beside"),
    [
        ((160, 0, 100, 100), 30.0, False),  # 60 pixels: twice a cell
        ((159, 0, 100, 100), 30.0, True),
        ((0, 159, 100, 100), 30.0, True),
        ((0, 160, 100, 100), 30.0, False),
        ((159, 159, 100, 100), 30.0, True),
        ((159, 160, 100, 100), 30.0, False),
        ((120, 0, 100, 100), 48.0, True),  # 1.6 times as large
        ((120, 0, 100, 100), 48.1, False),
        ((120, 0, 100, 100), 18.7, False),
    ],
)
def test_pieces_of_one_grid_are_alike_and_close(
    other: tuple[int, int, int, int], usual: float, beside: bool
) -> None:
    stats = stats_of((0, 0, 100, 100), other)
    for one, two in ((1, 2), (2, 1)):
        assert _beside(stats, [0.0, 30.0, usual], one, two) is beside


def test_pieces_are_grouped_over_each_other() -> None:
    stats = stats_of(
        (0, 0, 50, 50), (200, 0, 50, 50), (100, 0, 60, 50), (0, 500, 50, 50), (90, 90, 9, 9)
    )
    groups = _together(stats, [0.0, 30.0, 30.0, 30.0, 30.0, 0.0])
    assert sorted(sorted(group) for group in groups) == [[1, 2, 3], [4]]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 250), st.integers(0, 350), st.integers(8, 60))
def test_a_window_never_leaves_the_map(y: int, x: int, side: int) -> None:
    labels = np.zeros((300, 400), np.int32)
    labels[y : y + 40, x : x + 40] = 3
    height, width = labels[y : y + 40, x : x + 40].shape
    window = _window(labels, [3], np.array([[x, y, width, height, 1600]], np.int32), float(side))
    assert 0 <= window.x <= x
    assert 0 <= window.y <= y
    assert window.x + window.near.shape[1] == min(400, x + width + round(1.6 * side) + 6)
    assert window.y + window.near.shape[0] == min(300, y + height + round(1.6 * side) + 6)
    room = round(0.7 * side) + 6
    rows, columns = np.nonzero(window.near)
    assert rows.min() + window.y == max(0, y - room)
    assert columns.max() + window.x + 1 == min(400, x + width + room)
