"""Ranks labels by how likely they are wrong, from out-of-fold predictions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Suspicion:
    """All N images, the most suspicious label first.

    `order` (N,) int64 are the indices of the images. `margin` (N,) is between -1 (all probability
    on one other class) and 1. `answers` (N,) int64 and `confidence` (N,) are the best other class
    and its probability. `given` (N,) is the probability of the label.
    """

    order: NDArray[np.int64]
    margin: NDArray[np.float64]
    answers: NDArray[np.int64]
    confidence: NDArray[np.float64]
    given: NDArray[np.float64]


def rank_suspects(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Suspicion:
    """Ranks by the margin: the label's probability minus that of the best other class.

    `probabilities` (N, C) must be out of fold: no network may have trained on the label that it
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
    """A fold number (N,) for each image. Within a class, fold sizes differ by at most one."""
    rng = np.random.default_rng(seed)
    numbers = np.empty(len(labels), np.int64)
    offset = 0  # the next class continues where one ended, so that fold sizes are equal
    for label in np.unique(labels):
        members = rng.permutation(np.nonzero(labels == label)[0])
        numbers[members] = (np.arange(len(members)) + offset) % folds
        offset += len(members)
    return numbers


def found_among(order: NDArray[np.int64], listed: tuple[int, ...], first: int) -> int:
    """The number of `listed` images among the `first` of `order`."""
    return len(set(order[:first].tolist()) & set(listed))
