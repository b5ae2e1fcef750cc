"""Recalibrates a finetuned network: new temperature and thresholds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.calibration import (
    Thresholds,
    choose_thresholds,
    count_refusals,
    fit_temperature,
)
from inkling.evaluation.metrics import softmax
from inkling.models.onnx_graph import ScaledGraph
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.tta import average_over_shifts
from inkling.training.finetune import logits_of
from inkling.types import Digits


@dataclass(frozen=True)
class Calibration:
    """The calibration in a card. `thresholds` apply after the temperature."""

    temperature: float
    thresholds: dict[str, float]


def recalibrate(
    earlier: ScaledGraph, later: ScaledGraph, network: Network, held: Digits | None
) -> Calibration:
    """The temperature and thresholds for `later`. Unchanged for models of other classes.

    The card was fitted on other images than `held`, so the earlier weights are measured on `held`
    too. The temperature changes by the ratio of the two fits, and the fractions of rejected and
    unsure digits stay the same.
    """
    card = network.card
    if held is None or len(held) == 0:
        return Calibration(card.temperature, dict(card.thresholds))
    fits = [fit_temperature(logits_of(each, held), held.labels) for each in (earlier, later)]
    temperature = round(card.temperature * fits[1] / fits[0], 4)
    if not (network.knows_none and {"unsure", "not_a_digit"} <= set(card.thresholds)):
        return Calibration(temperature, dict(card.thresholds))
    labels = np.array([network.order.index(label) for label in held.labels.tolist()])
    before = network.judge(held.images)
    kept = _legible(before, labels)
    old = Thresholds(card.thresholds["unsure"], card.thresholds["not_a_digit"])
    rates = count_refusals(before[kept], labels[kept], old)
    after = _judge(later, network, temperature, held.images)
    kept = _legible(after, labels)
    chosen = choose_thresholds(
        after[kept], labels[kept], rates.digits_refused, rates.digits_doubted
    )
    return Calibration(temperature, {k: round(v, 4) for k, v in vars(chosen).items()})


def _legible(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """The crops that count for the thresholds: legible digits, and shapes that are no digit."""
    return (probs[:, :-1].argmax(axis=1) == labels) | (labels == probs.shape[1] - 1)


def _judge(
    graph: ScaledGraph, network: Network, temperature: float, images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """The reader's probabilities (N, labels + 1) for crops (N, 28, 28) with these weights."""
    classes = network.card.classes

    def probabilities(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        digits = Digits(pixels, np.zeros(len(pixels), np.int64), classes)
        logits = logits_of(graph, digits)[:, network.order]
        return softmax(logits / temperature).astype(np.float32)

    return average_over_shifts(images, probabilities(images), probabilities)
