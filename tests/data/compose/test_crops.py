import numpy as np

from inkling.data.compose.crops import Shares, cut_composed, cut_inked, cut_pairs, cut_plain
from inkling.data.compose.fonts import Face
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.negatives import NONE
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.recognise.crops import find_candidates, find_crops
from inkling.types import Digits


def test_composed_crops_come_by_the_number_and_by_the_seed(
    few: Digits, faces: tuple[Face, ...]
) -> None:
    def crops() -> Digits:
        rng = np.random.default_rng(9)
        source = GlyphSource(few, faces, rng)
        return cut_composed(source, 120, (find_crops, find_candidates), Shares(), rng)

    first = crops()
    assert len(first) == 120
    assert first.sha256() == crops().sha256()
    assert 0.05 < (first.labels == NONE).mean() < 0.6
    assert len(np.unique(first.labels)) >= 9


def test_inked_crops_have_ink(source: GlyphSource) -> None:
    made = cut_inked(
        source, 150, lambda ink: normalise(ink).pixels, Shares(), np.random.default_rng(2)
    )
    assert len(made) == 150
    assert made.images.sum(axis=(1, 2)).min() > 2_000
    assert made.classes[NONE] == "none"


def test_plain_digits_keep_their_labels(few: Digits) -> None:
    made = cut_plain(few, 60, find_crops, np.random.default_rng(0))
    assert len(made) > 50
    assert set(made.labels.tolist()) <= set(range(10))


def test_cuts_of_two_digits_are_none(source: GlyphSource) -> None:
    made = cut_pairs(source, 40, find_candidates, Shares(), np.random.default_rng(3))
    assert made.labels.tolist() == [NONE] * 40
    wide = made.images.max(axis=1) > 128
    across = [int(np.flatnonzero(row)[-1] - np.flatnonzero(row)[0]) for row in wide]
    assert float(np.median(across)) >= 15  # of 20; MNIST's own digits are 14 wide
