"""Metrics of an evaluation: accuracy, loss, confusion, scores per class, calibration."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054  # 97.5th percentile of the standard normal
ECE_BINS = 15  # of the reliability diagram, as in Guo et al., 2017


@dataclass(frozen=True)
class ClassScore:
    """One class: the `precision` of its predictions and the `recall` of its images.

    A measure with denominator 0 is 0, as in scikit-learn.
    """

    name: str
    precision: float
    recall: float
    f1: float
    n: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The metrics of the answers to `n` images.

    Accuracies and `ece` (expected calibration error) are fractions, `loss` is the mean
    cross-entropy in nats, `interval` the 95 % interval of the accuracy (Wilson).

    `confusion` (C, C) int64 has labels as rows and answers as columns. `reliability` (B, 3) has the
    mean confidence, accuracy and count of each bin of confidence.
    """

    accuracy: float
    interval: tuple[float, float]  # 95 %, Wilson
    loss: float
    n: int
    confusion: NDArray[np.int64]
    per_class: tuple[ClassScore, ...]
    ece: float
    reliability: NDArray[np.float64]

    def as_json(self) -> dict[str, Any]:
        """The output of `evaluate --json`."""
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "loss": self.loss,
            "n": self.n,
            "confusion": self.confusion.tolist(),
            "per_class": [vars(score) for score in self.per_class],
            "ece": self.ece,
        }


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities (N, C) of logits (N, C). Each row sums to 1."""
    shifted = logits.astype(np.float64)
    shifted = np.exp(shifted - shifted.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def measure(
    logits: NDArray[np.floating], labels: NDArray[np.integer], classes: tuple[str, ...]
) -> Evaluation:
    """Computes all metrics of `logits` (N, C) for `labels` (N,)."""
    probabilities = softmax(logits)
    answers = probabilities.argmax(axis=1)
    confusion = confusion_matrix(labels, answers, len(classes))
    right = int(np.trace(confusion))
    chosen = probabilities[np.arange(len(labels)), labels]
    reliability = reliability_bins(probabilities.max(axis=1), answers == labels)
    return Evaluation(
        accuracy=right / len(labels),
        interval=wilson_interval(right, len(labels)),
        loss=float(-np.log(np.maximum(chosen, 1e-300)).mean()),
        n=len(labels),
        confusion=confusion,
        per_class=class_scores(confusion, classes),
        ece=calibration_error(reliability),
        reliability=reliability,
    )


def confusion_matrix(
    labels: NDArray[np.integer], answers: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Counts (C, C) with labels as rows and answers as columns."""
    cells = np.bincount(labels * classes + answers, minlength=classes * classes)
    return cells.reshape(classes, classes)


def class_scores(confusion: NDArray[np.int64], classes: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each class."""
    hits = np.diag(confusion)
    named, true = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = _ratio(hits, named)
    recall = _ratio(hits, true)
    f1 = _ratio(2 * hits, named + true)
    return tuple(
        ClassScore(name, float(precision[i]), float(recall[i]), float(f1[i]), int(true[i]))
        for i, name in enumerate(classes)
    )


def wilson_interval(right: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a fraction (Wilson, 1927), valid also close to 1."""
    fraction, z2 = right / n, z * z
    middle = (fraction + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(fraction * (1 - fraction) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def reliability_bins(
    confidence: NDArray[np.floating], right: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean confidence, accuracy and count of the answers in each bin of confidence, (15, 3)."""
    bins = np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    count = np.bincount(bins, minlength=ECE_BINS)
    return np.stack(
        [
            _ratio(np.bincount(bins, confidence, ECE_BINS), count),
            _ratio(np.bincount(bins, right, ECE_BINS), count),
            count.astype(np.float64),
        ],
        axis=1,
    )


def calibration_error(reliability: NDArray[np.float64]) -> float:
    """Expected calibration error (Naeini et al., 2015): the mean gap, weighted by count."""
    confidence, accuracy, count = reliability.T
    return float((np.abs(confidence - accuracy) * count).sum() / max(count.sum(), 1))


def _ratio(above: NDArray, below: NDArray) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
