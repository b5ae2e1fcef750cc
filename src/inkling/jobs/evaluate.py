"""Measure a run on any data."""

from pathlib import Path

import numpy as np

from inkling.data.catalog import AUTO, find_source
from inkling.data.fetch import Notify
from inkling.errors import DataError
from inkling.evaluation.classifier import Classifier, load_classifier
from inkling.evaluation.metrics import Evaluation, measure
from inkling.training.device import DeviceName
from inkling.types import Digits


def evaluate(
    run: str | Path,
    *,
    data: str = AUTO,
    device: DeviceName = "auto",
    notify: Notify | None = None,
) -> Evaluation:
    """How well a run, or a model exported to ONNX, answers the test part of `data`.

    Data that names no test part is taken whole, unless the run was trained on it: then only the
    fifth that was held out counts. Raises `InklingError`.
    """
    classifier = load_any(run, device)
    source = find_source(data, notify=notify)
    digits = source.load_test()
    held_out = classifier.card.get("data_sha256", {}).get("test")
    if not source.has_test and digits.sha256() != held_out:
        digits = source.load_everything()
    if len(digits) == 0:
        raise DataError(f"{source.name} has no picture to evaluate on")
    digits = _in_classes(digits, classifier.classes, source.name)
    logits = classifier.predict_logits(digits.images)
    return measure(logits, digits.labels, classifier.classes)


def load_any(path: str | Path, device: DeviceName = "auto") -> Classifier:
    """A run folder's network, or the one in an `.onnx` file. Raises `InklingError`."""
    if Path(path).suffix == ".onnx":
        from inkling.evaluation.onnx_classifier import OnnxClassifier

        return OnnxClassifier(Path(path))
    return load_classifier(path, device)


def _in_classes(digits: Digits, classes: tuple[str, ...], name: str) -> Digits:
    """The same pictures with labels counted as the network counts them."""
    if digits.classes == classes:
        return digits
    missing = [label for label in digits.classes if label not in classes]
    if missing:
        raise DataError(
            f"{name} has classes that the network does not know: {', '.join(missing)} "
            f"(it knows {', '.join(classes)})"
        )
    places = np.array([classes.index(label) for label in digits.classes])
    return Digits(digits.images, places[digits.labels], classes)
