"""Calibrates probabilities with a temperature, and chooses the thresholds of the verdicts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.evaluation.metrics import calibration_error, reliability_bins, softmax

Logits = NDArray[np.floating]
Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of calibrated probabilities.

    From `not_a_digit` of the last class, the answer is no digit. Below `unsure` of the most likely
    digit, the answer is unsure.
    """

    unsure: float
    not_a_digit: float


@dataclass(frozen=True)
class Refusals:
    """The effect of thresholds, as fractions of digits and of other shapes."""

    digits_refused: float  # digits with the verdict not-a-digit
    digits_doubted: float  # digits with the verdict unsure
    none_answered: float  # other shapes that are answered with a digit


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature that minimises the loss of logits (N, C) divided by it.

    It is one parameter, fitted on held-out images (Guo, Pleiss, Sun and Weinberger, 2017). The loss
    has one minimum, which golden-section search finds to a thousandth. Raises `DataError` without
    images.
    """
    if len(labels) == 0:
        raise DataError("there are no held-out images to fit the temperature")
    low, high = np.log(0.05), np.log(20.0)
    ratio = (np.sqrt(5) - 1) / 2
    while high - low > 1e-3:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if log_loss(logits, labels, np.exp(left)) < log_loss(logits, labels, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def log_loss(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """Mean cross-entropy, in nats, of logits (N, C) divided by `temperature`."""
    scaled = logits.astype(np.float64) / temperature
    top = scaled.max(axis=1)
    spread = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
    return float((spread - scaled[np.arange(len(labels)), labels]).mean())


def expected_calibration_error(logits: Logits, labels: Labels, temperature: float = 1.0) -> float:
    """The mean gap between confidence and accuracy of logits (N, C) over 15 bins."""
    probs = softmax(logits / temperature)
    right = probs.argmax(axis=1) == labels
    return calibration_error(reliability_bins(probs.max(axis=1), right))


def count_refusals(probs: NDArray[np.floating], labels: Labels, chosen: Thresholds) -> Refusals:
    """The effect of `chosen` on probabilities (N, C + 1) whose last class is no digit."""
    digit = labels < probs.shape[1] - 1
    silent = probs[:, -1] >= chosen.not_a_digit
    doubted = ~silent & (probs[:, :-1].max(axis=1) < chosen.unsure)
    answered = ~silent & ~doubted
    return Refusals(
        _fraction(silent[digit]), _fraction(doubted[digit]), _fraction(answered[~digit])
    )


def choose_thresholds(
    probs: NDArray[np.floating],
    labels: Labels,
    refused: float = 0.008,
    doubted: float = 0.012,
) -> Thresholds:
    """Chooses thresholds for probabilities (N, C + 1) whose last class is no digit.

    At most the fraction `refused` of the digits gets the verdict not-a-digit, and at most `doubted`
    more get unsure. On digits of 8 to 16 pixels, 3 % in place of 1.2 % doubles what is
    refused (4 to 8 %) for 0.3 points of accuracy of the answers. Neither threshold is below one
    third. Raises `DataError` if digits or other shapes are missing.
    """
    digit = labels < probs.shape[1] - 1
    if digit.all() or not digit.any():
        raise DataError("thresholds need held-out images of digits and of other shapes")
    none = np.quantile(probs[digit, -1], 1 - refused)
    not_a_digit = float(np.clip(none, 1 / 3, 0.99))
    heard = digit & (probs[:, -1] < not_a_digit)
    unsure = np.quantile(probs[heard, :-1].max(axis=1), doubted)
    return Thresholds(float(np.clip(unsure, 1 / 3, 0.9)), not_a_digit)


def choose_sure(probs: NDArray[np.floating], others: NDArray[np.floating], labels: Labels) -> float:
    """The probability from which a network may answer instead of another one.

    It is the least level of 0.9 to 0.999 such that the network errs no more often than the other
    one at this and at all higher levels. `others` (N, C + 1) are the other one's probabilities.
    Raises `DataError` if there is no such level.
    """
    sure = probs[:, :-1].max(axis=1)
    more = (probs.argmax(axis=1) != labels).astype(int) - (others.argmax(axis=1) != labels)
    levels = np.round(np.arange(0.9, 0.9995, 0.001), 3)
    levels = levels[levels <= sure.max(initial=0)]  # levels without answers have no errors
    worse = [level for level in levels if more[sure >= level].sum() > 0]
    above = levels[levels > max(worse, default=0)]
    if not above.size:
        raise DataError(
            "the smaller network makes more errors than the larger one at each threshold. "
            "Train it longer"
        )
    return float(above[0])


def _fraction(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
