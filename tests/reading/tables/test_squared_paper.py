"""Squared paper is told by its lines, which run on beyond what closes cells."""

import numpy as np
import pytest

from inkling.reading.tables.squared_paper import _fraction_running_on, _halfway, is_squared_paper

CELL = 30


def corners(rows: int, columns: int, x: int = 100, y: int = 80) -> np.ndarray:
    u, v = np.meshgrid(x + CELL * np.arange(columns + 1.0), y + CELL * np.arange(rows + 1.0))
    return np.stack([u, v], axis=2)


def lines(
    rows: int, columns: int, running: str, *, shape: tuple[int, int] = (300, 360)
) -> np.ndarray:
    """A grid of 4 by 5 cells whose lines run on at the sides named: l, r, t, b."""
    evidence = np.zeros(shape, np.float32)
    left, right = 100, 100 + CELL * columns
    top, bottom = 80, 80 + CELL * rows
    for k in range(rows + 1):
        y = top + CELL * k
        evidence[y, left : right + 1] = 0.9
        if 0 < k < rows:
            if "l" in running:
                evidence[y, left - 20 : left] = 0.9
            if "r" in running:
                evidence[y, right : right + 20] = 0.9
    for k in range(columns + 1):
        x = left + CELL * k
        evidence[top : bottom + 1, x] = 0.9
        if 0 < k < columns:
            if "t" in running:
                evidence[top - 20 : top, x] = 0.9
            if "b" in running:
                evidence[bottom : bottom + 20, x] = 0.9
    return evidence


@pytest.mark.parametrize(
    ("running", "squared"),
    [
        ("", False),
        ("l", False),
        ("lr", False),
        ("tb", False),
        ("lrt", True),
        ("ltb", True),
        ("rtb", True),
        ("lrtb", True),
    ],
)
def test_lines_that_run_on_at_three_sides_are_squared_paper(running: str, squared: bool) -> None:
    assert is_squared_paper(lines(4, 5, running), corners(4, 5)) is squared


def test_where_the_image_ends_two_sides_are_enough() -> None:
    evidence, grid = lines(4, 5, "lrtb"), corners(4, 5)
    cut, moved = evidence[80:, 100:], grid - (100, 80)  # nothing is seen above and on the left
    assert is_squared_paper(np.ascontiguousarray(cut), moved)
    two = lines(4, 5, "rb")
    assert is_squared_paper(np.ascontiguousarray(two[80:, 100:]), moved)
    one = lines(4, 5, "r")
    assert not is_squared_paper(np.ascontiguousarray(one[80:, 100:]), moved)


def test_print_around_a_table_is_drawn_between_its_lines_too() -> None:
    evidence = lines(4, 5, "lrtb")
    evidence[50:230, 70:280] = np.maximum(evidence[50:230, 70:280], 0)
    noise = evidence.copy()
    noise[50:80] = noise[201:230] = 0.9
    noise[:, 75:100] = noise[:, 251:275] = 0.9
    assert not is_squared_paper(noise, corners(4, 5))


@pytest.mark.parametrize(("drawn", "fraction"), [(0, 0.0), (1, 1 / 3), (3, 1.0)])
def test_the_fraction_of_lines_that_run_on(drawn: int, fraction: float) -> None:
    pooled = np.zeros((100, 100), np.float32)
    last = np.array([[30.0, 50], [50, 50], [70, 50]])
    for x, y in last[:drawn].astype(int):
        pooled[y - 30 : y, x] = 0.36
    found = _fraction_running_on(pooled, last, last + np.array([0, 30]))
    assert found == pytest.approx(fraction)
    assert _fraction_running_on(np.minimum(pooled, 0.35), last, last + np.array([0, 30])) == 0


def test_where_it_is_looked() -> None:
    """From 7 pixels or 0.2 of a cell past the crossing, over 3 pixels or to 0.35 of it."""
    for cell, low, high in ((10, 7, 10), (35, 7, 12.25), (60, 12, 21), (200, 40, 70)):
        last = np.array([[50.0, 300]])
        for start, stop, seen in (
            (round(low), round(high), 1.0),
            (round(low) + 1, round(high), 0.0),
            (round(low), round(high) - 1, 0.0),
        ):
            pooled = np.zeros((400, 100), np.float32)
            pooled[300 - stop : 300 - start + 1, 50] = 1
            assert _fraction_running_on(pooled, last, last + np.array([0, cell])) == seen, (
                cell,
                start,
                stop,
            )


def test_past_the_image_nothing_is_known() -> None:
    pooled = np.ones((100, 100), np.float32)
    last = np.array([[50.0, 3]])
    assert _fraction_running_on(pooled, last, last + np.array([0, 30])) is None
    half = np.array([[50.0, 3], [50.0, 50]])
    assert _fraction_running_on(pooled, half, half + np.array([0, 30])) == 1.0
    assert _fraction_running_on(pooled, last[:0], last[:0]) == 0.0


def test_halfway_between_points() -> None:
    np.testing.assert_allclose(_halfway(np.array([[0.0, 2], [4, 4], [4, 10]])), [[2, 3], [4, 7]])
