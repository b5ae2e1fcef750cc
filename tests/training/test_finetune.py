"""Training that goes on: it learns what is new, keeps what it knew, and repeats."""

import numpy as np
import onnx
import pytest
import torch

from inkling.data.replay import load_replay
from inkling.models.onnx_graph import ScaledGraph
from inkling.reading.recognise.network import BUNDLED
from inkling.training.finetune import (
    FinetuneSettings,
    _Drawn,
    between,
    finetune_network,
    logits_of,
)
from inkling.types import MEAN, STD, Digits

SHORT = FinetuneSettings(steps=30, own_batch=32, replay_batch=64)


@pytest.fixture(scope="module")
def network() -> ScaledGraph:
    return ScaledGraph(onnx.load(BUNDLED), "reader.onnx", MEAN, STD)


@pytest.fixture(scope="module")
def replay() -> Digits:
    return load_replay().training.take(np.arange(0, 6000, 6))


def accuracy(network: torch.nn.Module, digits: Digits) -> float:
    return float((logits_of(network, digits).argmax(axis=1) == digits.labels).mean())


def test_new_shapes_are_learnt_and_old_ones_kept(network: ScaledGraph, replay: Digits) -> None:
    digits = replay.take(np.flatnonzero(replay.labels < 10)[:200])
    own = Digits(digits.images.transpose(0, 2, 1).copy(), digits.labels, digits.classes)
    before, kept_before = accuracy(network, own), accuracy(network, replay)
    later = finetune_network(network, own, replay, SHORT)
    assert accuracy(later, own) > before + 0.15
    assert accuracy(later, replay) > kept_before - 0.1
    assert accuracy(network, own) == before  # the given network is left as it was


def test_the_seed_decides_everything(network: ScaledGraph, replay: Digits) -> None:
    own = replay.take(np.arange(40))
    settings = FinetuneSettings(steps=3, own_batch=8, replay_batch=8)
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    one, other = (finetune_network(network, own, replay, settings) for _ in range(2))
    assert np.array_equal(logits_of(one, own), logits_of(other, own))
    assert torch.equal(state, torch.random.get_rng_state())


def test_weights_between_two_networks(network: ScaledGraph, replay: Digits) -> None:
    own = replay.take(np.arange(40))
    later = finetune_network(network, own, own.take(np.arange(0)), SHORT)
    ends = [logits_of(between(network, later, fraction), own) for fraction in (0.0, 1.0)]
    np.testing.assert_allclose(ends[0], logits_of(network, own), atol=1e-5)
    np.testing.assert_allclose(ends[1], logits_of(later, own), atol=1e-5)


def test_rare_classes_are_drawn_more_often_if_balanced(scans: Digits) -> None:
    labels = np.repeat([0, 1], [180, 20])
    digits = Digits(scans.images[:200].copy(), labels)
    for balanced, rare in ((True, 0.25), (False, 0.1)):  # by the square root of their number
        torch.manual_seed(0)
        images, index = _Drawn(digits, balanced).draw(4_000)
        assert images.shape == (4_000, 1, 28, 28)
        assert (labels[index.numpy()] == 1).mean() == pytest.approx(rare, abs=0.03)
