"""Makes the bundled crop model of a trained run: calibrates, exports, measures.

python references/bundle_reader.py RUN crops.npz src/inkling/reading/weights/reader.onnx
"""

import numpy as np
from held_out import read_held_out, report
from numpy.typing import NDArray

from inkling.evaluation.calibration import (
    choose_thresholds,
    count_refusals,
    expected_calibration_error,
    fit_temperature,
)
from inkling.evaluation.metrics import softmax
from inkling.exporters.onnx import export_onnx, make_card
from inkling.reading.recognise.tta import average_over_shifts


def main() -> None:
    """Calibrates on one half of the held-out crops, measures on the other, writes the file."""
    given = read_held_out(__doc__)
    classifier, held = given.classifier, given.crops
    fitted, measured = given.fitted, given.measured
    logits = classifier.predict_logits(held.images)
    temperature = fit_temperature(logits[fitted], held.labels[fitted])

    def judge(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return softmax(classifier.predict_logits(images) / temperature).astype(np.float32)

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
    card = make_card(
        classifier.classes,
        temperature=round(temperature, 4),
        thresholds={name: round(value, 4) for name, value in vars(thresholds).items()},
        recipe=classifier.card.get("recipe", "reader"),
        held_out=figures,
        hashes=given.hashes,
    )
    export_onnx(classifier.model, card, given.out, held.images)
    report(given.out, card)


if __name__ == "__main__":
    main()
