"""Makes the bundled crop model of a trained run: calibrates, exports, measures.

python references/bundle_reader.py RUN crops.npz src/inkling/reading/weights/reader.onnx
"""

from calibrate_crops import calibrate
from held_out import read_held_out, report

from inkling.exporters.onnx import export_onnx


def main() -> None:
    """Calibrates on one half of the held-out crops, measures on the other, writes the file."""
    given = read_held_out(__doc__)
    classifier, held = given.classifier, given.crops
    recipe = classifier.card.get("recipe", "reader")
    card = calibrate(classifier.predict_logits, held, recipe, given.hashes)
    export_onnx(classifier.model, card, given.out, held.images)
    report(given.out, card)


if __name__ == "__main__":
    main()
