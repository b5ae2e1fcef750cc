"""From crops and their probabilities to an answer, line by line."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.row import Read, read_row
from inkling.reading.recognise.verdict import predict, summarise
from inkling.types import Prediction, Reading

IN_LINE = 0.05  # chance of the best digit, for a box among digits to be read as one


@dataclass(frozen=True, eq=False)
class Answer:
    """A reading, and for each of its boxes the crop and the probabilities (11,) it rests on."""

    reading: Reading
    crops: tuple[Crop, ...]
    probs: NDArray[np.float32]


def answer_image(
    look: Preprocessed, probs: NDArray[np.float32], network: Network, expect_one: bool
) -> Answer:
    """The answer for a picture from the probabilities (crops, 11) of its crops."""
    chosen: list[Read] = []
    rows = look.segments.rows
    for row in range(max(rows, default=-1) + 1):
        line = [(look.crops[i], probs[i]) for i in range(len(rows)) if rows[i] == row]
        chosen += read_row(look, row, line, network)
    chosen = [(crop, probs) for crop, probs in chosen if _is_written(crop, probs)]
    if expect_one and len(chosen) > 1:
        chosen = [max(chosen, key=lambda read: float(read[1][:10].max()))]
    boxes = _among_digits([predict(crop, probs, network.card) for crop, probs in chosen])
    kept = _without_marks(boxes)
    return Answer(
        summarise(look.name, [boxes[i] for i in kept]),
        tuple(chosen[i][0] for i in kept),
        np.array([chosen[i][1] for i in kept], np.float32).reshape(-1, 11),
    )


def _is_written(crop: Crop, probs: NDArray[np.float32]) -> bool:
    """Whether a crop holds ink at all: it looks written, or the network knows it for a digit."""
    digit, none = max(float(probs[:10].max()), 1e-4), max(float(probs[10]), 1e-4)
    return crop.evidence + 0.6 * min(max(math.log(digit / none), -1), 5) > 0


def _among_digits(boxes: list[Prediction]) -> list[Prediction]:
    """What stands in a line of digits, and as tall as they, is one too, if a doubtful one."""
    digits = [box for box in boxes if box.verdict != "not-a-digit"]
    if len(digits) < 2 or 2 * len(digits) < len(boxes):
        return boxes
    tall = float(np.median([box.box.h for box in digits]))
    return [
        replace(box, verdict="unsure")
        if box.verdict == "not-a-digit" and box.box.h > 0.6 * tall and box.confidence >= IN_LINE
        else box
        for box in boxes
    ]


def _without_marks(boxes: list[Prediction]) -> list[int]:
    """Which boxes are no dots, commas or dashes beside digits; what stands alone is kept."""
    tall = max((box.box.h for box in boxes if box.verdict != "not-a-digit"), default=0)
    return [
        index
        for index, box in enumerate(boxes)
        if box.verdict != "not-a-digit" or box.box.h > 0.6 * tall
    ]
