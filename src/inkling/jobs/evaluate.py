"""The job `evaluate`: measures a run or an exported model on any data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import AUTO, NAMES, find_source
from inkling.data.fetch import Notify
from inkling.data.options import split_options
from inkling.errors import DataError, ModelError
from inkling.evaluation.classifier import Classifier, load_classifier
from inkling.evaluation.corrections import unconfirmed_labels
from inkling.evaluation.metrics import Evaluation, measure, wilson_interval
from inkling.exporters.weights import WEIGHTS_SUFFIXES, load_weights_file
from inkling.training.device import DeviceName
from inkling.types import Digits


@dataclass(frozen=True)
class Corrected:
    """The accuracy without images whose labels a study rejects."""

    accuracy: float
    interval: tuple[float, float]  # 95 %, Wilson
    n: int
    left_out: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """The entry `corrected` in the output of `evaluate --corrected --json`."""
        return {**vars(self), "interval": list(self.interval), "left_out": list(self.left_out)}


def evaluate(
    run: str | Path,
    *,
    data: str | None = None,
    device: DeviceName = "auto",
    notify: Notify | None = None,
) -> Evaluation:
    """Evaluates a run or an exported model on the test part of `data`.

    Data without a test part is used as a whole, unless the run was trained on it. Then only the
    held-out fifth counts.

    Parameters
    ----------
    run
        A run folder, or a file of `inkling export`.
    data
        A name or a path, as for `train`. Default: the data of the run; for an ONNX file, `auto`.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    notify
        A function that gets messages, such as the address of a download.

    Returns
    -------
    Evaluation
        Accuracy with its 95 % interval, loss in nats, calibration error, and scores per class.

    Raises
    ------
    DataError
        The data cannot be loaded, has changed since the training, or has other classes.
    RunError
        The run is not finished, or is damaged.
    ModelError
        The model file cannot be used.
    """
    digits, logits = _answer(run, data, device, notify)
    return measure(logits, digits.labels, digits.classes)


def evaluate_corrected(
    run: str | Path,
    *,
    data: str | None = None,
    device: DeviceName = "auto",
    notify: Notify | None = None,
) -> tuple[Evaluation, Corrected]:
    """The metrics of `evaluate`, and the accuracy without rejected labels.

    Raises `DataError` if no study of the data's labels is known.
    """
    digits, logits = _answer(run, data, device, notify)
    left_out = unconfirmed_labels(digits)
    if not left_out:
        raise DataError(
            "the rejected labels are known only for MNIST's test set: "
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
    run: str | Path, data: str | None, device: DeviceName, notify: Notify | None
) -> tuple[Digits, NDArray[np.float64]]:
    """The images to evaluate on, and the run's logits (N, C)."""
    classifier = load_any(run, device)
    source = find_source(_wanted(run, data, classifier.card), notify=notify)
    digits = source.load_test()
    held_out = classifier.card.get("data_sha256", {}).get("test")
    if not source.has_test and digits.sha256() != held_out:
        _refuse_changed(run, source.name, classifier.card)
        digits = source.load_everything()
    if len(digits) == 0:
        raise DataError(f"{source.name} has no image to evaluate on")
    digits = in_classes(digits, classifier.classes, source.name)
    probabilities = classifier.predict_proba(digits.images)
    # Log-probabilities after calibration, the same for a run and for its ONNX file.
    return digits, np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))


def _wanted(run: str | Path, data: str | None, card: dict[str, Any]) -> str:
    """The data to evaluate on: the named data, or the training data of the run."""
    if data is not None:
        return data
    learnt: str | None = None if _is_onnx(run) else card.get("data")
    if learnt is None:
        return AUTO
    if learnt not in NAMES and not split_options(learnt)[0].exists():
        raise DataError(
            f"{run} was trained on {learnt}, which does not exist or is not reachable from this "
            "folder. Name the data to evaluate on with --data"
        )
    return learnt


def _refuse_changed(run: str | Path, name: str, card: dict[str, Any]) -> None:
    """Raises `DataError` if the data has changed since the training."""
    learnt = card.get("data")
    if learnt is not None and _place(learnt) == _place(name):
        raise DataError(
            f"{name} has changed since {run} was trained on it, so its test part may contain "
            "training images. Put images that the run never saw into another folder "
            "or file, and name it with --data"
        )


def _place(name: str) -> str | Path:
    """A normalised name: equal for two names of the same data."""
    return name if name in NAMES else split_options(name)[0].resolve()


def load_any(path: str | Path, device: DeviceName = "auto") -> Classifier:
    """Loads the network of a run folder or of an exported file. Raises `InklingError`."""
    if _is_onnx(path):
        from inkling.evaluation.onnx_classifier import OnnxClassifier

        return OnnxClassifier(Path(path))
    if Path(path).suffix in WEIGHTS_SUFFIXES and not Path(path).is_dir():
        if not Path(path).is_file():
            raise ModelError(f"there is no model file {path}")
        return load_weights_file(Path(path), device)
    return load_classifier(path, device)


def _is_onnx(path: str | Path) -> bool:
    return Path(path).suffix == ".onnx"


def in_classes(digits: Digits, classes: tuple[str, ...], name: str) -> Digits:
    """Maps the labels to the network's class numbers. `name` is that of the data.

    Raises `DataError` for classes that the network does not have.
    """
    if digits.classes == classes:
        return digits
    missing = [label for label in digits.classes if label not in classes]
    if missing:
        raise DataError(
            f"{name} has classes that the network does not know: {', '.join(missing)} "
            f"(its classes are {', '.join(classes)})"
        )
    places = np.array([classes.index(label) for label in digits.classes])
    return Digits(digits.images, places[digits.labels], classes)
