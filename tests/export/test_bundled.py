"""The model that ships: what its card promises, and what it does on real digits."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from inkling.data.catalog import find_source
from inkling.evaluation.calibration import expected_calibration_error
from inkling.reading.recognise.crops import find_crops
from inkling.reading.recognise.network import BUNDLED, load_network
from inkling.synthesis.distractors import compose_distractors
from inkling.types import DIGIT_NAMES, SIDE


@pytest.fixture(scope="module")
def card() -> dict:
    proto = onnx.load(BUNDLED)
    return json.loads({entry.key: entry.value for entry in proto.metadata_props}["card"])


def test_it_is_small_and_whole() -> None:
    assert BUNDLED.stat().st_size <= 1_500_000
    onnx.checker.check_model(onnx.load(BUNDLED))
    assert not list(BUNDLED.parent.glob("*.data"))


def test_its_card_says_what_it_was_made_from(card: dict) -> None:
    assert card["classes"] == [*DIGIT_NAMES, "none"]
    assert card["side"] == SIDE
    assert set(card["thresholds"]) == {"unsure", "not_a_digit"}
    assert all(len(card["hashes"][k]) == 64 for k in ("weights", "training_crops"))
    assert card["held_out"]["legible_refused"] <= 0.01
    assert card["held_out"]["none_answered"] <= 0.1
    assert card["held_out"]["ece"] <= 0.02


def test_its_hash_is_the_documented_one() -> None:
    import hashlib

    page = Path(__file__).parents[2] / "docs" / "reader-model.md"
    assert hashlib.sha256(BUNDLED.read_bytes()).hexdigest() in page.read_text("utf-8")


def test_things_are_no_digits() -> None:
    rng = np.random.default_rng(0)
    network = load_network()
    refused = []
    for _ in range(60):
        cuts = find_crops(compose_distractors(rng).pixels)
        if cuts:
            probs = network.probabilities(np.stack([cut.pixels for cut in cuts]))
            refused += (probs.argmax(axis=1) == 10).tolist()
    assert np.mean(refused) > 0.8


@pytest.mark.mnist
@pytest.mark.usefixtures("mnist_folder")
@pytest.mark.parametrize("step", [20, pytest.param(5, marks=pytest.mark.slow)])
def test_mnists_test_digits_are_read(step: int) -> None:
    digits = find_source("mnist").load_test().take(np.arange(0, 10_000, step))
    cuts = [find_crops(image) for image in digits.images]
    single = np.array([len(cut) == 1 for cut in cuts])
    assert single.mean() > 0.97
    pixels = np.stack([cut[0].pixels for cut in cuts if len(cut) == 1])
    probs = load_network().probabilities(pixels)
    labels = digits.labels[single]
    assert (probs[:, :10].argmax(axis=1) == labels).mean() >= 0.99
    assert expected_calibration_error(np.log(np.maximum(probs, 1e-12)), labels) < 0.03
