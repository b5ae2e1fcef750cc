"""A row read by two networks: what each may say, and what the second one is worth."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocessed import preprocess_fast
from inkling.reading.recognise import row as rows
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.lattice import Lattice, Run
from inkling.reading.recognise.line_network import ctc_greedy_decode, read_strip, read_strip_again
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.row import UNHEARD, Read, _is_narrow, _scores, is_plain
from inkling.reading.recognise.strip import Strip, cut_strip
from inkling.types import Box, Reading
from tests.reading.drawings import drawn_zero, mnist_test, write_text
from tests.reading.maps import make_box


def strip_of(image: np.ndarray) -> Strip:
    writing = make_text_map(image)
    segments = segment(writing)
    return cut_strip(writing, segments.labels, segments.strokes[0])


@pytest.mark.parametrize("text", ["4071", "2358", "96", "10001", "77441"])
def test_the_line_network_spells_a_row(text: str) -> None:
    strip = strip_of(write_text(text))
    expected = tuple(int(digit) for digit in text)
    assert ctc_greedy_decode(read_strip(strip)) == expected
    assert ctc_greedy_decode(read_strip_again(strip)) == expected


def test_frames_are_probabilities() -> None:
    for read in (read_strip, read_strip_again):
        np.testing.assert_allclose(np.exp(read(strip_of(write_text("407")))).sum(axis=1), 1)


def test_the_line_network_alone_overturns_no_sure_crop() -> None:
    probs = np.full(11, 1e-5, np.float32)
    probs[4] = 1 - 1e-4
    words = np.full(11, UNHEARD)
    words[9] = 0.0
    assert rows._combine(probs, words)[:10].argmax() == 4


def test_a_digit_on_which_the_networks_disagree_is_not_sure() -> None:
    probs = np.full(11, 0.01, np.float32)
    probs[8], probs[0] = 0.65, 0.26
    words = np.log(np.full(11, 0.017))
    words[0] = np.log(0.83)
    combined = rows._combine(probs, words)
    assert combined.argmax() == 0
    assert combined[0] < 0.8
    probs[8], probs[0] = 0.01, 0.9
    assert rows._combine(probs, words)[0] > 0.9  # they agree


def test_probabilities_of_both_are_probabilities() -> None:
    rng = np.random.default_rng(0)
    for probs in rng.dirichlet(np.full(11, 0.2), 50).astype(np.float32):
        combined = rows._combine(probs, -rng.uniform(0, 5, 11))
        assert abs(combined.sum() - 1) < 1e-5
        assert combined.min() >= 0
        assert combined[10] == pytest.approx(min(float(probs[10]), rows.SURELY_NONE), abs=1e-6)


def touching_rows(folder: Path, count: int) -> Iterator[tuple[np.ndarray, str]]:
    """Rows of three to five of MNIST's test digits that touch, dark on light."""
    images, labels = mnist_test(folder)
    rng = np.random.default_rng(8)
    for _ in range(count):
        picked = rng.integers(0, len(images), int(rng.integers(3, 6)))
        cut = [image[:, image.max(axis=0) > 60] for image in images[picked]]
        width = sum(ink.shape[1] for ink in cut)
        sheet = np.zeros((48, width + 20), np.uint8)
        x = 10
        for ink in cut:
            part = sheet[10:38, x : x + ink.shape[1]]
            np.maximum(part, ink, out=part)
            x += ink.shape[1] - 1
        yield (
            np.kron(235 - (sheet * 0.85).astype(np.uint8), np.ones((2, 2), np.uint8)),
            "".join(str(label) for label in labels[picked]),
        )


@pytest.mark.mnist
@pytest.mark.parametrize("count", [24, pytest.param(80, marks=pytest.mark.slow)])
def test_touching_rows_are_read_better_by_both_networks(
    mnist_folder: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    images, texts = zip(*touching_rows(mnist_folder, count), strict=True)

    def right() -> float:
        answers = Reader.load().read(list(images))
        found = [a.text if isinstance(a, Reading) else "" for a in answers]
        return float(np.mean([a == b for a, b in zip(found, texts, strict=True)]))

    with_both = right()

    monkeypatch.setattr(rows, "WHOLE", 0.0)
    assert with_both >= 0.8
    assert right() < with_both - 0.04


def crop(width: int, height: int) -> Crop:
    return Crop(Box(0, 0, width, height), np.zeros((28, 28), np.uint8), 2.0, 1.0, 0, 1.0)


def sure_of(prob: float) -> np.ndarray:
    """Probabilities of which the best digit's is `prob`."""
    probs = np.full(11, (1 - prob) / 20, np.float32)
    probs[3] = prob
    return probs


@pytest.mark.parametrize(
    ("crops", "probs", "plain"),
    [
        ([(20, 40)], [0.6], True),  # alone and narrow
        ([(20, 40)], [0.59], False),
        ([(30, 40)], [0.6], True),  # 0.75 of its height
        ([(31, 40)], [0.6], False),
        ([(31, 40)], [0.9], True),
        ([(31, 40)], [0.89], False),
        ([(46, 40)], [0.99], True),  # 1.15 of its height
        ([(47, 40)], [0.99], False),
        ([(20, 40), (20, 40)], [0.9, 0.9], True),
        ([(20, 40), (20, 40)], [0.9, 0.89], False),
        ([(20, 40), (47, 40)], [0.99, 0.99], False),
        ([], [], False),
    ],
)
def test_what_needs_no_other_look(
    crops: list[tuple[int, int]], probs: list[float], plain: bool
) -> None:
    given = [crop(*size) for size in crops]
    answers = [sure_of(prob + 1e-6) for prob in probs]
    assert is_plain(given, answers) is plain


def test_a_sure_none_is_not_plain() -> None:
    none = np.zeros(11, np.float32)
    none[10] = 1
    assert not is_plain([crop(20, 40)], [none])
    assert _is_narrow([crop(30, 40)])
    assert not _is_narrow([crop(31, 40)])
    assert not _is_narrow([crop(30, 40)] * 2)


STRAYS = [(0.34, 0.42), (0.35, 0.02), (0.49, 0.02), (0.5, 1.9), (2.0, 1.9)]


@pytest.mark.parametrize(("tall", "stray"), STRAYS)
@pytest.mark.parametrize("none", [0.01, 0.5, 1.0])
def test_a_run_is_a_digit_or_a_stray_stroke(tall: float, stray: float, none: float) -> None:
    """As the sum of what it is worth and what it costs; only a single piece may be left out."""
    height = 100.0
    part = make_box(0, 0, 20, round(tall * height))
    single = Run(0, 1, part, 0.0, 0.0)
    pair = Run(0, 2, part, 0.5, 0.25)
    both = np.full((2, 11), -6.0)
    both[:, 4] = -5.0
    both[:, 10] = 0.0  # the column of none is not a digit
    probs = np.zeros((2, 11), np.float32)
    probs[:, 10] = none
    words = np.full((2, 11), -0.5)
    lattice = Lattice((part, part), (single, pair), height)
    found = _scores(lattice, both, probs, words)
    left_out = 0.2 * math.log(max(none, 0.05)) - stray + rows.WHOLE * -0.5
    assert found[0] == pytest.approx(max(-5.0, left_out) - rows.RUN)
    cost = rows.RUN + rows.CUT + rows.CUT_INK * 0.5 + rows.GAP * 0.25
    assert found[1] == pytest.approx(-5.0 - cost)


def test_a_run_that_begins_at_no_cut_costs_none() -> None:
    part = make_box(0, 0, 20, 100)
    runs = (Run(0, 2, part, 0.0, 0.0), Run(0, 2, part, 0.01, 0.0))
    both, probs = np.zeros((2, 11)), np.zeros((2, 11), np.float32)
    free, cut = _scores(Lattice((part, part), runs, 100.0), both, probs, np.zeros((2, 11)))
    assert free == pytest.approx(-rows.RUN)
    assert cut == pytest.approx(-rows.RUN - rows.CUT - 0.01 * rows.CUT_INK)


def read_zero(network: Network) -> tuple[list[Read], list[Read]]:
    """A line of one 0 that is given as another digit, and its reading as a lattice."""
    image = drawn_zero(100, 8)
    look = preprocess_fast((Photo(image, 100, 100), "x"))
    assert look is not None
    strokes = look.segments.strokes[0]
    strip = cut_strip(look.writing, look.segments.labels, strokes)
    line = [(look.crops[0], sure_of(1.0))]
    return line, rows._read_lattice(look, strokes, line, network, strip)


def test_one_part_read_again_as_one_is_the_answer_of_both_networks(reader: Reader) -> None:
    """A lone part is left as it was only where two digits would take its place."""
    line, found = read_zero(reader.network)
    assert found is not line
    assert len(found) == 1
    assert found[0][1][:10].argmax() == 0  # not the 3 that the line was given as


def test_a_finetuned_network_decides_alone_about_ink_that_is_not_cut(reader: Reader) -> None:
    network = reader.network
    adapted = replace(network, card=replace(network.card, finetuned=True))
    _, ((_, by_both),) = read_zero(network)
    _, ((crop, alone),) = read_zero(adapted)
    assert alone == pytest.approx(network.judge(crop.pixels[None])[0], abs=1e-5)
    assert by_both != pytest.approx(alone, abs=1e-5)


def test_two_digits_take_the_place_of_one_where_each_is_likely(reader: Reader) -> None:
    image = np.full((110, 150), 245, np.uint8)
    image[15:95, 40:50] = image[15:95, 96:106] = 30  # two 1s, joined by a thin bridge
    image[54:57, 40:106] = 30
    look = preprocess_fast((Photo(image, 150, 110), "x"))
    assert look is not None
    assert len(look.crops) == 1
    strokes = look.segments.strokes[0]
    strip = cut_strip(look.writing, look.segments.labels, strokes)
    doubtful, sure = ([(look.crops[0], sure_of(best))] for best in (0.3, 1.0))
    assert len(rows._read_lattice(look, strokes, doubtful, reader.network, strip)) == 2
    assert rows._read_lattice(look, strokes, sure, reader.network, strip) is sure
