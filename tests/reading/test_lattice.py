"""Cuts and the best path through them."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.detect.parts import Part
from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.recognise.cuts import find_cuts, find_slant
from inkling.reading.recognise.lattice import Lattice, Run, best_path, build_lattice

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
    picture = np.full((100, 170), 245, np.uint8)
    for x in (55, 113):
        cv2.ellipse(picture, (x, 50), (27, 34), 0, 0, 360, 30, 8, cv2.LINE_AA)
    return picture


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
