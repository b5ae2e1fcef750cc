"""Saves the test result of a run: metrics, all answers, and selected images.

The report can be made again from it without the data. There are two files: `evaluation.json`, and
`test_predictions.npz` without pickles.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.splits import Splits
from inkling.data.statistics import first_of_each_class, pixel_statistics
from inkling.errors import DataError, RunError
from inkling.evaluation.image_selection import select_images
from inkling.evaluation.metrics import Evaluation
from inkling.files import replacing, write_text
from inkling.types import Digits

PREDICTIONS_FORMAT = 1
MEASURES = "evaluation.json"
PREDICTIONS = "test_predictions.npz"
OLD_PREDICTIONS = "evidence.npz"  # its name in runs made before 2026-11-28
MAX_BYTES = 256 << 20  # limit for the unpacked arrays of a file
SAMPLES_A_CLASS = 10


@dataclass(frozen=True, eq=False)
class SavedPredictions:
    """Selected test images with their answers, and some training images.

    `digits` are K test images, `indices` (K,) their indices in the test set, and `probabilities`
    (K, C) float32 those of the network. `answers` and `labels` (N,) int64 are for the whole test
    set. `samples` are training images.
    """

    digits: Digits
    indices: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    answers: NDArray[np.int64]
    labels: NDArray[np.int64]
    samples: Digits


def collect_predictions(
    splits: Splits, test: Digits, probabilities: NDArray[np.floating]
) -> SavedPredictions:
    """Selects the predictions to save from `probabilities` (N, C)."""
    answers = probabilities.argmax(axis=1)
    chosen = select_images(test.labels, probabilities)
    return SavedPredictions(
        digits=test.take(chosen),
        indices=chosen,
        probabilities=probabilities[chosen].astype(np.float32),
        answers=answers,
        labels=test.labels,
        samples=first_of_each_class(splits.training, SAMPLES_A_CLASS),
    )


def describe_splits(splits: Splits, test: Digits) -> dict[str, Any]:
    """The counts per class of all parts, and the mean and sd of the training pixels."""
    mean, std = pixel_statistics(splits.training)
    parts = {"training": splits.training, "validation": splits.validation, "test": test}
    return {
        "counts": {name: part.counts().tolist() for name, part in parts.items() if part},
        "mean": mean,
        "std": std,
    }


def write_predictions(
    folder: Path, evaluation: Evaluation, data: dict[str, Any], predictions: SavedPredictions
) -> None:
    """Writes both files to a run folder."""
    small = np.uint8 if len(predictions.digits.classes) <= 256 else np.uint16
    with replacing(folder / PREDICTIONS) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            images=predictions.digits.images,
            indices=predictions.indices.astype(np.int32),
            probabilities=predictions.probabilities,
            answers=predictions.answers.astype(small),
            labels=predictions.labels.astype(small),
            sample_images=predictions.samples.images,
            sample_labels=predictions.samples.labels.astype(small),
        )
    measures = {
        "format": PREDICTIONS_FORMAT,
        "classes": list(predictions.digits.classes),
        **evaluation.as_json(),
        "reliability": evaluation.reliability.tolist(),
        "data": data,
    }
    write_text(folder / MEASURES, json.dumps(measures) + "\n")


def read_measures(folder: Path) -> dict[str, Any]:
    """Reads `evaluation.json`. Raises `RunError` if it is missing or damaged."""
    path = folder / MEASURES
    try:
        measures = json.loads(path.read_text("utf-8"))
        classes = len(measures["classes"])
        matrix = np.asarray(measures["confusion"], np.int64)
        if measures["format"] != PREDICTIONS_FORMAT or matrix.shape != (classes, classes):
            raise ValueError(f"format {measures['format']}, confusion of {matrix.shape}")
    except FileNotFoundError as error:
        raise RunError(f"{path.name} is missing") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path.name} is damaged or of another version ({error})") from error
    return measures


def read_predictions(folder: Path, classes: tuple[str, ...]) -> SavedPredictions:
    """Reads `test_predictions.npz`. Raises `RunError` if it is missing or damaged."""
    path = folder / PREDICTIONS
    if not path.exists() and (folder / OLD_PREDICTIONS).exists():
        path = folder / OLD_PREDICTIONS
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise RunError(f"{path.name} unpacks to more than {MAX_BYTES >> 20} MB")
        with np.load(path, allow_pickle=False) as file:
            return _predictions({key: file[key] for key in file.files}, classes)
    except FileNotFoundError as error:
        raise RunError(f"{path.name} is missing") from error
    except (OSError, ValueError, KeyError, IndexError, EOFError, DataError) as error:
        raise RunError(f"{path.name} is damaged or of another version ({error})") from error
    except zipfile.BadZipFile as error:
        raise RunError(f"{path.name} is damaged ({error})") from error


def _predictions(arrays: dict[str, NDArray], classes: tuple[str, ...]) -> SavedPredictions:
    labels, indices = arrays["labels"].astype(np.int64), arrays["indices"].astype(np.int64)
    probabilities = arrays["probabilities"].astype(np.float32)
    answers = arrays["answers"].astype(np.int64)
    if probabilities.shape != (len(indices), len(classes)) or answers.shape != labels.shape:
        raise ValueError("its arrays do not match")
    return SavedPredictions(
        digits=Digits(arrays["images"], labels[indices], classes),
        indices=indices,
        probabilities=probabilities,
        answers=answers,
        labels=labels,
        samples=Digits(arrays["sample_images"], arrays["sample_labels"], classes),
    )
