"""The probability of a slash in one line depends on how many other lines seem to have one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.recognise.mark_network import CLASSES
from inkling.reading.recognise.mark_priors import PRIOR, SLASH, WEIGHT, odds_factors, share_slashes

PROBS = st.lists(st.floats(0, 0.99), min_size=2, max_size=12)


def line(*slashes: float) -> np.ndarray:
    """Probabilities (parts, 9) of strokes that are a slash or a digit."""
    out = np.zeros((len(slashes), len(CLASSES)), np.float32)
    out[:, SLASH] = slashes
    out[:, 0] = 1 - out[:, SLASH]
    return out


def slow_factors(probs: list[float], steps: int) -> list[float]:
    """The same algorithm, one line after the other."""
    now = list(probs)
    factors = [1.0] * len(probs)
    for _ in range(steps):
        rates = [
            (WEIGHT * PRIOR + sum(now) - now[k]) / (WEIGHT + len(now) - 1) for k in range(len(now))
        ]
        factors = [rate / (1 - rate) / (PRIOR / (1 - PRIOR)) for rate in rates]
        now = [f * p / (f * p + 1 - p) for f, p in zip(factors, probs, strict=True)]
    return factors


@given(PROBS)
def test_factors_are_those_of_the_plain_algorithm(probs: list[float]) -> None:
    assert odds_factors(np.array(probs), PRIOR) == pytest.approx(slow_factors(probs, 8), rel=1e-6)


def test_more_steps_change_little() -> None:
    for probs in ([0.6] * 5, [0.6, 0.02, 0.02, 0.02], [0.3, 0.5]):
        eight, many = slow_factors(probs, 8), slow_factors(probs, 40)
        for factor, final, prob in zip(eight, many, probs, strict=True):
            after = [f * prob / (f * prob + 1 - prob) for f in (factor, final)]
            assert after[0] == pytest.approx(after[1], abs=0.04)


@given(PROBS, st.integers(0, 11), st.floats(0.01, 0.99))
def test_a_likelier_slash_elsewhere_makes_a_slash_likelier(
    probs: list[float], place: int, more: float
) -> None:
    place = 1 + place % (len(probs) - 1)
    likelier = list(probs)
    likelier[place] = max(probs[place], more)
    before, after = odds_factors(np.array(probs), PRIOR), odds_factors(np.array(likelier), PRIOR)
    assert after[0] >= before[0] - 1e-9


def test_one_slash_among_plain_numbers_is_doubted_and_a_list_of_slashes_confirmed() -> None:
    plain = share_slashes([line(0.01, 0.62, 0.02), *[line(0.01, 0.02)] * 5])
    assert plain[0][1, SLASH] < 0.5
    fractions = share_slashes([line(0.01, 0.4, 0.02)] * 6)
    assert all(each[1, SLASH] > 0.6 for each in fractions)


def test_a_lone_line_stays_as_it_is() -> None:
    lone = line(0.2, 0.7)
    empty = np.zeros((0, len(CLASSES)), np.float32)
    kept = share_slashes([empty, lone])
    assert np.array_equal(kept[1], lone)
    assert kept[0].shape == empty.shape


def test_the_other_classes_keep_their_ratios() -> None:
    first = line(0.3, 0.5)
    first[1, 0], first[1, CLASSES.index("other")] = 0.3, 0.2
    before = first.copy()
    after = share_slashes([first, line(0.9), line(0.9)])[0]
    assert np.array_equal(first, before)  # the argument is not changed
    assert after.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert after[1, 0] / after[1, CLASSES.index("other")] == pytest.approx(1.5, rel=1e-4)
    assert (after[:, SLASH] > before[:, SLASH]).all()
