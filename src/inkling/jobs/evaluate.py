"""Measure a run on any data."""

from pathlib import Path

import numpy as np

from inkling.data.catalog import AUTO, find_source
from inkling.data.fetch import Notify
from inkling.errors import DataError
from inkling.evaluation.classifier import load_classifier
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
    """How well a run answers the test part of `data`.

    Data that names no test part is taken whole, unless the run was trained on it: then only the
    fifth that was held out counts. Raises `InklingError`.
    """
    classifier = load_classifier(run, device)
    source = find_source(data, notify=notify)
    digits = source.load_test()
    if not source.has_test and digits.sha256() != classifier.card["data_sha256"]["test"]:
        digits = source.load_everything()
    if len(digits) == 0:
        raise DataError(f"{source.name} has no picture to evaluate on")
    digits = _in_classes(digits, classifier.classes, source.name)
    logits = classifier.predict_logits(digits.images)
    return measure(logits, digits.labels, classifier.classes)


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
