"""Finds the marks of each line (points, slashes and so on) before its strokes are joined to digits.

Otherwise a minus close to a digit, or the point after it, would become a part of that digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part, union
from inkling.reading.detect.segments import Segments, join_lines
from inkling.reading.detect.text_map import TextMap
from inkling.reading.recognise.mark_network import KINDS, classify_marks
from inkling.types import MarkKind

# A mark with at least this probability is removed from its line. With 0.9 a slash would be named in
# 34 of 50 fractions (0.95: 16), but a 1 is dropped from 3 more of 50 pages, and the rest is sure.
LEAST: dict[MarkKind, float] = {
    "point": 0.8, "comma": 0.8, "slash": 0.95, "percent": 0.9, "minus": 0.9, "colon": 0.95,
}  # fmt: skip
SMALL: tuple[MarkKind, ...] = ("point", "comma")
SPECKS = ("point", "comma", "minus", "colon")  # kinds of strokes that are too small for a digit
SURE_SPECK = 0.8  # least probability of the kind of such a stroke
NAMED = 0.5  # least probability of a mark for unread ink to get the mark's name
DOUBTFUL_SLASH = 0.7  # least probability of a slash that makes a 1 unsure
NEAR = 0.5  # largest gap between the pieces of a percent sign, in widths


@dataclass(frozen=True, eq=False)
class LineMark:
    """A mark: its kind, its ink, and the index of its line of text."""

    kind: MarkKind
    part: Part
    row: int


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of an image.

    `sure` marks are removed from their lines. `possible` marks are named if their ink is not read
    as a digit. `slashes` are strokes that are read as a 1 and may be a slash.
    """

    sure: tuple[LineMark, ...] = ()
    possible: tuple[LineMark, ...] = ()
    slashes: tuple[Part, ...] = ()


def find_marks(writing: TextMap, segments: Segments) -> Marks:
    """Finds the marks among the strokes and specks of every line."""
    sure: list[LineMark] = []
    possible: list[LineMark] = []
    slashes: list[Part] = []
    for row, strokes in enumerate(segments.strokes):
        specks = segments.specks[row] if segments.specks else ()
        if not strokes or len(strokes) + len(specks) < 2:
            continue
        probs = classify_marks(writing, segments.labels, [*strokes, *specks])
        found = _sure_strokes(strokes, probs[: len(strokes)])
        taken = {id(part) for _, part in found}
        found += _sure_specks(specks, probs[len(strokes) :])
        sure += [LineMark(kind, part, row) for kind, part in _joined(found)]
        for part, each in zip(strokes, probs, strict=False):
            kind, prob = _best(each)
            if id(part) in taken:
                continue
            if prob >= NAMED:
                possible.append(LineMark(kind, part, row))
            if kind == "slash" and prob >= DOUBTFUL_SLASH:
                slashes.append(part)
    return Marks(tuple(sure), tuple(possible), tuple(slashes))


def without_marks(segments: Segments, marks: Sequence[LineMark]) -> Segments:
    """Removes marks from the segments and joins the other strokes of each line again."""
    if not marks:
        return segments
    gone = {label for mark in marks for label in mark.part.labels}

    def rest(line: Sequence[Part]) -> tuple[Part, ...]:
        return tuple(part for part in line if not gone.intersection(part.labels))

    strokes = [rest(line) for line in segments.strokes]
    return join_lines(segments.labels, strokes, tuple(rest(line) for line in segments.specks))


def _best(probs: NDArray[np.float32]) -> tuple[MarkKind, float]:
    """The most likely mark and its probability. The first column is the probability of a digit.

    For a point or a comma it is the probability of either: small ones differ by a few pixels.
    """
    best = KINDS[int(probs[1:].argmax())]
    alike = SMALL if best in SMALL else (best,)
    return best, float(sum(probs[1 + KINDS.index(kind)] for kind in alike))


def _sure_strokes(
    strokes: Sequence[Part], probs: NDArray[np.float32]
) -> list[tuple[MarkKind, Part]]:
    """Selects the strokes of marks; none if the line would have no other stroke."""
    found = []
    for part, each in zip(strokes, probs, strict=True):
        kind, prob = _best(each)
        if prob >= LEAST.get(kind, np.inf):
            found.append((kind, part))
    return [] if len(found) == len(strokes) else found


def _sure_specks(specks: Sequence[Part], probs: NDArray[np.float32]) -> list[tuple[MarkKind, Part]]:
    found = []
    for part, each in zip(specks, probs, strict=True):
        kind, prob = _best(each)
        if kind in SPECKS and prob >= SURE_SPECK:
            found.append((kind, part))
    return found


def _joined(found: list[tuple[MarkKind, Part]]) -> list[tuple[MarkKind, Part]]:
    """Joins two points one above the other to a colon, and the pieces of a percent sign."""
    joined: list[tuple[MarkKind, Part]] = []
    for kind, part in sorted(found, key=lambda mark: mark[1].x):
        before, other = joined[-1] if joined else (None, part)
        if before == kind == "point" and part.x < other.right:
            joined[-1] = ("colon", union(other, part))
        elif before == kind == "percent" and part.x - other.right < NEAR * other.w:
            joined[-1] = ("percent", union(other, part))
        else:
            joined.append((kind, part))
    return joined
