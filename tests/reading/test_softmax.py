"""Probabilities from logits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.recognise.softmax import softmax

LOGITS = arrays(np.float32, (3, 5), elements=st.floats(-30, 30, width=32))


@given(LOGITS)
def test_rows_sum_to_one_and_follow_the_definition(logits: np.ndarray) -> None:
    probs = softmax(logits)
    exact = np.exp(logits.astype(np.float64))
    np.testing.assert_allclose(
        probs, exact / exact.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-7
    )
    assert probs.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


@given(LOGITS, st.floats(-900, 900, width=32))
def test_large_logits_do_not_overflow(logits: np.ndarray, offset: float) -> None:
    moved = softmax(logits + np.float32(offset))
    assert np.isfinite(moved).all()
    np.testing.assert_allclose(moved, softmax(logits), rtol=5e-3, atol=1e-6)
