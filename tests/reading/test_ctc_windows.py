"""What frames say of pieces, beside every alignment counted one by one."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.recognise.ctc_windows import piece_bounds, score_windows
from inkling.reading.recognise.lattice import build_lattice
from inkling.reading.recognise.line_network import BLANK, CLASSES, ctc_greedy_decode
from inkling.reading.recognise.strip import cut_strip
from tests.reading.drawings import write_text


def random_log_probs(frames: int, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, 2, (frames, CLASSES))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def counted(log_probs: np.ndarray, label: int, rest: np.ndarray) -> float:
    """The probability of one label among the frames, and of `rest` (T,) in all others."""
    total = 0.0
    for start, stop in itertools.combinations(range(len(log_probs) + 1), 2):
        said = rest.copy()
        said[start:stop] = log_probs[start:stop, label]
        total += float(np.exp(said.sum()))
    return total


@settings(max_examples=40)
@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_a_window_says_what_all_alignments_say(frames: int, seed: int) -> None:
    log_probs = random_log_probs(frames, seed)
    starts, stops = np.array([0, frames // 2]), np.array([frames, frames])
    found = score_windows(log_probs, starts, stops)
    for row, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        window = log_probs[start:stop]
        no_digit = np.log(np.exp(window[:, BLANK:]).sum(axis=1))
        for label in range(CLASSES):
            rest = no_digit if label < BLANK else window[:, BLANK]
            if label != BLANK:
                np.testing.assert_allclose(np.exp(found[row, label]), counted(window, label, rest))
        np.testing.assert_allclose(found[row, BLANK], no_digit.sum(), atol=1e-12)


def test_a_window_without_frames_holds_neither_digit_nor_mark() -> None:
    found = score_windows(random_log_probs(4, 0), np.array([2]), np.array([2]))
    assert np.all(np.delete(found[0], BLANK) == -np.inf)
    assert found[0, BLANK] == 0


@settings(max_examples=40)
@given(st.lists(st.sampled_from(range(CLASSES)), min_size=1, max_size=30))
def test_frames_are_decoded_without_blanks_marks_and_repeats(said: list[int]) -> None:
    log_probs = np.full((len(said), CLASSES), -9.0)
    log_probs[np.arange(len(said)), said] = -0.01
    expected = tuple(digit for digit, _ in itertools.groupby(said) if digit < BLANK)
    assert ctc_greedy_decode(log_probs) == expected


def test_pieces_share_out_all_frames_in_their_order() -> None:
    writing = make_text_map(write_text("4091728"))
    segments = segment(writing)
    strokes = segments.strokes[0]
    strip = cut_strip(writing, segments.labels, strokes)
    lattice, labels = build_lattice(writing, segments.labels, strokes)
    frames = -(-strip.pixels.shape[1] // 4)
    bounds = piece_bounds(strip, labels, lattice.pieces, frames)
    assert bounds[0] == 0
    assert bounds[-1] == frames
    assert len(bounds) == len(lattice.pieces) + 1
    assert np.all(np.diff(bounds) >= 0)
    middles = [(start + stop) * 2 for start, stop in itertools.pairwise(bounds)]
    for piece, middle in zip(lattice.pieces, middles, strict=True):
        at = strip.column_of(piece.x + piece.w / 2, piece.y + piece.h / 2)
        assert abs(at - middle) < 10
