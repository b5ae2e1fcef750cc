"""Closed cells in a flattened map, which of them are neighbours, which of them are one grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.tables import cell_boxes
from inkling.reading.tables.cell_boxes import (
    Boxes,
    _boxes,
    _components,
    _continues,
    _explained,
    find_cells,
    join,
    neighbours,
)


def boxes_of(*sides: tuple[float, float, float, float]) -> Boxes:
    """Boxes by first and last column, first and last row."""
    table = np.array(sides, np.float64).reshape(-1, 4)
    ones = np.ones(len(table))
    return Boxes(*table.T, ones, ones)


def grid_map(
    rows: int, columns: int, *, cell: int = 30, line: int = 3, level: float = 0.9
) -> np.ndarray:
    """Evidence (H, W) of a grid that begins at 20, 20."""
    flat = np.zeros((rows * cell + 45, columns * cell + 45), np.float32)
    for k in range(rows + 1):
        flat[20 + k * cell : 20 + k * cell + line, 20 : 20 + columns * cell + line] = level
    for k in range(columns + 1):
        flat[20 : 20 + rows * cell + line, 20 + k * cell : 20 + k * cell + line] = level
    return flat


def test_the_cells_of_a_grid_are_found_with_their_sides() -> None:
    (found,) = find_cells(grid_map(3, 4), 30.0)
    sides = sorted(zip(found.left, found.right, found.top, found.bottom, strict=True))
    expected = [
        (23.0 + 30 * j, 49.0 + 30 * j, 23.0 + 30 * i, 49.0 + 30 * i)
        for j in range(4)
        for i in range(3)
    ]
    # Each cell is closed in at both levels of evidence.
    assert sorted(set(sides)) == expected
    assert len(sides) == 24
    np.testing.assert_allclose(found.filled, 1.0)
    assert found.sure.sum() == 12


@pytest.mark.parametrize(("level", "cells"), [(0.41, 24), (0.39, 0), (0.26, 0), (0.2, 0)])
def test_a_grid_must_be_drawn_clearly(level: float, cells: int) -> None:
    assert sum(len(each.left) for each in find_cells(grid_map(3, 4, level=level), 30.0)) == cells


def test_a_faint_line_closes_its_cells_at_the_lower_level() -> None:
    flat = grid_map(3, 4)
    for top in (23, 53, 83):
        flat[top : top + 27, 50:53] = 0.3
    found = find_cells(flat, 30.0)[0]
    assert found.sure.sum() == 9  # at the first level three cells are one with their neighbours
    assert len(found.left) == 21


def test_a_leak_at_a_corner_does_not_join_cells() -> None:
    """Regions hang together by sides only."""
    flat = grid_map(2, 2, line=1)
    flat[50, 50] = 0
    flat[50, 49] = flat[49, 50] = flat[51, 50] = flat[50, 51] = 0.9
    assert len(set(find_cells(flat, 30.0)[0].left)) == 2


def test_two_grids_are_found_the_larger_first() -> None:
    small, large = grid_map(2, 2), grid_map(3, 4)
    flat = np.zeros((large.shape[0] + small.shape[0] + 80, large.shape[1]), np.float32)
    flat[: small.shape[0], : small.shape[1]] = small
    flat[small.shape[0] + 80 :] = large
    assert [len(each.left) for each in find_cells(flat, 30.0)] == [24, 8]


def test_what_is_small_or_touches_the_edge_is_no_cell() -> None:
    flat = grid_map(3, 4)
    assert find_cells(flat, 200.0) == []  # 27 pixels are no quarter of 200
    assert len(find_cells(flat, 108.0)) == 1  # but of 108
    for cut in (flat[21:], flat[:, 21:], flat[: 20 + 92], flat[:, : 20 + 122]):
        (found,) = find_cells(np.ascontiguousarray(cut), 30.0)
        assert len(found.left) in (24, 16, 18)
    (inner,) = find_cells(np.ascontiguousarray(flat[23:]), 30.0)
    assert len(inner.left) == 16
    (inner,) = find_cells(np.ascontiguousarray(flat[:, 23:]), 30.0)
    assert len(inner.left) == 18
    (inner,) = find_cells(np.ascontiguousarray(flat[: 20 + 90]), 30.0)
    assert len(inner.left) == 16
    (inner,) = find_cells(np.ascontiguousarray(flat[:, : 20 + 120]), 30.0)
    assert len(inner.left) == 18


def test_single_cells_and_nothing_are_no_grid() -> None:
    assert find_cells(grid_map(1, 1), 30.0) == []
    assert find_cells(np.zeros((50, 50), np.float32), 30.0) == []


def test_too_many_cells_are_found_at_the_first_level_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flat = grid_map(3, 4)
    monkeypatch.setattr(cell_boxes, "MOST", 24)
    assert len(find_cells(flat, 30.0)[0].left) == 24
    monkeypatch.setattr(cell_boxes, "MOST", 23)
    assert len(find_cells(flat, 30.0)[0].left) == 12


def test_round_shapes_are_no_cells() -> None:
    flat = np.ones((120, 300), np.float32)
    rows, columns = np.mgrid[0:120, 0:300]
    for x in (60, 104, 148):
        flat[(rows - 60) ** 2 + (columns - x) ** 2 < 20**2] = 0
    assert find_cells(flat, 40.0) == []


def test_a_cell_may_be_touched_by_its_digit() -> None:
    flat = grid_map(2, 2)
    flat[30:42, 23:34] = 0.9  # ink that hangs on the frame
    found = _boxes(flat, 0.4, 5.0)
    assert len(found.left) == 4
    flat[23:50, 23:36] = 0.9
    flat[23:36, 23:50] = 0.9  # more than half of the cell: its hull is not a cell's
    assert len(_boxes(flat, 0.4, 15.0).left) == 3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16))
def test_neighbours_are_those_of_all_pairs(seed: int) -> None:
    """Beside a loop over all pairs, however many are compared at a time."""
    rng = np.random.default_rng(seed)
    corners = np.array([(x, y) for x in range(0, 160, 40) for y in range(0, 120, 40)], np.float64)
    corners += rng.integers(-6, 7, corners.shape)
    sizes = rng.integers(20, 38, corners.shape)
    sides = np.stack(
        [corners[:, 0], corners[:, 0] + sizes[:, 0], corners[:, 1], corners[:, 1] + sizes[:, 1]], 1
    )
    boxes = boxes_of(*map(tuple, sides))
    tall, wide = boxes.bottom - boxes.top, boxes.right - boxes.left
    pairs = []
    for a in range(len(tall)):
        for b in range(len(tall)):
            gap = boxes.left[b] - boxes.right[a]
            shared = min(boxes.bottom[a], boxes.bottom[b]) - max(boxes.top[a], boxes.top[b])
            if 0 < gap <= min(18, 0.6 * min(wide[a], wide[b])) and shared >= 0.5 * min(
                tall[a], tall[b]
            ):
                pairs.append((a, b))
    expected = sorted(_explained(boxes, pairs))
    assert sorted(neighbours(boxes)) == expected
    chunk = cell_boxes.CHUNK
    try:
        cell_boxes.CHUNK = 5
        assert sorted(neighbours(boxes)) == expected
    finally:
        cell_boxes.CHUNK = chunk


def pair_is_explained(*others: tuple[float, float, float, float], top: float = 0) -> bool:
    """Whether a cell and one on its right, `top` rows lower, are neighbours beside others."""
    boxes = boxes_of((0, 30, 0, 100), (35, 65, top, 100 + top), *others)
    pairs = [(0, k) for k in range(1, len(boxes.left))]
    return (0, 1) in _explained(boxes, pairs)


def test_cells_with_an_end_in_common_hang_together() -> None:
    assert pair_is_explained()
    assert pair_is_explained(top=10)  # a tenth of a side
    assert not pair_is_explained(top=11)
    merged = boxes_of((0, 30, 0, 100), (35, 65, 0, 48), (35, 65, 52, 100))
    assert sorted(_explained(merged, [(0, 1), (0, 2)])) == [(0, 1), (0, 2)]
    half = boxes_of((0, 30, 0, 100), (35, 65, 0, 48), (35, 65, 52, 130))
    assert _explained(half, [(0, 1), (0, 2)]) == []
    assert _explained(half, []) == []


def test_a_small_cells_ends_may_differ_by_four_pixels() -> None:
    for off, found in ((4, [(0, 1)]), (5, [])):
        boxes = boxes_of((0, 30, 0, 20), (35, 65, off, 20 + off))
        assert _explained(boxes, [(0, 1)]) == found


@pytest.mark.parametrize(
    ("top", "height", "left", "continues"),
    [
        (100 + 34, 40, 0, True),  # 0.85 of a row's height
        (100 + 33, 40, 0, False),
        (100 + 54, 40, 0, True),
        (100 + 55, 40, 0, False),
        (100 + 40, 44, 0, True),  # a tenth taller
        (100 + 40, 45, 0, False),
        (100 + 40, 36, 0, True),
        (100 + 40, 35, 0, False),
        (100 + 40, 40, 4, True),  # as wide, but for four pixels
        (100 + 40, 40, 5, False),
        (100 + 40, 40, -5, False),
    ],
)
def test_pieces_of_a_grid_lie_a_row_apart(
    top: int, height: int, left: int, continues: bool
) -> None:
    one = boxes_of(*[(50 * k, 45 + 50 * k, 60, 100) for k in range(3)])
    other = boxes_of(*[(left + 50 * k, left + 45 + 50 * k, top, top + height) for k in range(3)])
    assert bool(_continues(one, other)) is continues
    if height == 40:
        assert bool(_continues(other, one)) is continues
    assert not _continues(one, boxes_of((0, 145, top, top + 40)))


def test_pieces_of_a_grid_are_joined_across_a_missing_row() -> None:
    flat = grid_map(5, 4)
    flat[83 : 83 + 27, 50:53] = flat[83 : 83 + 27, 80:83] = flat[83:110, 110:113] = 0
    flat[83:110, 20:23] = flat[83:110, 140:143] = 0  # the middle row is open
    (found,) = find_cells(flat, 30.0)
    assert len(found.left) == 2 * 16
    (turned,) = find_cells(np.ascontiguousarray(flat.T), 30.0)
    assert len(turned.left) == 2 * 16


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11))))
def test_what_pairs_join_has_one_label(count: int, pairs: list[tuple[int, int]]) -> None:
    pairs = [(a % count, b % count) for a, b in pairs]
    label = _components(count, pairs)
    groups = [{k} for k in range(count)]
    for a, b in pairs:
        one = next(group for group in groups if a in group)
        other = next(group for group in groups if b in group)
        if one is not other:
            one |= other
            groups.remove(other)
    assert sorted(set(label.tolist())) == list(range(len(groups)))
    for group in groups:
        assert len({int(label[k]) for k in group}) == 1


def test_boxes_are_taken_turned_and_joined() -> None:
    one = Boxes(*(np.array([10 * k, 10 * k + 1.0]) for k in range(1, 7)))
    assert [field.tolist() for field in vars(one.take(np.array([False, True]))).values()] == [
        [10 * k + 1] for k in range(1, 7)
    ]
    turned = one.turned
    assert (turned.left[0], turned.right[0], turned.top[0], turned.bottom[0]) == (30, 40, 10, 20)
    assert (turned.filled[0], turned.sure[0]) == (50, 60)
    both = join([one, turned])
    assert both.left.tolist() == [10, 11, 30, 31]
    assert both.sure.tolist() == [60, 61, 60, 61]
