import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inkling.evaluation.audit import found_among, rank_suspects, stratified_folds
from inkling.evaluation.corrections import MNIST_UNCONFIRMED, unconfirmed_labels
from inkling.types import Digits


def test_the_margin_ranks_the_label_that_is_believed_least_first() -> None:
    probabilities = np.array(
        [[0.9, 0.05, 0.05], [0.01, 0.98, 0.01], [0.3, 0.4, 0.3], [0.0, 0.0, 1.0]]
    )
    suspicion = rank_suspects(probabilities, np.array([0, 2, 0, 0]))
    assert suspicion.order.tolist() == [3, 1, 2, 0]
    assert np.allclose(suspicion.margin, [0.85, -0.97, -0.1, -1.0])
    assert suspicion.answers.tolist() == [1, 1, 1, 2]
    assert np.allclose(suspicion.confidence, [0.05, 0.98, 0.4, 1.0])
    assert found_among(suspicion.order, (1, 0), 2) == 1


@given(st.integers(0, 9999), st.integers(2, 6), st.integers(1, 300))
def test_the_margin_is_negative_exactly_where_the_answer_is_not_the_label(
    seed: int, classes: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(classes), n)
    labels = rng.integers(0, classes, n)
    suspicion = rank_suspects(probabilities, labels)
    assert sorted(suspicion.order.tolist()) == list(range(n))
    assert (np.diff(suspicion.margin[suspicion.order]) >= 0).all()
    assert np.array_equal(suspicion.margin < 0, probabilities.argmax(axis=1) != labels)
    assert (suspicion.answers != labels).all()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.integers(2, 7), st.integers(0, 99))
def test_folds_share_every_class_and_are_of_one_size(
    labels: list[int], folds: int, seed: int
) -> None:
    array = np.array(labels)
    numbers = stratified_folds(array, folds, seed)
    for label in np.unique(array):
        sizes = np.bincount(numbers[array == label], minlength=folds)
        assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(numbers, minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    assert np.array_equal(numbers, stratified_folds(array, folds, seed))


def test_the_list_is_that_of_mnists_test_set_alone(few: Digits) -> None:
    assert unconfirmed_labels(few) == ()
    assert len(set(MNIST_UNCONFIRMED)) == 15
