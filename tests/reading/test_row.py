"""A row read by two networks: what each may say, and what the second one is worth."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.pipeline import Reader
from inkling.reading.recognise import row as rows
from inkling.reading.recognise.line_network import ctc_greedy_decode, read_strip, read_strip_again
from inkling.reading.recognise.row import LEAST, UNHEARD, WHOLE
from inkling.reading.recognise.strip import Strip, cut_strip
from inkling.types import Reading
from tests.reading.pictures import mnist_test, write_text


def strip_of(picture: np.ndarray) -> Strip:
    writing = make_text_map(picture)
    segments = segment(writing)
    return cut_strip(writing, segments.labels, segments.strokes[0])


@pytest.mark.parametrize("text", ["4071", "2358", "96", "10001", "77441"])
def test_the_line_network_spells_a_row(text: str) -> None:
    strip = strip_of(write_text(text))
    expected = tuple(int(digit) for digit in text)
    assert ctc_greedy_decode(read_strip(strip)) == expected
    assert ctc_greedy_decode(read_strip_again(strip)) == expected


def test_frames_are_chances() -> None:
    for read in (read_strip, read_strip_again):
        np.testing.assert_allclose(np.exp(read(strip_of(write_text("407")))).sum(axis=1), 1)


def test_the_line_network_alone_overturns_no_sure_crop() -> None:
    probs = np.full(11, 1e-5, np.float32)
    probs[4] = 1 - 1e-4
    words = np.full(11, UNHEARD)
    words[9] = 0.0
    both = np.log(np.maximum(probs.astype(np.float64), LEAST)) + WHOLE * words
    assert rows._shared(both, probs)[:10].argmax() == 4


def test_probabilities_of_both_are_probabilities() -> None:
    rng = np.random.default_rng(0)
    for probs in rng.dirichlet(np.full(11, 0.2), 50).astype(np.float32):
        both = np.log(np.maximum(probs.astype(np.float64), LEAST)) - rng.uniform(0, 5, 11)
        shared = rows._shared(both, probs)
        assert abs(shared.sum() - 1) < 1e-5
        assert shared.min() >= 0
        assert shared[10] == pytest.approx(min(float(probs[10]), rows.SURELY_NONE), abs=1e-6)


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
def test_touching_rows_are_read_better_by_both_networks(
    mnist_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, texts = zip(*touching_rows(mnist_folder, 80), strict=True)

    def right() -> float:
        answers = Reader.load().read(list(pictures))
        found = [a.text if isinstance(a, Reading) else "" for a in answers]
        return float(np.mean([a == b for a, b in zip(found, texts, strict=True)]))

    with_both = right()

    monkeypatch.setattr(rows, "WHOLE", 0.0)
    assert with_both >= 0.8
    assert right() < with_both - 0.04
