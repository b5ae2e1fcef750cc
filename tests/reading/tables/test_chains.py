"""Level ridges followed pixel by pixel, beside plain references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.tables.chains import GAP, Chains, _window, along, crest, find_chains


@settings(max_examples=30, deadline=None)
@given(st.sampled_from((5, 9, 21)), st.integers(0, 2**16))
def test_evidence_is_averaged_along_level_windows(length: int, seed: int) -> None:
    evidence = np.random.default_rng(seed).random((6, 40)).astype(np.float32)
    half = length // 2
    padded = np.pad(evidence, ((0, 0), (half, half)))
    expected = np.stack([padded[:, k : k + 40] for k in range(length)]).mean(axis=0)
    np.testing.assert_allclose(along(evidence, length, (0.0,)), expected, atol=1e-5)


@pytest.mark.parametrize("slope", [-0.5, -0.15, 0.06, 0.15, 1.0])
@pytest.mark.parametrize("length", [9, 21])
def test_a_window_is_a_line_of_the_slope(slope: float, length: int) -> None:
    window = _window(length, slope)
    assert window.sum() == pytest.approx(1)
    assert window.shape[1] == length
    assert window.shape[0] % 2 == 1
    np.testing.assert_allclose(window.sum(axis=0), 1 / length, rtol=1e-5)
    middle = (window.shape[0] - 1) / 2
    rows = (window * np.arange(len(window))[:, None]).sum(axis=0) * length - middle
    np.testing.assert_allclose(rows, slope * (np.arange(length) - (length - 1) / 2), atol=1e-4)


def test_the_best_slope_counts() -> None:
    evidence = np.zeros((60, 60), np.float32)
    for x in range(60):
        evidence[round(10 + 0.5 * x), x] = 1
    level, sloped = along(evidence, 21, (0.0,)), along(evidence, 21, (0.0, 0.5))
    assert level[25, 30] < 0.15
    assert sloped[25, 30] > 0.7
    assert (sloped >= level).all()


def test_a_crest_is_higher_than_what_is_above_and_below() -> None:
    smooth = np.zeros((21, 5), np.float32)
    smooth[8:13] = np.array([0.2, 0.6, 0.9, 0.6, 0.2])[:, None]
    mask = crest(smooth, 0.5)
    assert np.flatnonzero(mask[:, 2]).tolist() == [10]
    assert not crest(smooth, 0.9).any()
    broad = np.zeros((21, 5), np.float32)
    broad[6:14] = 0.8  # eight rows: one of the middle ones
    rows = np.flatnonzero(crest(broad, 0.5)[:, 2])
    assert len(rows) == 1
    assert rows[0] in (8, 9, 10, 11)


def drawn(*runs: tuple[int, int, int], shape: tuple[int, int] = (60, 200)) -> np.ndarray:
    evidence = np.zeros(shape, np.float32)
    for y, start, stop in runs:
        evidence[y - 2 : y + 3, start:stop] = np.array([0.2, 0.6, 1, 0.6, 0.2])[:, None]
    return evidence


def test_chains_have_their_ends_and_their_row() -> None:
    found = find_chains(drawn((10, 20, 180), (40, 50, 120)), 9, (0.0,))
    assert len(found.start) == 2
    order = np.argsort(found.level)
    np.testing.assert_allclose(found.level[order], [10, 40])
    # Half a window beyond an end still holds 0.35 of the line's evidence.
    assert np.abs(found.start[order] - [20, 50]).max() <= 2
    assert np.abs(found.stop[order] - [179, 119]).max() <= 2
    for number in range(2):
        own = found.owner == number
        assert own.sum() == found.stop[number] - found.start[number] + 1
        assert (found.x[own].min(), found.x[own].max()) == (found.start[number], found.stop[number])
        np.testing.assert_array_equal(found.y[own], found.level[number])


def test_a_chain_goes_on_over_a_short_gap() -> None:
    assert GAP == 5
    for gap, chains in ((6, 1), (16, 2)):
        evidence = drawn((10, 20, 90), (10, 90 + gap, 180))
        assert len(find_chains(evidence, 9, (0.0,)).start) == chains


def test_long_chains_are_chosen_with_their_points() -> None:
    chains = Chains(
        np.arange(8.0), np.arange(8.0) + 20, np.array([0, 1, 1, 2, 2, 2, 1, 0]),
        np.array([0.0, 10.0, 20.0]), np.array([5.0, 40.0, 30.0]), np.array([1.0, 2.0, 3.0]),
    )  # fmt: skip
    long = chains.longer_than(10)
    assert long.start.tolist() == [10, 20]
    assert long.stop.tolist() == [40, 30]
    assert long.level.tolist() == [2, 3]
    assert long.owner.tolist() == [0, 0, 1, 1, 1, 0]
    assert long.x.tolist() == [1, 2, 3, 4, 5, 6]
    assert long.y.tolist() == [21, 22, 23, 24, 25, 26]
    assert chains.longer_than(10.1).start.tolist() == [10]
    assert find_chains(np.zeros((20, 30), np.float32), 9, (0.0,)).start.size == 0
