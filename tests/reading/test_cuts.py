"""Where touching digits may be cut, beside plain references, and cuts along a known slant."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.recognise.cuts import (
    APART,
    FAR,
    MARGIN,
    MOST,
    NEAR,
    _candidates,
    _heights,
    _valleys,
    _without_slant,
    find_cuts,
    find_slant,
)


def valleys_of(values: list[float]) -> list[int]:
    low = [
        k for k in range(len(values)) if values[k] <= min(values[max(0, k - NEAR) : k + NEAR + 1])
    ]
    runs: list[list[int]] = []
    for k in low:
        if runs and k == runs[-1][-1] + 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    return [run[len(run) // 2] for run in runs]


@given(arrays(np.float32, st.integers(1, 30), elements=st.integers(0, 4)))
def test_valleys_are_lowest_of_all_near_them(values: np.ndarray) -> None:
    assert _valleys(values).tolist() == valleys_of(values.tolist())


@given(arrays(np.float32, (9, 12), elements=st.sampled_from((0.0, 0.4, 0.5, 1.0)).map(np.float32)))
def test_heights_reach_from_the_topmost_ink_to_the_lowest(upright: np.ndarray) -> None:
    for column, height in zip(upright.T, _heights(upright), strict=True):
        rows = np.flatnonzero(column > np.float32(0.4))
        assert height == (rows[-1] - rows[0] + 1 if rows.size else 0)


@settings(max_examples=100, deadline=None)
@given(st.integers(10, 120), st.integers(0, 2**16), st.sampled_from((0.0, 0.5, 0.9)))
def test_candidates_are_the_lowest_valleys_apart_from_each_other(
    width: int, seed: int, bare: float
) -> None:
    rng = np.random.default_rng(seed)
    upright = rng.random((40, width)).astype(np.float32)
    upright *= rng.random((40, width)) > bare
    upright[:, rng.random(width) < bare] = 0
    ink = upright.sum(axis=0)
    inked = [k for k in range(width) if ink[k] > 0.5]
    found = _candidates(upright).tolist()
    if not inked:
        assert found == []
        return
    first, last = inked[0] + MARGIN, inked[-1] - MARGIN
    columns = set(valleys_of(ink.tolist())) | set(valleys_of(_heights(upright).tolist()))
    chosen: list[int] = []
    for column in sorted((c for c in sorted(columns) if first <= c <= last), key=lambda c: ink[c]):
        if all(abs(column - other) >= APART for other in chosen):
            chosen.append(column)
    ends = sorted({inked[0], *chosen, inked[-1]})
    for start, stop in itertools.pairwise(ends):
        if stop - start > FAR:
            chosen.append((start + stop) // 2)
    assert found == sorted(chosen[:MOST])


def test_a_part_is_not_cut_into_more_pieces_than_its_most() -> None:
    comb = np.zeros((40, 600), np.float32)
    comb[:, ::6] = comb[:, 1::6] = 1
    comb[20] = 1
    assert len(_candidates(comb)) == MOST


@pytest.mark.parametrize("slant", [-0.2, 0.0, 0.3, 0.8])
def test_taking_the_slant_off_moves_each_row(slant: float) -> None:
    small = np.random.default_rng(0).random((9, 14)).astype(np.float32)
    upright, shift = _without_slant(small, slant)
    for row in range(9):
        moved = shift - round(slant * (4 - row))
        np.testing.assert_array_equal(upright[row, moved : moved + 14], small[row])
    assert upright.sum() == pytest.approx(small.sum(), rel=1e-5)
    assert upright.shape[1] == 14 + 2 * shift


@pytest.mark.parametrize("slant", [-0.2, 0.0, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("height", [24, 60, 100])
def test_a_slant_is_found_at_any_size(slant: float, height: int) -> None:
    ink = np.zeros((height, 4 * height), np.float32)
    for x in (height, 2 * height, 3 * height):
        lean = slant * height / 2
        ends = (round(x - lean), height - 1), (round(x + lean), 0)
        cv2.line(ink, *ends, 1, max(1, height // 16))
    assert find_slant(ink) == pytest.approx(slant, abs=0.11)


def test_too_little_ink_has_no_slant() -> None:
    ink = np.zeros((24, 40), np.float32)
    cv2.line(ink, (5, 20), (20, 10), 0.39, 2)
    assert find_slant(ink) == 0
    ink[:] = 0
    ink[3:10, 7] = 1  # seven pixels
    assert find_slant(ink) == 0


@pytest.mark.parametrize("slant", [0.0, 0.3])
@pytest.mark.parametrize("scale", [1, 3])
def test_a_cut_runs_between_two_touching_strokes(slant: float, scale: int) -> None:
    """Two strokes joined by a bridge: the cut lies between them in every row."""
    height, width = 40 * scale, 60 * scale
    ink = np.zeros((height, width), np.float32)
    up = (height - 1) / 2 - np.arange(height)
    for row in range(height):
        for x in (16 * scale, 40 * scale):
            left = round(x + slant * up[row])
            ink[row, left : left + 4 * scale] = 1
    ink[height // 2 : height // 2 + scale, 16 * scale : 44 * scale] = 1
    cuts = find_cuts(ink, slant)
    assert cuts
    for cut in cuts:
        assert cut.shape == (height,)
        np.testing.assert_allclose(np.diff(cut), -slant, atol=1e-9)
    between = [
        cut
        for cut in cuts
        if (cut > 19 * scale + slant * up).all() and (cut < 41 * scale + slant * up).all()
    ]
    assert between
    middle = min(abs(float((cut - slant * up).mean()) - 30 * scale) for cut in between)
    assert middle <= 2.5 * scale


def test_a_narrow_part_is_not_cut() -> None:
    bar = np.ones((40, 6), np.float32)
    assert find_cuts(bar, 0.0) == []
