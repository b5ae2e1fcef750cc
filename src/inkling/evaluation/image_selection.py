"""Selects the test images that a run folder keeps: mistakes, and examples of each cell."""

import numpy as np
from numpy.typing import NDArray

STORED_MISTAKES = 400  # the most confident wrong answers
WRONG_A_CELL = 24  # the most confident ones of each confusion
LEAST_SURE_A_CLASS, SUREST_A_CLASS = 8, 4  # right answers per class
LIMIT = 2_000  # images; limits a report to 3 MB


def select_images(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Sorted indices of at most `LIMIT` images, given labels (N,) and probabilities (N, C).

    The most confident mistakes come first. Then each cell of the confusion matrix gets one image in
    turn, until the limit.
    """
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = surest_mistakes(labels, probabilities)[:STORED_MISTAKES]
    ranked = sorted(_by_cell(labels, answers, confidence))
    chosen = dict.fromkeys([*wrong.tolist(), *(index for _, index in ranked)])
    return np.sort(np.array(list(chosen)[:LIMIT], dtype=np.int64))


def surest_mistakes(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Indices of all wrong answers, the most confident first."""
    confidence = probabilities.max(axis=1)
    wrong = np.nonzero(probabilities.argmax(axis=1) != labels)[0]
    return wrong[np.argsort(-confidence[wrong], kind="stable")]


def _by_cell(
    labels: NDArray[np.integer], answers: NDArray[np.integer], confidence: NDArray[np.floating]
) -> list[tuple[int, int]]:
    """The rank within its cell and the index of each candidate image."""
    order = np.argsort(-confidence, kind="stable")  # most confident first
    cells: dict[tuple[int, int], list[int]] = {}
    for index in order.tolist():
        cells.setdefault((int(labels[index]), int(answers[index])), []).append(index)
    ranked: list[tuple[int, int]] = []
    for (label, answer), members in cells.items():
        if label == answer:
            shown = members[::-1][:LEAST_SURE_A_CLASS]
            shown += [index for index in members[:SUREST_A_CLASS] if index not in shown]
        else:
            shown = members[:WRONG_A_CELL]
        ranked += list(enumerate(shown))
    return ranked
