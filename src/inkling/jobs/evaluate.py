"""Measure a run on any data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import AUTO, find_source
from inkling.data.fetch import Notify
from inkling.errors import DataError
from inkling.evaluation.classifier import Classifier, load_classifier
from inkling.evaluation.corrections import unconfirmed_labels
from inkling.evaluation.metrics import Evaluation, measure, wilson_interval
from inkling.training.device import DeviceName
from inkling.types import Digits


@dataclass(frozen=True)
class Corrected:
    """Accuracy without the pictures whose labels people who looked again did not confirm."""

    accuracy: float
    interval: tuple[float, float]  # 95 %, Wilson
    n: int
    left_out: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """The entry `corrected` of `evaluate --corrected --json`."""
        return {**vars(self), "interval": list(self.interval), "left_out": list(self.left_out)}


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
    digits, logits = _answer(run, data, device, notify)
    return measure(logits, digits.labels, digits.classes)


def evaluate_corrected(
    run: str | Path,
    *,
    data: str = AUTO,
    device: DeviceName = "auto",
    notify: Notify | None = None,
) -> tuple[Evaluation, Corrected]:
    """The official figures of `evaluate`, and the accuracy without unconfirmed labels.

    Raises `DataError` where no study of the data's labels is known.
    """
    digits, logits = _answer(run, data, device, notify)
    left_out = unconfirmed_labels(digits)
    if not left_out:
        raise DataError(
            "the labels to leave out are known for MNIST's own test set only; "
            "evaluate without --corrected, or use --data mnist"
        )
    right = np.delete(logits.argmax(axis=1) == digits.labels, left_out)
    corrected = Corrected(
        accuracy=float(right.mean()),
        interval=wilson_interval(int(right.sum()), len(right)),
        n=len(right),
        left_out=left_out,
    )
    return measure(logits, digits.labels, digits.classes), corrected


def _answer(
    run: str | Path, data: str, device: DeviceName, notify: Notify | None
) -> tuple[Digits, NDArray[np.float32]]:
    """The pictures to be judged by, and the run's logits (N, C) for them."""
    classifier = load_any(run, device)
    source = find_source(data, notify=notify)
    digits = source.load_test()
    held_out = classifier.card.get("data_sha256", {}).get("test")
    if not source.has_test and digits.sha256() != held_out:
        digits = source.load_everything()
    if len(digits) == 0:
        raise DataError(f"{source.name} has no picture to evaluate on")
    digits = _in_classes(digits, classifier.classes, source.name)
    return digits, classifier.predict_logits(digits.images)


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
