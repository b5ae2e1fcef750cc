"""Makes the small thumbnail model of a trained run: fits temperature and threshold, exports.

python references/bundle_thumbs.py RUN crops.npz src/inkling/reading/weights/thumbs.onnx
"""

from held_out import read_held_out, report

from inkling.evaluation.calibration import choose_sure, fit_temperature
from inkling.evaluation.metrics import softmax
from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.onnx import export_onnx, make_card
from inkling.reading.recognise.network import load_network
from inkling.reading.recognise.thumbnail_network import SURE


def main() -> None:
    """Calibrates on one half of the held-out crops, measures on the other, writes the file."""
    given = read_held_out(__doc__)
    classifier, held = given.classifier, given.crops
    fitted, measured = given.fitted, given.measured
    model = round_to_half(fold_norms(classifier.model.eval()))
    logits = classifier.predict_logits(held.images)
    temperature = round(fit_temperature(logits[fitted], held.labels[fitted]), 4)
    probs, others = softmax(logits / temperature), load_network().judge(held.images)
    sure = choose_sure(probs[fitted], others[fitted], held.labels[fitted])
    answered = measured[probs[measured, :10].max(axis=1) >= sure]
    labels = held.labels[answered]
    figures = {
        "n": len(measured),
        "accuracy": float((probs.argmax(axis=1) == held.labels)[measured].mean()),
        "answered": len(answered) / len(measured),
        "wrong": float((probs[answered].argmax(axis=1) != labels).mean()),
        "wrong_by_the_other": float((others[answered].argmax(axis=1) != labels).mean()),
    }
    card = make_card(
        classifier.classes,
        temperature=temperature,
        thresholds={SURE: sure},
        recipe=classifier.card.get("recipe", "reader-thumbs"),
        held_out=figures,
        hashes=given.hashes,
    )
    export_onnx(model, card, given.out, held.images, half=True)
    report(given.out, card)


if __name__ == "__main__":
    main()
