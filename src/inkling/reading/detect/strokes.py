"""Joins the strokes of one digit: a 5 and its bar, or the pieces of a broken stroke."""

from collections.abc import Sequence

from inkling.reading.detect.layout import digit_height
from inkling.reading.detect.parts import Part, union

# In digit heights of the line, unless stated otherwise.
STACKED = 0.45  # of the narrower stroke; least horizontal overlap of stacked strokes
BELOW = 0.25  # greatest vertical gap between stacked strokes
BESIDE = 0.12  # greatest gap between strokes side by side
POINT = 0.22  # smaller parts are points or specks
TALLEST, WIDEST = 1.45, 1.6  # greatest height and width of a digit


def join_strokes(strokes: Sequence[Part], side_by_side: bool) -> list[Part]:
    """Merges the strokes of one line that belong to one digit, and sorts them from left to right.

    Distances are relative to the digit height of the line, which merging does not change. Stacked
    strokes belong together. With `side_by_side`, so does a small stroke close to a larger one.
    """
    height = digit_height(strokes)
    parts = list(strokes)
    while len(parts) > 1:
        gaps = [
            (gap, i, j)
            for i in range(len(parts))
            for j in range(i + 1, len(parts))
            if (gap := _gap(parts[i], parts[j], height, side_by_side)) is not None
        ]
        if not gaps:
            break
        _, i, j = min(gaps)
        parts[i] = union(parts[i], parts[j])
        del parts[j]
    return sorted(parts, key=lambda part: part.x + part.w / 2)


def _gap(one: Part, other: Part, height: float, side_by_side: bool) -> float | None:
    """The gap between two strokes of one digit, in pixels. None if they belong to two digits."""
    if min(one.size, other.size) < POINT * height:
        return None
    tallest = max(height, one.h, other.h)
    across = max(one.right, other.right) - min(one.x, other.x)
    down = max(one.bottom, other.bottom) - min(one.y, other.y)
    if across > WIDEST * tallest or down > TALLEST * tallest:
        return None
    overlap = min(one.right, other.right) - max(one.x, other.x)
    below = max(0, max(one.y, other.y) - min(one.bottom, other.bottom))
    narrower = min(one.w, other.w)
    if overlap > STACKED * narrower and below < BELOW * height:
        return float(below)
    bar = _is_bar(one, other) or _is_bar(other, one)
    if bar and overlap > BELOW * narrower and below < BESIDE * height:
        return float(below)
    apart = max(0, -overlap)
    small = min(one.size, other.size) < 0.6 * max(one.size, other.size)
    if side_by_side and small and apart < BESIDE * height and below < BESIDE * height:
        return float(apart + below)
    return None


def _is_bar(one: Part, other: Part) -> bool:
    """Whether a stroke may be the separate bar of a 5 or 7: flat and smaller than the rest."""
    return one.h < 0.6 * one.w and one.h < 0.6 * other.h
