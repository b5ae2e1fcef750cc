"""The replay set of the package."""

import numpy as np

from inkling.data.replay import CLASSES, load_replay, pack, unpack
from inkling.reading.recognise.network import load_network


def test_the_set_is_what_the_reader_knows() -> None:
    replay = load_replay()
    assert (len(replay.training), len(replay.held_out)) == (6_000, 4_000)
    for part in (replay.training, replay.held_out):
        assert part.classes == CLASSES
        assert part.counts().min() > 100
        answers = load_network().probabilities(part.images[::4]).argmax(axis=1)
        assert (answers == part.labels[::4]).mean() > 0.9


def test_sixteen_grey_levels_are_kept() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    back = unpack(pack(images))
    assert back.shape == images.shape
    assert np.abs(back.astype(int) - images).max() <= 8
    assert np.array_equal(unpack(pack(back)), back)
