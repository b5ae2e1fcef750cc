"""Converts stored labels (numbers, text, one-hot rows) to class numbers and class names."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.types import DIGIT_NAMES

MAX_CLASSES = 1_000
Meaning = Literal["as-is", "ten-is-zero", "from-one"]
MEANINGS: dict[Meaning, str] = {
    "as-is": "labels are class names as stored",
    "ten-is-zero": "labels run from 1 to 10, and 10 means the digit 0",
    "from-one": "labels run from 1 to 10, and 1 means the digit 0",
}


@dataclass(frozen=True)
class LabelRule:
    """The mapping from stored labels to class numbers. `names` are stored values in class order."""

    classes: tuple[str, ...]
    names: tuple[str, ...]
    meaning: Meaning = "as-is"

    def apply(self, labels: NDArray, label: str, first_row: int = 1) -> NDArray[np.int64]:
        """Converts labels (N,) to class numbers (N,). Raises `DataError` for unknown values."""
        values, inverse = np.unique(labels, return_inverse=True)
        numbers = {name: number for number, name in enumerate(self.names)}
        unknown = [value for value in values if _text(value) not in numbers]
        if unknown:
            row = int(np.nonzero(labels == unknown[0])[0][0])
            known = ", ".join(self.names[:12]) + (", ..." if len(self.names) > 12 else "")
            raise DataError(
                f"{label}, row {row + first_row}: the label {_text(unknown[0])!r} is not one of "
                f"{known}"
            )
        found = np.array([numbers[_text(value)] for value in values], np.int64)
        return found[inverse.reshape(labels.shape)] if len(values) else labels.astype(np.int64)


def clean_labels(labels: NDArray, name: str, first_row: int = 1) -> NDArray:
    """Converts stored labels to (N,) int64 or text. One-hot rows (N, C) become column numbers.

    Raises `DataError` for fractions, missing values and other shapes.
    """
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.reshape(-1)
    if labels.ndim == 2:
        labels = _from_one_hot(labels, name)
    if labels.ndim != 1:
        raise DataError(f"{name}: labels have the shape {labels.shape}; expected one per image")
    if labels.dtype.kind == "O":
        labels = np.array([_text(value) for value in labels])
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    if labels.dtype.kind == "U":
        return np.char.strip(labels)
    if labels.dtype.kind not in "uifb":
        raise DataError(f"{name}: labels must be numbers or text, got {labels.dtype}")
    wrong = np.nonzero(labels != np.rint(labels.astype(np.float64)))[0]
    if len(wrong):
        raise DataError(
            f"{name}, row {wrong[0] + first_row}: the label {labels[wrong[0]]} is not a whole "
            "number"
        )
    return labels.astype(np.int64)


def _from_one_hot(labels: NDArray, name: str) -> NDArray[np.int64]:
    """Converts one-hot rows, also rows of -1 and 1 (USPS), to column numbers."""
    numbers = labels.dtype.kind in "uifb" and labels.size > 0
    row_sums = (labels == labels.max()).sum(axis=1) if numbers else np.ones(len(labels))
    wrong = np.nonzero(row_sums != 1)[0]
    if not numbers or len(np.unique(labels)) > 2 or len(wrong):
        row = f", row {wrong[0] + 1}" if len(wrong) else ""
        raise DataError(
            f"{name}{row}: labels of shape {labels.shape} are not one-hot; expected one label "
            "per image, or rows with a single 1"
        )
    return labels.argmax(axis=1)


def as_numbers(labels: NDArray) -> NDArray[np.int64] | None:
    """Converts cleaned labels (N,) to numbers, or None if one is a word."""
    if labels.dtype.kind != "U":
        return labels
    return labels.astype(np.int64) if len(labels) and np.char.isdecimal(labels).all() else None


def could_shift(numbers: NDArray[np.int64] | None) -> bool:
    """Whether labels run from 1 to 10, so that either 1 or 10 means the digit 0."""
    return numbers is not None and len(numbers) > 0 and (numbers.min(), numbers.max()) == (1, 10)


def make_rule(
    labels: NDArray,
    name: str,
    meaning: Meaning,
    classes: tuple[str, ...] | None,
    first: int,
    first_row: int = 1,
    explicit: bool = False,
) -> LabelRule:
    """Decides the mapping for cleaned training labels (N,).

    `classes` are the names that the data lists; the first one belongs to the label `first`.
    `explicit` is true if the user chose `meaning`.
    """
    if meaning != "as-is":
        names = tuple(str(number) for number in range(1, 11))
        order = DIGIT_NAMES if meaning == "from-one" else (*DIGIT_NAMES[1:], "0")
        by_class = sorted(zip(order, names, strict=True))
        return LabelRule(DIGIT_NAMES, tuple(stored for _, stored in by_class), meaning)
    numbers = as_numbers(labels)
    if labels.dtype.kind == "U" and (numbers is None or classes is not None):
        names = classes or tuple(sorted(set(labels.tolist())))
        return LabelRule(_limited(names, name), names)
    labels = labels if numbers is None else numbers
    low, high = (int(labels.min()), int(labels.max())) if len(labels) else (0, 0)
    if low < 0 or high - low >= MAX_CLASSES:
        row = int(np.nonzero(labels == (low if low < 0 else high))[0][0])
        raise DataError(
            f"{name}, row {row + first_row}: the label {labels[row]} is not a class number from "
            f"0 to {MAX_CLASSES - 1}"
        )
    if classes is not None:
        names = tuple(str(first + number) for number in range(len(classes)))
        return LabelRule(classes, names)
    # Labels that start at 1 (letters) keep their numbers as names, and there is no class 0.
    start = 1 if low == 1 and high > 9 else 0
    if not explicit:
        _refuse_gap(labels, name, high, first_row)
    names = tuple(str(number) for number in range(start, max(10, high + 1)))
    return LabelRule(names, names)


def _refuse_gap(labels: NDArray[np.int64], name: str, high: int, first_row: int) -> None:
    """Raises `DataError` for a label far above the others, which is probably an error."""
    missing = sorted(set(range(10, high)) - set(np.unique(labels).tolist()))
    if missing:
        row = int(np.nonzero(labels == high)[0][0])
        raise DataError(
            f"{name}, row {row + first_row}: the label {high} may be an error: no image has the "
            f"label {missing[0]}. If the classes are 0 to {high}: --data '{name}#labels=as-is'"
        )


def _limited(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    if len(names) > MAX_CLASSES:
        raise DataError(f"{name} has {len(names):,} different labels; the limit is {MAX_CLASSES:,}")
    return names


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
