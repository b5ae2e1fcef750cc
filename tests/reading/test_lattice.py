"""Cuts and the best path through them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.detect.parts import Part, union
from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.recognise.cuts import find_cuts, find_slant
from inkling.reading.recognise.lattice import (
    FARTHEST,
    LONGEST_RUN,
    WIDEST,
    Lattice,
    Run,
    _along,
    _cut,
    _own_ink,
    _runs,
    best_path,
    build_lattice,
    line_height,
)
from tests.reading.maps import make_box, text_map

PART = Part((1,), 0, 0, 10, 20, 50, 0.8, 0.0)


def all_paths(runs: list[Run], at: int, count: int) -> list[list[int]]:
    if at == count:
        return [[]]
    return [
        [index, *rest]
        for index, run in enumerate(runs)
        if run.start == at
        for rest in all_paths(runs, run.stop, count)
    ]


@settings(max_examples=100)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_path_is_the_best_of_all(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    runs = [
        Run(start, stop, PART, 0.0, 0.0)
        for start in range(count)
        for stop in range(start + 1, min(start + 4, count) + 1)
    ]
    scores = rng.normal(-1, 1, len(runs))
    path = best_path(Lattice((PART,) * count, tuple(runs), 20.0), scores)
    best = max(all_paths(runs, 0, count), key=lambda p: sum(scores[i] for i in p))
    assert path == best


def touching_zeros() -> np.ndarray:
    image = np.full((100, 170), 245, np.uint8)
    for x in (55, 113):
        cv2.ellipse(image, (x, 50), (27, 34), 0, 0, 360, 30, 8, cv2.LINE_AA)
    return image


def test_two_touching_zeros_are_one_part_that_can_be_cut_between_them() -> None:
    writing = make_text_map(touching_zeros())
    segments = segment(writing)
    assert len(segments.parts) == 1
    lattice, _ = build_lattice(writing, segments.labels, segments.strokes[0])
    halves = [run.part for run in lattice.runs if abs(run.part.w - 61) < 6]
    assert any(part.right < 92 for part in halves)
    assert any(part.x > 78 for part in halves)


def test_pieces_share_out_all_the_ink() -> None:
    writing = make_text_map(touching_zeros())
    segments = segment(writing)
    lattice, labels = build_lattice(writing, segments.labels, segments.strokes[0])
    before = np.isin(segments.labels, segments.parts[0].labels)
    after = np.isin(labels, [label for piece in lattice.pieces for label in piece.labels])
    np.testing.assert_array_equal(before, after)
    assert sum(piece.area for piece in lattice.pieces) == before.sum()


def test_the_slant_of_strokes_is_found() -> None:
    ink = np.zeros((60, 120), np.float32)
    for x in (30, 60, 90):
        cv2.line(ink, (x - 12, 55), (x + 12, 5), 1, 4)
    assert abs(find_slant(ink) - 24 / 50) < 0.11
    assert len(find_cuts(ink, find_slant(ink))) >= 2


def runs_of(owned: list[tuple[Part, int, float]], height: float) -> list[tuple]:
    """Every run, by its definition: start, stop, cut, gap and box."""
    found = []
    for start in range(len(owned)):
        part, widest = owned[start][0], 0.0
        same = start > 0 and owned[start - 1][1] == owned[start][1]
        cut = owned[start][2] if same else 0.0
        found.append((start, start + 1, cut, 0.0, part.x, part.right))
        for stop in range(start + 1, len(owned)):
            gap = max(0, owned[stop][0].x - part.right) / height
            if owned[stop][1] != owned[stop - 1][1]:
                widest = max(widest, gap)
            part = union(part, owned[stop][0])
            if part.w > WIDEST * max(height, part.h) or gap > FARTHEST:
                break
            if stop + 1 - start <= LONGEST_RUN or owned[stop][1] == owned[start][1]:
                found.append((start, stop + 1, cut, widest, part.x, part.right))
    return found


@settings(max_examples=100)
@given(st.integers(1, 10), st.integers(0, 2**16))
def test_runs_are_all_that_are_narrow_and_close(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, x = 40.0, 0
    owned: list[tuple[Part, int, float]] = []
    for k in range(count):
        w = int(rng.integers(2, 16))
        piece = make_box(x, int(rng.integers(0, 8)), w, int(rng.integers(20, 60)), label=k + 1)
        owner = owned[-1][1] + int(rng.random() < 0.4) if owned else 0
        owned.append((piece, owner, float(rng.random())))
        x += w + int(rng.integers(-2, 14))
    ours = [(r.start, r.stop, r.cut, r.gap, r.part.x, r.part.right) for r in _runs(owned, height)]
    assert ours == runs_of(owned, height)


@pytest.mark.parametrize(("gap", "runs"), [(12, 3), (13, 2)])
def test_strokes_farther_apart_are_no_digit(gap: int, runs: int) -> None:
    one, other = make_box(0, 0, 10, 40), make_box(10 + gap, 0, 10, 40, label=2)
    assert len(_runs([(one, 0, 0.0), (other, 1, 0.0)], 40.0)) == runs


@pytest.mark.parametrize(("width", "runs"), [(58, 3), (59, 2)])
def test_what_is_wider_is_no_digit(width: int, runs: int) -> None:
    one, other = make_box(0, 0, 10, 40), make_box(10, 0, width, 40, label=2)
    assert len(_runs([(one, 0, 0.0), (other, 1, 0.0)], 40.0)) == runs


def test_the_pieces_of_one_part_are_tried_as_a_whole() -> None:
    pieces = [(make_box(6 * k, 0, 6, 40, label=k + 1), 0, 0.5) for k in range(9)]
    runs = _runs(pieces, 40.0)
    assert max(run.stop - run.start for run in runs) == 9
    others = [(piece, k, met) for k, (piece, _, met) in enumerate(pieces)]
    assert max(run.stop - run.start for run in _runs(others, 40.0)) == LONGEST_RUN
    assert {run.cut for run in runs if run.start} == {0.5}
    assert {run.cut for run in _runs(others, 40.0)} == {0.0}


def test_the_height_of_a_line_is_that_of_its_tall_parts() -> None:
    heights = [10, 20, 30, 40, 50]
    assert line_height([make_box(0, 0, 9, h) for h in heights]) == 40
    assert line_height([]) == 0


def test_ink_along_a_cut_is_at_most_full_and_inside() -> None:
    ink = np.arange(12, dtype=np.float32).reshape(3, 4) / 4
    np.testing.assert_allclose(_along(ink, np.array([-3.0, 1.4, 9.0])), [0, 1, 1])
    np.testing.assert_allclose(_along(ink, np.array([1.4, 0.2, 9.0])), [0.25, 1, 1])
    np.testing.assert_allclose(
        _along(ink / 4, np.array([9.0, 3.0, 2.6])), [3 / 16, 7 / 16, 11 / 16]
    )


def test_the_ink_of_a_part_is_its_own_on_its_own_scale() -> None:
    labels = np.array([[0, 1, 1, 2], [0, 1, 2, 2]], np.int32)
    writing = text_map(np.full((2, 4), 0.4))
    part = make_box(1, 0, 2, 2, level=0.5)
    np.testing.assert_allclose(_own_ink(writing, labels, part), [[0.8, 0.8], [0.8, 0]])


@pytest.mark.parametrize(
    ("width", "height", "line", "cut"),
    [
        (60, 40, 40, True),
        (20, 40, 40, True),  # half as wide as tall
        (19, 40, 40, False),
        (24, 24, 60, True),  # 0.4 of the line's height
        (23, 23, 60, False),
        (60, 24, 60, True),
        (60, 23, 60, False),
    ],
)
def test_which_parts_are_cut(width: int, height: int, line: int, cut: bool) -> None:
    labels = np.zeros((80, 90), np.int32)
    labels[10 : 10 + height, 10 : 10 + width] = 1
    labels[12 : 8 + height, 10 + width // 2] = 0  # a valley in the middle
    writing = text_map(labels * 1.0)
    part = make_box(10, 10, width, height, area=int((labels == 1).sum()))
    before = labels.copy()
    pieces = _cut(writing, labels, part, float(line), 0.0)
    assert (len(pieces) > 1) is cut
    assert sum(piece.area for piece, _ in pieces) == part.area
    if cut:
        assert pieces[0][1] == 0
        assert all(met > 0 for _, met in pieces[1:])
        np.testing.assert_array_equal(labels > 0, before > 0)
        valley = min(pieces[1:], key=lambda pair: abs(pair[0].x - (10 + width // 2)))
        assert valley[1] == pytest.approx(4 / line, abs=2 / line)
    else:
        assert pieces == [(part, 0.0)]
