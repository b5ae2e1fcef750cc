"""What the cell network is shown of a cell."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.tables.cell_windows import FULL, SIDE, _clamp, _cut, cell_windows
from inkling.reading.tables.cells import CellInk
from inkling.reading.tables.faces import Face


def cell(
    stroke: tuple[int, int, int, int] | None, shape: tuple[int, int] = (48, 48), dark: float = 0.6
) -> CellInk:
    """A cell with one filled rectangle x, y, w, h as its only stroke."""
    ink, strokes = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    if stroke is not None:
        x, y, w, h = stroke
        ink[y : y + h, x : x + w], strokes[y : y + h, x : x + w] = dark, 1
    return CellInk(Face(0, 0, 1, 1), ink, ink, strokes, dark, dark, np.eye(3))


def test_no_cells_give_no_windows() -> None:
    assert cell_windows([]).shape == (0, 2, SIDE, SIDE)


@given(
    x=st.integers(2, 30), y=st.integers(2, 26), w=st.integers(3, 14), h=st.integers(8, 18),
    dark=st.floats(0.1, 0.9),
)  # fmt: skip
def test_strokes_are_centred_and_as_dark_wherever_they_are(
    x: int, y: int, w: int, h: int, dark: float
) -> None:
    near = cell_windows([cell((x, y, w, h), dark=dark)])[0, 0].astype(float)
    assert near.max() <= FULL + 1
    rows, columns = near.sum(axis=1), near.sum(axis=0)
    middle = (SIDE - 1) / 2
    assert abs((columns * np.arange(SIDE)).sum() / columns.sum() - middle) < 0.6
    assert abs((rows * np.arange(SIDE)).sum() / rows.sum() - middle) < 0.6
    expected = SIDE * max(w, h) / max(1.35 * max(w, h), 0.35 * 48)
    tall = (rows > rows.max() / 2).sum() if h >= w else (columns > columns.max() / 2).sum()
    assert abs(tall - expected) <= 2


def test_the_second_window_shows_the_whole_cell() -> None:
    windows = cell_windows([cell((4, 4, 6, 6)), cell((38, 38, 6, 6))])[:, 1]
    first, last = (np.argwhere(window > 100).mean(axis=0) for window in windows)
    assert (first < 10).all()
    assert (last > 21).all()


def test_a_wide_cell_is_seen_around_its_strokes() -> None:
    left, right = cell_windows(
        [cell((10, 14, 8, 20), (48, 200)), cell((170, 14, 8, 20), (48, 200))]
    )
    assert np.array_equal(left[0], right[0])
    for window in (left[1], right[1]):
        assert window.max() > 150  # the strokes are inside


def test_a_blank_cell_shows_its_paper_twice() -> None:
    windows = cell_windows([cell(None)])
    assert windows.shape == (1, 2, SIDE, SIDE)
    assert not windows.any()
    grey = cell(None)
    shaded = CellInk(grey.face, grey.warped + 0.3, grey.ink, grey.strokes, 0, 0.5, grey.to_photo)
    assert not cell_windows(
        [shaded]
    ).any()  # a panel is paper: only what is above its median counts


def test_a_blank_cell_is_shown_from_its_middle() -> None:
    stain = cell((20, 20, 8, 8))  # the middle of 48 x 48
    blank = CellInk(stain.face, stain.warped, stain.ink, stain.strokes * 0, 0, 0.6, stain.to_photo)
    for window in cell_windows([blank])[0]:
        middle = np.argwhere(window > 100).mean(axis=0)
        np.testing.assert_allclose(middle, (SIDE - 1) / 2, atol=0.6)


@given(st.floats(0, 100), st.floats(1, 150), st.integers(1, 100))
def test_a_window_lies_inside_the_cell_where_it_fits(
    middle: float, side: float, length: int
) -> None:
    """As near to the middle that was asked for as that allows; else in the middle of the cell."""
    found = _clamp(middle, side, length)
    if side >= length:
        assert found == length / 2
    else:
        assert side / 2 <= found <= length - side / 2
        places = np.linspace(side / 2, length - side / 2, 101)
        assert abs(found - middle) <= np.abs(places - middle).min() + 1e-9


def test_a_window_of_its_own_size_is_cut_pixel_by_pixel() -> None:
    dark = np.random.default_rng(0).integers(0, 256, (60, 70)).astype(np.float32)
    np.testing.assert_array_equal(_cut(dark, (30.0, 25.0), SIDE), dark[9:41, 14:46])
    beyond = _cut(dark, (10.0, 25.0), SIDE)  # six columns lie beyond the cell
    assert not beyond[:, :6].any()
    np.testing.assert_array_equal(beyond[:, 6:], dark[9:41, :26])
    half = _cut(np.full((80, 80), 100, np.float32), (40.0, 40.0), 2 * SIDE)
    np.testing.assert_array_equal(half, 100)
