"""Our few lines against scikit-learn, SciPy and the definitions written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from scipy.stats import binomtest
from sklearn import metrics as reference

from inkling.evaluation.metrics import ECE_BINS, measure, softmax, wilson_interval

CLASSES = tuple("abcde")


@st.composite
def answers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 200))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(0, draw(st.floats(0.1, 20)), (n, 5)), rng.integers(0, 5, n)


@given(answers())
def test_every_figure_is_scikit_learns(data: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = data
    result = measure(logits, labels, CLASSES)
    chosen = logits.argmax(axis=1)
    assert result.accuracy == pytest.approx(reference.accuracy_score(labels, chosen))
    assert np.array_equal(
        result.confusion, reference.confusion_matrix(labels, chosen, labels=range(5))
    )
    assert result.loss == pytest.approx(
        -log_softmax(logits, axis=1)[range(len(labels)), labels].mean(), rel=1e-6
    )
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        labels, chosen, labels=range(5), zero_division=0
    )
    for i, score in enumerate(result.per_class):
        assert score.precision == pytest.approx(precision[i])
        assert score.recall == pytest.approx(recall[i])
        assert score.f1 == pytest.approx(f1[i])
        assert score.n == support[i]


@given(answers())
def test_calibration_error_is_its_definition(data: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = data
    probabilities = softmax(logits)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    gap = 0.0
    for low in range(ECE_BINS):
        last = low == ECE_BINS - 1
        inside = [
            i
            for i, value in enumerate(confidence)
            if low <= value * ECE_BINS and (value * ECE_BINS < low + 1 or last)
        ]
        if inside:
            gap += abs(confidence[inside].mean() - right[inside].mean()) * len(inside)
    assert measure(logits, labels, CLASSES).ece == pytest.approx(gap / len(labels), abs=1e-12)


@given(st.integers(1, 20_000), st.floats(0, 1))
def test_the_interval_is_scipys(n: int, fraction: float) -> None:
    right = round(fraction * n)
    wanted = binomtest(right, n).proportion_ci(method="wilson")
    assert wilson_interval(right, n) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_sure_and_wrong_has_a_finite_loss() -> None:
    result = measure(np.array([[1e4, 0.0], [0.0, 1e4]]), np.array([1, 1]), ("a", "b"))
    assert np.isfinite(result.loss)
    assert result.accuracy == 0.5
