"""Forms: where their cells are in the photograph, and what their labels say."""

import numpy as np
import pytest

from inkling.reading.tables.cell_network import BLANK, NONE, SEVERAL
from inkling.synthesis.forms import draw_form
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_cells import compose_cells, cut_windows, misplace


@pytest.mark.parametrize("seed", range(6))
def test_the_corners_lie_on_lines_of_the_photograph(seed: int, source: GlyphSource) -> None:
    form = draw_form(source, np.random.default_rng(seed))
    rows, columns = form.labels.shape
    assert form.corners.shape == (rows + 1, columns + 1, 2)
    height, width = form.pixels.shape
    x, y = form.corners[..., 0], form.corners[..., 1]
    assert x.min() >= -1
    assert y.min() >= -1
    assert x.max() <= width + 1
    assert y.max() <= height + 1
    assert (np.diff(x, axis=1) > 3).all()
    assert (np.diff(y, axis=0) > 3).all()
    # A crossing is darker than the middles of the cells around it, on average over the form.
    middles = (form.corners[:-1, :-1] + form.corners[1:, 1:]) / 2
    pale = np.where(form.labels == BLANK)
    if len(pale[0]):
        assert _grey(form.pixels, form.corners[1:-1, 1:-1].reshape(-1, 2)) < _grey(
            form.pixels, middles[pale]
        )


def _grey(pixels: np.ndarray, points: np.ndarray) -> float:
    """The mean over points of the darkest of the nine pixels around each."""
    found = []
    for x, y in np.rint(points).astype(int):
        window = pixels[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        found.append(float(window.min()))
    return float(np.mean(found))


def test_all_kinds_of_cells_are_drawn(source: GlyphSource) -> None:
    rng = np.random.default_rng(3)
    labels = np.concatenate([draw_form(source, rng).labels.ravel() for _ in range(40)])
    counts = np.bincount(labels, minlength=13)
    assert (counts[:10] > 0).all()
    assert min(counts[NONE], counts[SEVERAL]) > 0
    assert 0.1 < counts[BLANK] / counts.sum() < 0.5


def test_a_cell_with_a_digit_has_more_ink_than_a_blank_one(source: GlyphSource) -> None:
    rng = np.random.default_rng(4)
    inked, blank = [], []
    for _ in range(25):
        windows, labels = compose_cells(source, rng)
        assert windows.shape == (len(labels), 2, 32, 32)
        middle = windows[:, 1, 8:24, 8:24].mean(axis=(1, 2))
        inked.extend(middle[labels < 10])
        blank.extend(middle[labels == BLANK])
    assert np.mean(inked) > 2 * np.mean(blank)


def test_windows_follow_the_seed_and_the_corners(source: GlyphSource) -> None:
    form = draw_form(source, np.random.default_rng(9))
    windows = cut_windows(form.pixels, form.corners)
    assert len(windows) == form.labels.size
    assert np.array_equal(windows, cut_windows(form.pixels, form.corners))
    moved = misplace(form.corners, np.random.default_rng(0))
    side = np.linalg.norm(form.corners[1, 1] - form.corners[0, 0])
    assert 0 < np.abs(moved - form.corners).max() < 0.15 * side
