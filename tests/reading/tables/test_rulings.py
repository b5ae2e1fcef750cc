"""Which edges of a grid are there: broken, faint and missing pieces of drawn lines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.tables.rulings import Lines, close, filled, measure, present


def straight(positions: list[float], length: int) -> Lines:
    rows = np.array(positions, np.float64)
    return Lines(rows, np.repeat(rows[:, None], length, axis=1))


def test_lines_are_taken_and_looked_up() -> None:
    lines = Lines(np.array([1.0, 5.0]), np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]]))
    assert lines.take(np.array([False, True])).position.tolist() == [5]
    assert lines.at(np.array([-4.0, 0.6, 9.0])).tolist() == [[1, 2, 3], [5, 6, 7]]
    assert lines.at(np.array([1.4])).tolist() == [[2], [6]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([(0.0, 1.0), (0.0, 0.15), (0.85, 1.0)]))
def test_how_much_of_each_edge_is_there(seed: int, part: tuple[float, float]) -> None:
    """Beside a mean over the pixels of each edge, a few at its ends left out."""
    rng = np.random.default_rng(seed)
    strength = rng.random((40, 90)) > 0.4
    lines = straight([5.0, 20.0, 33.0], 90)
    across = straight(sorted(rng.choice(88, 4, replace=False).astype(float)), 40)
    found = filled(lines, across, strength, part)
    assert found.shape == (3, 3)
    for i, row in enumerate((5, 20, 33)):
        bounds = across.position.astype(int)
        for j in range(3):
            length = bounds[j + 1] - bounds[j]
            margin = min(length // 4, 3)
            inner = max(length - 2 * margin, 1)
            low = bounds[j] + margin + int(np.floor(part[0] * inner))
            high = max(bounds[j] + margin + int(np.ceil(part[1] * inner)), low + 1)
            assert found[i, j] == pytest.approx(strength[row, low:high].mean())


def test_a_line_outside_the_image_is_looked_for_in_its_last_row() -> None:
    strength = np.zeros((40, 60), bool)
    strength[39] = strength[0] = True
    across = straight([5.0, 30.0, 55.0], 40)
    for row, there in ((-3.0, 1), (0.0, 1), (1.0, 0), (38.0, 0), (39.0, 1), (45.0, 1)):
        np.testing.assert_allclose(filled(straight([row], 60), across, strength), [[there] * 2])


def test_a_line_is_followed_along_its_course() -> None:
    strength = np.zeros((40, 60), bool)
    course = 10 + np.arange(60) / 4
    strength[np.rint(course).astype(int), np.arange(60)] = True
    lines = Lines(np.array([17.0]), course[None])
    across = straight([5.0, 30.0, 55.0], 40)
    np.testing.assert_allclose(filled(lines, across, strength), [[1, 1]])


@pytest.mark.parametrize(
    ("level", "sure", "faint"),
    [
        (0.9, True, True),
        (0.41, True, True),
        (0.39, False, True),
        (0.31, False, True),
        (0.29, False, False),
    ],
)
def test_where_pieces_of_line_are(level: float, sure: bool, faint: bool) -> None:
    flat = np.zeros((41, 60), np.float32)
    flat[18:23] = level * np.array([0.2, 0.6, 1, 0.6, 0.2])[:, None]
    found = measure(flat)
    assert found.smooth[20, 30] == pytest.approx(level, rel=1e-4)
    for map_, there in ((found.sure, sure), (found.faint, faint)):
        assert bool(map_[20, 30]) is there
        # A line may wander by three rows; its crest is at most a row wide on each side of it.
        assert bool(map_[17, 30]) is there
        assert bool(map_[23, 30]) is there
        assert not map_[:13].any()
        assert not map_[28:].any()


class Drawn:
    """One level line over ten edges of 30 pixels, each drawn in part: surely or faintly."""

    def __init__(self, sure: list[float], faint: list[float] | None = None) -> None:
        self.lines, self.across = straight([20.0], 310), straight([30.0 * k for k in range(11)], 41)
        flat = np.zeros((41, 310), bool)
        self.sure, self.faint = flat.copy(), flat.copy()
        for place, (one, other) in enumerate(zip(sure, faint or sure, strict=True)):
            for map_, fraction in ((self.sure, one), (self.faint, max(one, other))):
                start = 30 * place + 3
                map_[20, start : start + round(24 * fraction)] = True

    def edges(self) -> list[bool]:
        from inkling.reading.tables.rulings import Strength

        smooth = np.zeros(self.sure.shape, np.float32)
        return present(self.lines, self.across, Strength(smooth, self.sure, self.faint))[0].tolist()


def test_most_of_an_edge_must_be_there() -> None:
    fractions = [1.0, 0.84, 0.79, 0.5, 0.0, 0, 0, 0, 0, 0]
    assert Drawn(fractions).edges() == [True, True, False, False, *[False] * 5, False]


def test_of_a_faint_edge_more_must_be_there() -> None:
    faint = [0.88, 0.83, 0, 0, 0, 0, 0, 0, 0, 0]
    assert Drawn([0.0] * 10, faint).edges()[:2] == [True, False]


def test_an_edge_that_begins_and_ends_is_there_though_broken() -> None:
    drawn = Drawn([0.0] * 10)
    for place, kept in enumerate((6, 5, 2)):  # pixels at either end, of 24
        for start in (30 * place + 3, 30 * place + 27 - kept):
            drawn.sure[20, start : start + kept] = drawn.faint[20, start : start + kept] = True
    assert drawn.edges()[:3] == [True, False, False]


def test_a_steady_line_needs_a_trace_only() -> None:
    trace = [0.0, 0.34, 0.26]
    steady = Drawn([1.0] * 7 + [0.0] * 3, [1.0] * 7 + trace)
    assert steady.edges()[7:] == [False, True, False]
    fewer = Drawn([1.0] * 6 + [0.0] * 4, [1.0] * 6 + [0.0, *trace])
    assert fewer.edges()[6:] == [False] * 4


def test_edges_around_known_cells_are_marked() -> None:
    level, upright = np.zeros((4, 3), bool), np.zeros((4, 3), bool)
    rows = np.array([[0, 1, -1], [1, 3, 2]])
    columns = np.array([[0, 1, 0], [1, 3, 1]])
    close((level, upright), rows, columns)
    assert sorted(zip(*np.nonzero(level), strict=True)) == [
        (0, 0),
        (1, 0),
        (1, 1),
        (1, 2),
        (3, 1),
        (3, 2),
    ]
    assert sorted(zip(*np.nonzero(upright), strict=True)) == [
        (0, 0), (1, 0), (1, 1), (1, 2), (3, 1), (3, 2),
    ]  # fmt: skip
