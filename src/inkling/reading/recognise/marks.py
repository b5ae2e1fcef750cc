"""Finds the marks of each line (points, slashes and so on) before its strokes are joined to digits.

Otherwise a minus close to a digit, or the point after it, would become a part of that digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part, union
from inkling.reading.detect.segments import Segments, join_lines
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.pixels import Labels
from inkling.reading.recognise.ctc_windows import piece_bounds, score_windows
from inkling.reading.recognise.lattice import line_height
from inkling.reading.recognise.line_network import MARKS, read_strip
from inkling.reading.recognise.mark_network import CLASSES, KINDS, classify_marks
from inkling.reading.recognise.mark_priors import share_slashes
from inkling.reading.recognise.strip import cut_strip
from inkling.types import MarkKind

# A mark with at least this probability is removed from its line.
LEAST: dict[MarkKind, float] = {
    "point": 0.8, "comma": 0.8, "slash": 0.55, "percent": 0.9, "minus": 0.9, "colon": 0.95,
    "other": 0.95,
}  # fmt: skip
SLASH, RULING = CLASSES.index("slash"), CLASSES.index("ruling")  # columns of the probabilities
POSSIBLE = 0.25  # least probability of a slash by the mark network to ask the line network too
SMALL: tuple[MarkKind, ...] = ("point", "comma")
SPECKS = ("point", "comma", "minus", "colon")  # kinds of strokes that are too small for a digit
SURE_SPECK = 0.8  # least probability of the kind of such a stroke
NAMED = 0.5  # least probability of a mark for unread ink to get the mark's name
MAY_BE_SLASH = 0.02  # least probability of a slash that lowers the confidence of a 1
NEAR = 0.5  # largest gap between the pieces of a percent sign, in widths
Found = tuple[MarkKind, Part, float]  # the last is the probability


@dataclass(frozen=True, eq=False)
class LineMark:
    """A mark: its kind, its ink, the index of its line of text, and its probability."""

    kind: MarkKind
    part: Part
    row: int
    prob: float = 1.0


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of an image.

    `sure` marks are removed from their lines. `possible` marks are named if their ink is not read
    as a digit. `slashes` are strokes that may be a slash but stay in their line, and the
    probability that they are one.
    """

    sure: tuple[LineMark, ...] = ()
    possible: tuple[LineMark, ...] = ()
    slashes: tuple[tuple[Part, float], ...] = ()


def find_marks(writing: TextMap, segments: Segments) -> Marks:
    """Finds the marks among the strokes and specks of every line."""
    rows = range(len(segments.strokes))
    probs = share_slashes([_line_probs(writing, segments, row) for row in rows])
    lines = [_find_in_line(segments, row, probs[row]) for row in rows]
    return Marks(
        tuple(mark for line in lines for mark in line.sure),
        tuple(mark for line in lines for mark in line.possible),
        tuple(slash for line in lines for slash in line.slashes),
    )


def _line_probs(writing: TextMap, segments: Segments, row: int) -> NDArray[np.float32]:
    """The probabilities (parts, 9) of one line; (0, 9) for a line of fewer than two parts."""
    strokes, specks = segments.strokes[row], _specks(segments, row)
    if not strokes or len(strokes) + len(specks) < 2:
        return np.zeros((0, len(CLASSES)), np.float32)
    return mark_probs(writing, segments.labels, [*strokes, *specks])


def _specks(segments: Segments, row: int) -> Sequence[Part]:
    return segments.specks[row] if segments.specks else ()


def _find_in_line(segments: Segments, row: int, probs: NDArray[np.float32]) -> Marks:
    """The marks of one line. A line of one part has none."""
    if not len(probs):
        return Marks()
    strokes, specks = segments.strokes[row], _specks(segments, row)
    found = _sure_strokes(strokes, probs[: len(strokes)])
    taken = {id(part) for _, part, _ in found}
    found += _sure_specks(specks, probs[len(strokes) :])
    possible: list[LineMark] = []
    slashes: list[tuple[Part, float]] = []
    for part, each in zip(strokes, probs, strict=False):
        kind, prob = _best(each)
        if id(part) in taken:
            continue
        if prob >= NAMED:
            possible.append(LineMark(kind, part, row, prob))
        if each[SLASH] >= MAY_BE_SLASH:
            slashes.append((part, float(each[SLASH])))
    sure = tuple(LineMark(kind, part, row, prob) for kind, part, prob in _joined(found))
    return Marks(sure, tuple(possible), tuple(slashes))


def mark_probs(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> NDArray[np.float32]:
    """Probabilities (parts, 9) of `CLASSES` for the parts of one line.

    The probability of a slash is the product of those by two networks: of 140 slashes it finds 44 %
    before five of 6,713 digits are lost, the mark network alone 26 %.
    """
    probs = classify_marks(writing, labels, parts)
    if float(probs[:, SLASH].max(initial=0)) < POSSIBLE:
        return probs
    both = probs[:, SLASH] * _slash_probs(writing, labels, parts)
    probs[:, 0] += probs[:, SLASH] - both
    probs[:, SLASH] = both
    return probs


def _slash_probs(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> NDArray[np.float32]:
    """Probabilities (parts,) that each part of one line is a slash, by the line network.

    Small parts above each other, as the points of a colon, share a window of frames.
    """
    strip = cut_strip(writing, labels, parts)
    frames = read_strip(strip)
    groups = _groups(parts)
    pieces = [reduce(union, [parts[index] for index in group]) for group in groups]
    bounds = piece_bounds(strip, labels, pieces, len(frames))
    scores = score_windows(frames, bounds[:-1], bounds[1:])[:, MARKS + KINDS.index("slash")]
    out = np.zeros(len(parts), np.float32)
    for group, score in zip(groups, scores, strict=True):
        out[group] = np.exp(score)
    return out


def _groups(parts: Sequence[Part]) -> list[list[int]]:
    """The indices of parts from left to right; small ones above each other are together."""
    low = 0.5 * line_height(parts)
    groups: list[list[int]] = []
    for index in sorted(range(len(parts)), key=lambda index: parts[index].x + parts[index].w / 2):
        part, last = parts[index], parts[groups[-1][-1]] if groups else None
        middle = part.x + part.w / 2
        if last and max(part.h, last.h) < low and last.x <= middle < last.right:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


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
    best = KINDS[int(probs[1:RULING].argmax())]
    alike = SMALL if best in SMALL else (best,)
    return best, float(sum(probs[1 + KINDS.index(kind)] for kind in alike))


def _sure_strokes(strokes: Sequence[Part], probs: NDArray[np.float32]) -> list[Found]:
    """Selects the strokes of marks; none if the line would have no other stroke."""
    found: list[Found] = []
    for part, each in zip(strokes, probs, strict=True):
        kind, prob = _best(each)
        if prob >= LEAST[kind]:
            found.append((kind, part, prob))
    return [] if len(found) == len(strokes) else found


def _sure_specks(specks: Sequence[Part], probs: NDArray[np.float32]) -> list[Found]:
    found = []
    for part, each in zip(specks, probs, strict=True):
        kind, prob = _best(each)
        if kind in SPECKS and prob >= SURE_SPECK:
            found.append((kind, part, prob))
    return found


def _joined(found: list[Found]) -> list[Found]:
    """Joins two points one above the other to a colon, and the pieces of a percent sign."""
    joined: list[Found] = []
    for kind, part, prob in sorted(found, key=lambda mark: mark[1].x):
        before, other, least = joined[-1] if joined else (None, part, prob)
        if before == kind == "point" and part.x < other.right:
            joined[-1] = ("colon", union(other, part), min(prob, least))
        elif before == kind == "percent" and part.x - other.right < NEAR * other.w:
            joined[-1] = ("percent", union(other, part), min(prob, least))
        else:
            joined.append((kind, part, prob))
    return joined
