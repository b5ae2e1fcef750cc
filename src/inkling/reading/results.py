"""Turns the crops of an image and their probabilities into a `Reading`, line by line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.reading.decisions import DEFAULT, Decisions
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop, box_of
from inkling.reading.recognise.marks import LineMark
from inkling.reading.recognise.network import Card, Network
from inkling.reading.recognise.row import Read, read_row
from inkling.reading.recognise.verdict import predict
from inkling.reading.text import join_text
from inkling.types import Box, Mark, MarkKind, Prediction, Reading, Verdict

SHORTEST, TALLEST = 0.6, 1.6  # height of a possible digit, relative to the image's other digits
FAINT_DIGIT, FAINT_WRITING = -4.0, -1.5  # least `Crop.ink_score` of such a digit, and of writing
AS_DARK = 0.6  # least contrast of ink among digits, relative to theirs, that must be writing
# Least contrast to the paper. Shades of blank paper have 0.008 to 0.015, the palest of 100 rows on
# coloured paper has 0.02 (`benchmarks/pages.py`).
VISIBLE = 0.018


@dataclass(frozen=True)
class MarkFound:
    """Ink that is named, not read: its box in pixels of the image, its line, its area."""

    kind: MarkKind
    box: Box
    row: int
    area: int  # pixels, at working size
    prob: float = 1.0  # of its kind


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
    rows = np.array(preprocessed.segments.rows, np.int64)
    for row in range(int(rows.max(initial=-1)) + 1):
        line = [(preprocessed.crops[k], probs[k]) for k in np.flatnonzero(rows == row).tolist()]
        if line:
            chosen += read_row(preprocessed, preprocessed.segments.strokes[row], line, network)
    decisions = network.card.decisions
    chosen, unread = _part_unwritten(chosen, decisions)
    others = [_mark_found(mark, preprocessed.writing) for mark in preprocessed.marks.sure]
    possible = [_mark_found(mark, preprocessed.writing) for mark in preprocessed.marks.possible]
    known = {mark.box for mark in possible}
    others += [
        MarkFound("other", crop.box, crop.row, crop.area)
        for crop in unread
        if crop.box not in known
    ]
    if expect_one and len(chosen) > 1:
        chosen = [max(chosen, key=lambda read: float(read[1][:-1].max()))]
    signs = [mark.box for mark in possible if mark.kind == "other"]
    predictions = [predict(crop, each, network.card) for crop, each in chosen]
    boxes = _among_digits(predictions, signs, decisions)
    slashes = {box_of(part, preprocessed.writing): p for part, p in preprocessed.marks.slashes}
    boxes = [_doubt_slash(box, slashes.get(box.box, 0.0), network.card) for box in boxes]
    return _summarise(preprocessed.name, chosen, boxes, others, possible, network.card)


def _mark_found(mark: LineMark, writing: TextMap) -> MarkFound:
    box = box_of(mark.part, writing)
    return MarkFound(mark.kind, box, mark.row, mark.part.area, mark.prob)


def _doubt_slash(box: Prediction, prob: float, card: Card) -> Prediction:
    """The prediction for a stroke that is a slash, and so no digit, with a probability `prob`."""
    if prob == 0 or box.verdict == "not-a-digit":
        return box
    confidence = box.confidence * (1 - prob)
    sure = box.verdict == "digits" and confidence >= card.unsure
    doubts = (*box.doubts, "may be a slash") if prob >= 1 - card.decisions.confident else box.doubts
    return replace(
        box, confidence=confidence, verdict="digits" if sure else "unsure", doubts=doubts
    )


def _part_unwritten(
    chosen: Sequence[Read], decisions: Decisions = DEFAULT
) -> tuple[list[Read], list[Crop]]:
    """Separates crops with ink from crops that may hold writing but are not read.

    A crop with a low ink score is kept if it is as tall as the digits of the image and the network
    is sure that it is a digit. Other tall crops that may be writing are reported as unread.
    """
    chosen = [read for read in chosen if read[0].contrast >= VISIBLE]
    written = [read for read in chosen if _is_written(*read)]
    digits = [crop for crop, each in written if float(each[:-1].max()) > float(each[-1])]
    if not digits or len(written) == len(chosen):
        return written, []
    height = float(np.median([crop.box.h for crop in digits]))
    dark = AS_DARK * float(np.median([crop.contrast for crop in digits]))
    kept: list[Read] = []
    unread: list[Crop] = []
    for crop, each in chosen:
        alike = SHORTEST * height < crop.box.h < TALLEST * height
        sure = crop.ink_score > FAINT_DIGIT and float(each[:-1].max()) >= decisions.sure_digit
        dark_enough = crop.ink_score > FAINT_WRITING and crop.contrast >= dark
        if _is_written(crop, each) or (alike and (sure or dark_enough)):
            kept.append((crop, each))
        elif crop.box.h > SHORTEST * height and crop.ink_score > FAINT_WRITING:
            unread.append(crop)
    return kept, unread


def _is_written(crop: Crop, probs: NDArray[np.float32]) -> bool:
    """Whether a crop holds ink: its ink score is high, or the network recognises a digit."""
    digit, none = max(float(probs[:-1].max()), 1e-4), max(float(probs[-1]), 1e-4)
    return crop.ink_score + 0.6 * min(max(math.log(digit / none), -1), 5) > 0


def _among_digits(
    boxes: list[Prediction], signs: Sequence[Box], decisions: Decisions = DEFAULT
) -> list[Prediction]:
    """Makes a box that was no digit unsure if it is in a line of digits and as tall as they are.

    Boxes among `signs` stay: in this line, the mark network sees a letter or a sign there.
    """
    digits = [box for box in boxes if box.verdict != "not-a-digit"]
    if len(digits) < 2 or 2 * len(digits) < len(boxes):
        return boxes
    tall = float(np.median([box.box.h for box in digits]))
    return [
        replace(box, verdict="unsure")
        if box.verdict == "not-a-digit"
        and box.box.h > 0.6 * tall
        and box.confidence >= decisions.in_line
        and not _lies_in_one(box.box, signs)
        else box
        for box in boxes
    ]


def _summarise(
    name: str,
    chosen: Sequence[Read],
    boxes: Sequence[Prediction],
    marks: Sequence[MarkFound],
    possible: Sequence[MarkFound],
    card: Card,
) -> Answer:
    """Builds the answer for an image from the predictions for its boxes, in reading order.

    If there are digits, boxes that are no digit move to `others`. Otherwise they stay.
    """
    digits = [index for index, box in enumerate(boxes) if box.verdict != "not-a-digit"]
    kept = digits or list(range(len(boxes)))
    read = [boxes[index].box for index in kept]
    named = [mark for mark in possible if not _lies_in_one(mark.box, read)]
    known = {mark.box for mark in named}
    left = [
        MarkFound("other", crop.box, crop.row, crop.area)
        for k, (crop, _) in enumerate(chosen)
        if k not in set(kept) and crop.box not in known
    ]
    others = sorted([*marks, *named, *left], key=lambda mark: (mark.row, mark.box.x))
    rows = [chosen[index][0].row for index in kept]
    lines = tuple(
        tuple(k for k, its_row in enumerate(rows) if its_row == row) for row in sorted(set(rows))
    )
    shown = [boxes[index] for index in kept]
    read_crops = [chosen[index][0] for index in digits]
    verdict = _verdict(shown, bool(digits), read_crops, others, card.decisions)
    reading = Reading(
        name,
        verdict,
        join_text(shown, lines, [mark.box for mark in others]) if digits else "",
        tuple(shown),
        lines,
        tuple(Mark(mark.kind, mark.box) for mark in others),
    )
    probs = np.array([chosen[index][1] for index in kept], np.float32).reshape(
        -1, 1 + len(card.labels)
    )
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
    others: Sequence[MarkFound],
    decisions: Decisions = DEFAULT,
) -> Verdict:
    if not boxes:
        return "blank"
    if not any_digit:
        return "not-a-digit"
    unread = sum(mark.area for mark in others)
    ink = unread + sum(crop.area for crop in read)
    doubtful = any(box.verdict == "unsure" for box in boxes)
    doubtful |= unread > decisions.unread_ink * ink or _may_skip_digit(read, others, decisions)
    return "unsure" if doubtful else "digits"


def _may_skip_digit(
    read: Sequence[Crop], others: Sequence[MarkFound], decisions: Decisions
) -> bool:
    """Whether a mark may be a digit: a doubtful slash, or ink of no kind as tall as its line."""
    height = float(np.median([crop.box.h for crop in read]))
    rows = {crop.row for crop in read}
    return any(
        (mark.kind == "slash" and mark.prob < decisions.sure_slash)
        or (mark.kind == "other" and mark.row in rows and SHORTEST * height < mark.box.h)
        for mark in others
    )
