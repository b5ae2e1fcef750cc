import numpy as np

from inkling.reading.preprocess.normalise import normalise
from inkling.reading.recognise.crops import find_candidates, find_crops
from inkling.synthesis.fonts import Face
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_crops import (
    CropMix,
    crop_glyphs,
    crop_pairs,
    crop_plain,
    crop_scenes,
)
from inkling.synthesis.negatives import NONE_LABEL
from inkling.types import Digits


def test_composed_crops_come_by_the_number_and_by_the_seed(
    few: Digits, faces: tuple[Face, ...]
) -> None:
    def crops() -> Digits:
        rng = np.random.default_rng(9)
        source = GlyphSource(few, faces, rng)
        return crop_scenes(source, 120, (find_crops, find_candidates), CropMix(), rng)

    first = crops()
    assert len(first) == 120
    assert first.sha256() == crops().sha256()
    assert 0.05 < (first.labels == NONE_LABEL).mean() < 0.6
    assert len(np.unique(first.labels)) >= 9


def test_inked_crops_have_ink(source: GlyphSource) -> None:
    made = crop_glyphs(
        source, 150, lambda ink: normalise(ink).pixels, CropMix(), np.random.default_rng(2)
    )
    assert len(made) == 150
    assert made.images.sum(axis=(1, 2)).min() > 2_000
    assert made.classes[NONE_LABEL] == "none"


def test_plain_digits_keep_their_labels(few: Digits) -> None:
    made = crop_plain(few, 60, find_crops, np.random.default_rng(0))
    assert len(made) > 50
    assert set(made.labels.tolist()) <= set(range(10))


def test_cuts_of_two_digits_are_none(source: GlyphSource) -> None:
    made = crop_pairs(source, 40, find_candidates, CropMix(), np.random.default_rng(3))
    assert made.labels.tolist() == [NONE_LABEL] * 40
    wide = made.images.max(axis=1) > 128
    across = [int(np.flatnonzero(row)[-1] - np.flatnonzero(row)[0]) for row in wide]
    assert float(np.median(across)) >= 15  # of 20; MNIST's own digits are 14 wide
