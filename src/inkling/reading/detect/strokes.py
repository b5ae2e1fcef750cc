"""Strokes of one digit made one part: a 5 and its bar, the pieces of a broken stroke."""

from collections.abc import Sequence

from inkling.reading.detect.layout import digit_height
from inkling.reading.detect.parts import Part, union

# Of the line's digit height, unless said otherwise.
STACKED = 0.45  # of the narrower stroke; what overlaps the other by more stands above or in it
BELOW = 0.25  # the space between two strokes of which one stands above the other
BESIDE = 0.12  # the space between two strokes that stand beside each other
POINT = 0.22  # what is smaller is a point, or nothing
TALLEST, WIDEST = 1.45, 1.6  # no digit of the line is larger than that


def join_strokes(strokes: Sequence[Part], side_by_side: bool) -> list[Part]:
    """The strokes of one line, from left to right, those of one digit made one part.

    Each pair is compared with the height of the line's digits, which no merge changes. Strokes
    that stand one above the other belong together; with `side_by_side` also a small one close to
    a larger one.
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
    """How far apart two strokes of one digit are, in pixels; None where they are two digits."""
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
    """Whether a stroke may be the bar of a 5 or 7, set down beside the rest: flat, and smaller."""
    return one.h < 0.6 * one.w and one.h < 0.6 * other.h
