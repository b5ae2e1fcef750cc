import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.errors import DataError
from inkling.evaluation.calibration import (
    Thresholds,
    choose_sure,
    choose_thresholds,
    count_refusals,
    expected_calibration_error,
    fit_temperature,
    log_loss,
)
from inkling.evaluation.metrics import softmax


def honest(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 11) whose softmax is the true chance of each label (N,)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (count, 11))
    probs = softmax(logits)
    labels = (probs.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return logits, labels


@settings(max_examples=10)
@given(st.floats(0.3, 4), st.integers(0, 1000))
def test_a_temperature_that_was_applied_is_found_again(temperature: float, seed: int) -> None:
    logits, labels = honest(20_000, seed)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


@given(st.floats(0.2, 5), st.integers(0, 1000))
def test_log_loss_is_that_of_torch(temperature: float, seed: int) -> None:
    logits, labels = honest(50, seed)
    reference = F.cross_entropy(torch.tensor(logits / temperature), torch.tensor(labels)).item()
    assert log_loss(logits, labels, temperature) == pytest.approx(reference)


def test_no_temperature_nearby_is_better() -> None:
    logits, labels = honest(3_000, 1)
    best = fit_temperature(3 * logits, labels)
    least = log_loss(3 * logits, labels, best)
    assert all(least <= log_loss(3 * logits, labels, best * f) for f in (0.8, 0.95, 1.05, 1.25))


def test_honest_probabilities_have_no_calibration_error_and_bold_ones_have() -> None:
    logits, labels = honest(40_000, 2)
    assert expected_calibration_error(logits, labels) < 0.01
    assert expected_calibration_error(logits * 4, labels) > 0.08
    assert expected_calibration_error(logits * 4, labels, 4.0) < 0.01


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.002, 0.005, 0.02]))
def test_thresholds_keep_to_their_fractions(seed: int, refused: float) -> None:
    logits, labels = honest(8_000, seed)
    probs = softmax(logits)
    chosen = choose_thresholds(probs, labels, refused, doubted=0.01)
    measured = count_refusals(probs, labels, chosen)
    at_floor = chosen.not_a_digit == pytest.approx(1 / 3)
    assert measured.digits_refused <= refused + 1e-3 or chosen.not_a_digit == 0.99
    assert at_floor or measured.digits_refused >= refused * 0.5 - 1e-3
    assert 1 / 3 <= chosen.unsure <= 0.9


def test_refusals_are_counted_by_hand() -> None:
    probs = np.array([[0.9, 0.1, 0.0], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]])
    measured = count_refusals(probs, np.array([0, 0, 1, 2]), Thresholds(0.6, 0.7))
    assert measured.digits_refused == pytest.approx(1 / 3)
    assert measured.digits_doubted == pytest.approx(1 / 3)
    assert measured.none_answered == 1


def test_nothing_to_choose_by_is_an_error() -> None:
    with pytest.raises(DataError, match="held-out"):
        fit_temperature(np.zeros((0, 11)), np.zeros(0, np.int64))
    with pytest.raises(DataError, match="of digits and of other shapes"):
        choose_thresholds(np.full((4, 3), 1 / 3), np.array([0, 1, 0, 1]))


def test_a_network_answers_for_another_where_it_errs_no_more() -> None:
    labels = np.zeros(1000, np.int64)
    rng = np.random.default_rng(0)
    sure = np.sort(rng.uniform(0.5, 1, 1000))
    probs = np.zeros((1000, 11))
    probs[:, 0], probs[:, 1] = sure, 1 - sure
    others = probs.copy()
    wrong = (sure > 0.9) & (sure < 0.95)  # there the smaller network takes every 0 for a 1
    probs[wrong] = probs[wrong][:, [1, 0, *range(2, 11)]]
    level = choose_sure(probs, others, labels)
    assert 0.949 <= level <= 0.951
    assert choose_sure(others, others, labels) == 0.9


def test_a_network_that_errs_where_it_is_surest_may_never_answer() -> None:
    probs = np.full((50, 11), 0.0)
    probs[:, 1] = 1.0
    others = np.roll(probs, -1, axis=1)
    with pytest.raises(DataError, match="each threshold"):
        choose_sure(probs, others, np.zeros(50, np.int64))
    unsure = 0.94 * probs + 0.06 * others  # above 0.94 it says nothing, which is no merit
    with pytest.raises(DataError, match="each threshold"):
        choose_sure(unsure, others, np.zeros(50, np.int64))
