"""Making probabilities honest, and choosing below which of them to stay silent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.evaluation.metrics import calibration_error, reliability_bins, softmax

Logits = NDArray[np.floating]
Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Thresholds:
    """Probabilities after the temperature. At or above `not_a_digit` of the last class the
    answer is none; below `unsure` of the likeliest digit it is in doubt.
    """

    unsure: float
    not_a_digit: float


@dataclass(frozen=True)
class Refusals:
    """What thresholds do: fractions of the digits and of what is none."""

    digits_refused: float  # real digits called none
    digits_doubted: float  # real digits called unsure
    none_answered: float  # what is no digit, answered with one


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The number that logits (N, C) are divided by, so that their loss is least.

    One parameter, fitted on held-out images: Guo, Pleiss, Sun and Weinberger, 2017. The loss
    has one minimum in it, which golden section finds to a thousandth. Raises `DataError` where
    there is nothing to fit on.
    """
    if len(labels) == 0:
        raise DataError("a temperature needs held-out images, and there are none")
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
    """What `chosen` makes of probabilities (N, C + 1) whose last class is none of the others."""
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
    doubted: float = 0.03,
) -> Thresholds:
    """Thresholds for probabilities (N, C + 1), the last class none of the others.

    As much is called none as costs at most the fraction `refused` of the real digits, and as much
    is called unsure as costs at most `doubted` more of them. Neither goes below one third: an
    answer that is likelier than any two others together stands. Raises `DataError` where digits
    or others are missing.
    """
    digit = labels < probs.shape[1] - 1
    if digit.all() or not digit.any():
        raise DataError("thresholds need held-out images both of digits and of other things")
    none = np.quantile(probs[digit, -1], 1 - refused)
    not_a_digit = float(np.clip(none, 1 / 3, 0.99))
    heard = digit & (probs[:, -1] < not_a_digit)
    unsure = np.quantile(probs[heard, :-1].max(axis=1), doubted)
    return Thresholds(float(np.clip(unsure, 1 / 3, 0.9)), not_a_digit)


def choose_sure(probs: NDArray[np.floating], others: NDArray[np.floating], labels: Labels) -> float:
    """From which probability of a digit on a network may answer in place of another one.

    The least one of 0.9 to 0.999 from which on it errs no more often than the other, whose
    probabilities (N, C + 1) `others` are; nor at any higher one, for a lucky level alone says
    nothing. Raises `DataError` where there is none.
    """
    sure = probs[:, :-1].max(axis=1)
    more = (probs.argmax(axis=1) != labels).astype(int) - (others.argmax(axis=1) != labels)
    levels = np.round(np.arange(0.9, 0.9995, 0.001), 3)
    levels = levels[levels <= sure.max(initial=0)]  # where nothing is answered, nothing is wrong
    worse = [level for level in levels if more[sure >= level].sum() > 0]
    above = levels[levels > max(worse, default=0)]
    if not above.size:
        raise DataError("the smaller network errs more often at each threshold; train it longer")
    return float(above[0])


def _fraction(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
