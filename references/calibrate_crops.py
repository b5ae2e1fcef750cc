"""Fits the temperature and the thresholds of a crop network on one half of the held-out crops.

The figures in the card are of the other half.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from held_out import halves
from numpy.typing import NDArray

from inkling.evaluation.calibration import (
    choose_thresholds,
    count_refusals,
    expected_calibration_error,
    fit_temperature,
)
from inkling.evaluation.metrics import softmax
from inkling.exporters.onnx import make_card
from inkling.reading.recognise.tta import average_over_shifts
from inkling.types import Digits

Logits = Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # (N, 28, 28) to (N, 11)


def calibrate(
    logits_of: Logits, held: Digits, recipe: str, hashes: dict[str, str]
) -> dict[str, Any]:
    """The card of a crop network with its temperature, thresholds and held-out figures."""
    fitted, measured = halves(len(held))
    logits = logits_of(held.images)
    temperature = fit_temperature(logits[fitted], held.labels[fitted])

    def judge(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return softmax(logits_of(images) / temperature).astype(np.float32)

    probs = average_over_shifts(held.images, judge(held.images), judge)
    # It is right to refuse a digit that lost half of its strokes. Thresholds are chosen on crops
    # that are classified correctly among the ten digits ("legible").
    legible = (probs[:, :10].argmax(axis=1) == held.labels) | (held.labels == 10)
    chosen_on = fitted[legible[fitted]]
    thresholds = choose_thresholds(probs[chosen_on], held.labels[chosen_on])
    refusals = count_refusals(probs[measured], held.labels[measured], thresholds)
    read = measured[legible[measured]]
    of_legible = count_refusals(probs[read], held.labels[read], thresholds)
    labels = held.labels[measured]
    digit = labels < 10
    answers = probs[measured].argmax(axis=1)
    figures = {
        "n": len(measured),
        "accuracy": float((answers == labels).mean()),
        "digits": float((answers == labels)[digit].mean()),
        "ece": expected_calibration_error(np.log(np.maximum(probs[measured], 1e-12)), labels),
        **vars(refusals),
        "legible": float(legible[measured][digit].mean()),
        "legible_refused": of_legible.digits_refused,
        "legible_doubted": of_legible.digits_doubted,
    }
    return make_card(
        held.classes,
        temperature=round(temperature, 4),
        thresholds={name: round(value, 4) for name, value in vars(thresholds).items()},
        recipe=recipe,
        held_out=figures,
        hashes=hashes,
    )
