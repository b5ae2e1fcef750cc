"""Which labels are most likely wrong, from what networks say that never saw them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Suspicion:
    """All N images in order of suspicion.

    `order` (N,) int64 names the most suspect first; `margin` (N,) is between -1 (all of the
    probability on one other class) and 1; `answers` (N,) int64 and `confidence` (N,) are what
    stands against the label, `given` (N,) is the label's own probability.
    """

    order: NDArray[np.int64]
    margin: NDArray[np.float64]
    answers: NDArray[np.int64]
    confidence: NDArray[np.float64]
    given: NDArray[np.float64]


def rank_suspects(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Suspicion:
    """Rank by normalised margin: the label's probability less that of the best other class.

    `probabilities` (N, C) must be out of fold: no network may have learnt from the label that it
    judges. Northcutt, Jiang and Chuang, "Confident Learning", 2021, compare this ranking with
    others; ties are broken by the label's probability, then by the order of the data.
    """
    rows = np.arange(len(labels))
    given = probabilities[rows, labels].astype(np.float64)
    others = probabilities.astype(np.float64).copy()
    others[rows, labels] = -np.inf
    margin = given - others.max(axis=1)
    return Suspicion(
        order=np.lexsort((rows, given, margin)),
        margin=margin,
        answers=others.argmax(axis=1),
        confidence=others.max(axis=1),
        given=given,
    )


def stratified_folds(labels: NDArray[np.integer], folds: int, seed: int) -> NDArray[np.int64]:
    """A fold number (N,) for each image; within a class the folds differ by one at most."""
    rng = np.random.default_rng(seed)
    numbers = np.empty(len(labels), np.int64)
    offset = 0  # where one class ended the next goes on, so that the folds are of one size too
    for label in np.unique(labels):
        members = rng.permutation(np.nonzero(labels == label)[0])
        numbers[members] = (np.arange(len(members)) + offset) % folds
        offset += len(members)
    return numbers


def found_among(order: NDArray[np.int64], listed: tuple[int, ...], first: int) -> int:
    """How many of the `listed` images stand among the `first` of `order`."""
    return len(set(order[:first].tolist()) & set(listed))
