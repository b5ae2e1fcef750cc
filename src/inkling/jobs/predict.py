"""The job `predict`: writes predicted labels of images to a CSV file."""

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import AUTO, find_source
from inkling.data.fetch import Notify
from inkling.data.own import Portion, ToPredict, to_predict
from inkling.errors import DataError, ModelError, RunError
from inkling.evaluation.classifier import Classifier
from inkling.evaluation.metrics import softmax
from inkling.files import replacing
from inkling.jobs.evaluate import load_any
from inkling.training.device import DeviceName

CHUNK_IMAGES = 2_000  # images per chunk, if the data has no chunks of its own
KAGGLE = ("ImageId", "Label")  # the submission file of Kaggle's Digit Recognizer
DECIMALS = 6  # decimal places of a probability
Progress = Callable[[int, int | None], None]  # images so far, total if known


@dataclass(frozen=True)
class PredictResult:
    """The result of `predict`. `counts` is the number of predictions of each class."""

    run: Path
    data: str
    part: str
    n: int
    out: Path
    seconds: float
    mean_confidence: float
    counts: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The output of `predict --json`."""
        return {**vars(self), "run": str(self.run), "out": str(self.out)}


def predict(
    run: str | Path,
    data: str,
    out: str | Path = "answers.csv",
    *,
    kaggle: bool = False,
    probabilities: bool = False,
    device: DeviceName = "auto",
    notify: Notify | None = None,
    progress: Progress | None = None,
) -> PredictResult:
    """Writes the label of each image to a CSV file with the columns `id,label,confidence`.

    Parameters
    ----------
    run
        A run folder or a model file: `.onnx`, `.pth` or `.safetensors`.
    data
        A name or a path, as for `train`. Labels are ignored. Of data with parts, the one without
        labels is predicted, else the test part.
    out
        The CSV file. It is complete or not written at all.
    kaggle
        Write the columns `ImageId,Label` of Kaggle's Digit Recognizer, counted from 1.
    probabilities
        Add one column per class.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    notify
        A function that gets messages, such as how the data is interpreted.
    progress
        Gets the number of images so far, and the number of all images or None.

    Returns
    -------
    PredictResult
        The number of images, the count of each class, and the mean confidence.

    Raises
    ------
    DataError
        The data cannot be read, or contains no images.
    ModelError
        The model cannot be read, or `kaggle` is used with classes other than digits.
    RunError
        `out` exists, or the run is not finished.
    """
    started = time.perf_counter()
    out = Path(out)
    if out.exists():
        raise RunError(f"{out} exists. It is unchanged. Choose another --out")
    classifier = load_any(run, device)
    if kaggle:
        _check_digits(classifier.classes, run)
    images = _images(data, notify)
    counts = np.zeros(len(classifier.classes), np.int64)
    total, confidence = 0, 0.0
    with replacing(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = _Rows(file, classifier.classes, kaggle=kaggle, probabilities=probabilities)
        for portion in images.portions():
            probs = calibrated_probs(classifier, portion.images)
            rows.write(portion.ids, probs)
            counts += np.bincount(probs.argmax(axis=1), minlength=len(counts))
            total += len(probs)
            confidence += float(probs.max(axis=1).sum())
            if progress:
                progress(total, images.count)
        if total == 0:
            raise DataError(f"{data} contains no images")
    return PredictResult(
        run=Path(run),
        data=data,
        part=images.part,
        n=total,
        out=out,
        seconds=time.perf_counter() - started,
        mean_confidence=confidence / total,
        counts=dict(zip(classifier.classes, counts.tolist(), strict=True)),
    )


def calibrated_probs(classifier: Classifier, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (N, C) of images (N, 28, 28) uint8 at the temperature of the model's card.

    The logits of an ONNX file are calibrated already.
    """
    logits = classifier.predict_logits(images)
    if not np.isfinite(logits).all():
        raise ModelError("the output of the model is not finite. Train it again")
    calibrated = getattr(classifier, "network", None) is not None
    temperature = 1.0 if calibrated else float(classifier.card.get("temperature", 1.0))
    return softmax(logits / temperature)


class _Rows:
    """Writes the header and the rows of the output file."""

    def __init__(
        self, file: TextIO, classes: tuple[str, ...], *, kaggle: bool, probabilities: bool
    ) -> None:
        self.writer = csv.writer(file, lineterminator="\n")
        self.classes, self.kaggle, self.probabilities = classes, kaggle, probabilities
        self.written = 0
        names = [f"p_{name}" for name in classes] if probabilities else []
        self.writer.writerow(KAGGLE if kaggle else ("id", "label", "confidence", *names))

    def write(self, ids: tuple[str, ...], probs: NDArray[np.float64]) -> None:
        """Writes a row per image of a chunk."""
        labels = [self.classes[place] for place in probs.argmax(axis=1)]
        if self.kaggle:
            self.writer.writerows(enumerate(labels, start=self.written + 1))
        else:
            confidence = probs.max(axis=1).round(DECIMALS).tolist()
            others = probs.round(DECIMALS).tolist() if self.probabilities else [()] * len(ids)
            self.writer.writerows(
                (one, label, sure, *rest)
                for one, label, sure, rest in zip(ids, labels, confidence, others, strict=True)
            )
        self.written += len(labels)


def _check_digits(classes: tuple[str, ...], run: str | Path) -> None:
    wrong = [name for name in classes if not name.isdecimal()]
    if wrong:
        raise ModelError(
            f"{run} has the class '{wrong[0]}', but Kaggle accepts only digits. Omit --kaggle"
        )


def _images(data: str, notify: Notify | None) -> ToPredict:
    """The images to predict: the user's files, or the test part of a named dataset."""
    source = find_source(data or AUTO, notify=notify)
    if source.own is not None:
        return to_predict(source.own)

    def portions() -> Iterator[Portion]:
        images = source.load_test().images
        for start in range(0, len(images), CHUNK_IMAGES):
            part = images[start : start + CHUNK_IMAGES]
            yield Portion(tuple(str(start + n) for n in range(len(part))), part)

    return ToPredict("the test part", None, portions)
