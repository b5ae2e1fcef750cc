"""The table of classes of a report, with the most frequent confusion of each class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassRow:
    """The texts of one class. An undefined measure is a dash."""

    name: str
    n: str
    precision: str
    recall: str
    f1: str
    missed: float  # fraction of its images that are missed, for the bar
    taken_for: str


def class_rows(
    scores: list[dict[str, Any]], matrix: NDArray[np.int64], classes: tuple[str, ...]
) -> list[ClassRow]:
    """A row for each class of `scores`, as `Evaluation.as_json` has them."""
    named = matrix.sum(axis=0)
    return [
        ClassRow(
            name=str(score["name"]),
            n=f"{int(score['n']):,}",
            precision=f"{score['precision']:.2%}" if named[index] else "–",
            recall=f"{score['recall']:.2%}" if score["n"] else "–",
            f1=f"{score['f1']:.2%}" if score["n"] or named[index] else "–",
            missed=round(1 - float(score["recall"]), 5) if score["n"] else 0.0,
            taken_for=_taken_for(matrix[index], index, classes),
        )
        for index, score in enumerate(scores)
    ]


def without_example(scores: list[dict[str, Any]]) -> list[str]:
    """The classes without images in the test set."""
    return [str(score["name"]) for score in scores if not score["n"]]


def _taken_for(row: NDArray[np.int64], index: int, classes: tuple[str, ...]) -> str:
    if row.sum() == 0:
        return "no test image"
    errors = row.copy()
    errors[index] = 0
    if errors.sum() == 0:
        return "none missed"
    most = int(errors.argmax())
    return f"{classes[most]} ({errors[most]:,} of {errors.sum():,} missed)"
