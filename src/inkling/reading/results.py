"""Turns the crops of an image and their probabilities into a `Reading`, line by line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part, union
from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop, crops_of_parts
from inkling.reading.recognise.mark_network import KINDS, classify_marks
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.row import Read, read_row
from inkling.reading.recognise.verdict import predict
from inkling.reading.text import join_text
from inkling.types import Box, Mark, MarkKind, Prediction, Reading, Verdict

IN_LINE = 0.05  # least probability of the best digit for a box in a line of digits to be a digit
# A mark with at least this probability is removed from its line before the line is read. Measured
# on 400 cheques: with 0.5 for each crop that is no digit, 290 are right; with these values, 313.
LEAST: dict[MarkKind, float] = {"slash": 0.9, "percent": 0.9, "minus": 0.9, "colon": 0.95}
NAMED = 0.5  # least probability of a mark for unread ink to get the mark's name
DOUBTFUL_SLASH = 0.7  # least probability of a slash that makes a 1 unsure
SURE_SPECK = 0.8  # least probability of a mark for a speck to be reported
SHORTEST, TALLEST = 0.6, 1.6  # height of a possible digit, relative to the image's other digits
SURE_DIGIT = 0.9  # least probability of a digit with a low ink score that stands among digits
FAINT_DIGIT, FAINT_WRITING = -4.0, -1.5  # least `Crop.ink_score` of such a digit, and of writing
# Least contrast to the paper. Shades of blank paper have 0.008 to 0.015, the palest of 100 rows on
# coloured paper has 0.02 (`benchmarks/pages.py`).
VISIBLE = 0.018
UNREAD = 0.2  # fraction of the ink; if more of it is unread, the answer is unsure


@dataclass(frozen=True, eq=False)
class Answer:
    """A reading, with the crop and the probabilities of each of its boxes.

    `probs` is (boxes, labels + 1); the last column is the probability of no class.
    """

    reading: Reading
    crops: tuple[Crop, ...]
    probs: NDArray[np.float32]


def answer_image(
    preprocessed: Preprocessed, probs: NDArray[np.float32], network: Network, expect_one: bool
) -> Answer:
    """Computes the answer for an image from the probabilities (crops, labels + 1) of its crops."""
    chosen: list[Read] = []
    others: list[tuple[MarkKind, Crop]] = []
    slashes: list[Box] = []
    names: dict[Box, tuple[MarkKind, Crop]] = {}
    rows = np.array(preprocessed.segments.rows, np.int64)
    for row in range(int(rows.max(initial=-1)) + 1):
        indices = np.flatnonzero(rows == row).tolist()
        # In a model of other classes, a minus may be a class.
        candidates = indices if network.card.reads_digits else []
        marks, doubtful, points = _find_marks(preprocessed, row, candidates, names)
        for index, kind in marks.items():
            others.append((kind, preprocessed.crops[index]))
        others += points
        slashes += [preprocessed.crops[index].box for index in doubtful]
        rest = [index for index in indices if index not in marks]
        line = [(preprocessed.crops[index], probs[index]) for index in rest]
        if line:
            strokes = _strokes_without(preprocessed, row, marks)
            chosen += read_row(preprocessed, strokes, line, network)
    chosen, unread = _part_unwritten(chosen)
    others.extend(("other", crop) for crop in unread)
    if expect_one and len(chosen) > 1:
        chosen = [max(chosen, key=lambda read: float(read[1][:-1].max()))]
    boxes = _among_digits([predict(crop, each, network.card) for crop, each in chosen])
    boxes = [_doubt_slash(box) if box.box in slashes else box for box in boxes]
    return _summarise(preprocessed.name, chosen, boxes, others, names, 1 + len(network.card.labels))


def _find_marks(
    preprocessed: Preprocessed,
    row: int,
    indices: Sequence[int],
    names: dict[Box, tuple[MarkKind, Crop]],
) -> tuple[dict[int, MarkKind], list[int], list[tuple[MarkKind, Crop]]]:
    """Finds the marks of one line: the kind of each part, parts that may be a slash, and specks.

    Only marks of high probability are removed from the line before it is read, because a piece of
    a broken digit looks like a mark. `names` receives the most likely mark of each part, for
    parts that turn out not to be digits.
    """
    specks = preprocessed.segments.specks[row] if preprocessed.segments.specks else ()
    parts = [preprocessed.segments.parts[index] for index in indices]
    if not parts or len(parts) + len(specks) < 2:
        return {}, [], []
    marks = classify_marks(preprocessed.writing, preprocessed.segments.labels, [*parts, *specks])
    found: dict[int, MarkKind] = {}
    doubtful: list[int] = []
    for index, each in zip(indices, marks, strict=False):
        best = int(each[1:].argmax())
        kind, likely = KINDS[best], float(each[best + 1])
        if likely >= LEAST.get(kind, 1.0):
            found[index] = kind
        elif kind == "slash" and likely >= DOUBTFUL_SLASH:
            doubtful.append(index)
    if len(found) == len(indices):
        found = {}
    names.update(
        (preprocessed.crops[index].box, (KINDS[int(each[1:].argmax())], preprocessed.crops[index]))
        for index, each in zip(indices, marks, strict=False)
        if float(each[1:].max()) >= NAMED
    )
    points = _find_points(preprocessed, row, specks, marks[len(indices) :])
    return found, doubtful, points


def _find_points(
    preprocessed: Preprocessed, row: int, specks: Sequence[Part], marks: NDArray[np.float32]
) -> list[tuple[MarkKind, Crop]]:
    """The specks of a line that are marks. Two points one above the other are a colon."""
    found: list[tuple[MarkKind, Part]] = []
    for speck, each in zip(specks, marks, strict=True):
        kind, likely = KINDS[int(each[1:].argmax())], float(each[1:].max())
        if kind in ("point", "comma", "minus", "colon") and likely >= SURE_SPECK:
            found.append((kind, speck))
    joined: list[tuple[MarkKind, Part]] = []
    for kind, part in sorted(found, key=lambda mark: mark[1].x):
        before = joined[-1] if joined else None
        if before and kind == before[0] == "point" and part.x < before[1].right:
            joined[-1] = ("colon", union(before[1], part))
        else:
            joined.append((kind, part))
    parts = [part for _, part in joined]
    labels = preprocessed.segments.labels
    crops = crops_of_parts(preprocessed.writing, labels, parts, [row] * len(parts))
    return [(kind, crop) for (kind, _), crop in zip(joined, crops, strict=True)]


def _doubt_slash(box: Prediction) -> Prediction:
    """The prediction for a 1 that may be a slash, marked unsure."""
    return replace(box, verdict="unsure", doubts=(*box.doubts, "may be a slash"))


def _strokes_without(preprocessed: Preprocessed, row: int, marks: dict[int, MarkKind]) -> Sequence:
    """The strokes of a line without those of its marks."""
    left_out = {label for index in marks for label in preprocessed.segments.parts[index].labels}
    return [s for s in preprocessed.segments.strokes[row] if not left_out.intersection(s.labels)]


def _part_unwritten(chosen: Sequence[Read]) -> tuple[list[Read], list[Crop]]:
    """Separates crops with ink from crops that may hold writing but are not read.

    A crop with a low ink score is kept if it is as tall as the digits of the image and the network
    is sure that it is a digit. Other tall crops that may be writing are reported as unread.
    """
    chosen = [read for read in chosen if read[0].contrast >= VISIBLE]
    written = [read for read in chosen if _is_written(*read)]
    tall = [crop.box.h for crop, each in written if float(each[:-1].max()) > float(each[-1])]
    if not tall or len(written) == len(chosen):
        return written, []
    height = float(np.median(tall))
    kept: list[Read] = []
    unread: list[Crop] = []
    for crop, each in chosen:
        alike = SHORTEST * height < crop.box.h < TALLEST * height
        sure = crop.ink_score > FAINT_DIGIT and float(each[:-1].max()) >= SURE_DIGIT
        if _is_written(crop, each) or (alike and sure):
            kept.append((crop, each))
        elif crop.box.h > SHORTEST * height and crop.ink_score > FAINT_WRITING:
            unread.append(crop)
    return kept, unread


def _is_written(crop: Crop, probs: NDArray[np.float32]) -> bool:
    """Whether a crop holds ink: its ink score is high, or the network recognises a digit."""
    digit, none = max(float(probs[:-1].max()), 1e-4), max(float(probs[-1]), 1e-4)
    return crop.ink_score + 0.6 * min(max(math.log(digit / none), -1), 5) > 0


def _among_digits(boxes: list[Prediction]) -> list[Prediction]:
    """Makes a refused box unsure if it stands in a line of digits and is as tall as they are."""
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


def _summarise(
    name: str,
    chosen: Sequence[Read],
    boxes: Sequence[Prediction],
    marks: Sequence[tuple[MarkKind, Crop]],
    names: Mapping[Box, tuple[MarkKind, Crop]],
    width: int,
) -> Answer:
    """Builds the answer for an image from the predictions for its boxes, in reading order.

    If there are digits, boxes that are no digit move to `others`. Otherwise they stay.
    """
    digits = [index for index, box in enumerate(boxes) if box.verdict != "not-a-digit"]
    kept = digits or list(range(len(boxes)))
    left: list[tuple[MarkKind, Crop]] = [
        ("other", chosen[i][0])
        for i in range(len(boxes))
        if i not in set(kept) and chosen[i][0].box not in names
    ]
    read = [boxes[index].box for index in kept]
    taken = {crop.box for _, crop in marks}
    named = [
        mark for box, mark in names.items() if box not in taken and not _lies_in_one(box, read)
    ]
    others = sorted([*marks, *named, *left], key=lambda mark: (mark[1].row, mark[1].box.x))
    rows = [chosen[index][0].row for index in kept]
    lines = tuple(
        tuple(k for k, its_row in enumerate(rows) if its_row == row) for row in sorted(set(rows))
    )
    shown = [boxes[index] for index in kept]
    verdict = _verdict(shown, bool(digits), [chosen[i][0] for i in digits], others)
    reading = Reading(
        name,
        verdict,
        join_text(shown, lines, [crop.box for _, crop in others]) if digits else "",
        tuple(shown),
        lines,
        tuple(Mark(kind, crop.box) for kind, crop in others),
    )
    probs = np.array([chosen[index][1] for index in kept], np.float32).reshape(-1, width)
    return Answer(reading, tuple(chosen[index][0] for index in kept), probs)


def _lies_in_one(box: Box, others: Sequence[Box]) -> bool:
    """Whether at least half of a box lies inside one of the others."""
    return any(
        2 * max(0, min(box.x + box.w, each.x + each.w) - max(box.x, each.x))
        * max(0, min(box.y + box.h, each.y + each.h) - max(box.y, each.y))
        >= box.w * box.h
        for each in others
    )  # fmt: skip


def _verdict(
    boxes: Sequence[Prediction],
    any_digit: bool,
    read: Sequence[Crop],
    others: Sequence[tuple[str, Crop]],
) -> Verdict:
    if not boxes:
        return "blank"
    if not any_digit:
        return "not-a-digit"
    unread = sum(crop.area for _, crop in others)
    ink = unread + sum(crop.area for crop in read)
    doubtful = any(box.verdict == "unsure" for box in boxes)
    return "unsure" if doubtful or unread > UNREAD * ink else "digits"
