"""From a trained run to the small network for thumbnails: temperature, threshold, export, card.

python scripts/bundle_thumbs.py RUN crops.npz src/inkling/reading/model/thumbs.onnx
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from inkling.data.arrays import read_arrays
from inkling.errors import DataError
from inkling.evaluation.calibration import choose_sure, fit_temperature
from inkling.evaluation.classifier import load_classifier
from inkling.evaluation.metrics import softmax
from inkling.export.half import fold_norms, round_to_half
from inkling.export.onnx import export_onnx, make_card
from inkling.reading.model import load_network
from inkling.reading.thumb_network import SURE
from inkling.training.run_folder import sha256_of


def main() -> None:
    """Calibrate on one half of the held-out crops, measure on the other, write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("crops", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    classifier = load_classifier(options.run, "cpu")
    model = round_to_half(fold_norms(classifier.model.eval()))
    training, held = read_arrays(options.crops)
    if held is None:
        raise DataError(f"{options.crops} has no held-out part")
    order = np.random.default_rng(0).permutation(len(held))
    fitted, measured = order[::2], order[1::2]
    logits = classifier.predict_logits(held.images)
    temperature = round(fit_temperature(logits[fitted], held.labels[fitted]), 4)
    chances, others = softmax(logits / temperature), load_network().judge(held.images)
    sure = choose_sure(chances[fitted], others[fitted], held.labels[fitted])
    answered = measured[chances[measured, :10].max(axis=1) >= sure]
    labels = held.labels[answered]
    figures = {
        "n": len(measured),
        "accuracy": float((chances.argmax(axis=1) == held.labels)[measured].mean()),
        "answered": len(answered) / len(measured),
        "wrong": float((chances[answered].argmax(axis=1) != labels).mean()),
        "wrong_by_the_other": float((others[answered].argmax(axis=1) != labels).mean()),
    }
    card = make_card(
        classifier.classes,
        temperature=temperature,
        thresholds={SURE: sure},
        recipe=classifier.card.get("recipe", "reader-thumbs"),
        held_out=figures,
        hashes={
            "weights": sha256_of(options.run / "model.safetensors"),
            "training_crops": training.sha256(),
            "held_out_crops": held.sha256(),
        },
    )
    export_onnx(model, card, options.out, held.images, half=True)
    size, digest = options.out.stat().st_size, hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps({"file": str(options.out), "bytes": size, "sha256": digest, "card": card}))


if __name__ == "__main__":
    main()
