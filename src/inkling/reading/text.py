"""Joins the labels of a reading into its text: a newline between lines, a space between numbers.

Labels of several characters, such as `plus`, have a space on each side.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from inkling.types import Box, Prediction

SPACE = 0.8  # least gap between two numbers, in heights of the digits
WIDER = 2.5  # least gap between two numbers, relative to the median gap of the line
ALONE = 4.0  # least gap between two numbers in a line of two digits, in heights


def join_text(
    boxes: Sequence[Prediction], lines: Sequence[Sequence[int]], marks: Sequence[Box]
) -> str:
    """Joins the labels of `lines` (indices into `boxes`). `marks` fill the gap they stand in."""
    return "\n".join(_join_line([boxes[index] for index in line], marks) for line in lines)


def _join_line(line: Sequence[Prediction], marks: Sequence[Box]) -> str:
    height = float(np.median([each.box.h for each in line]))
    gaps = [_gap(one.box, other.box, marks) / max(height, 1.0) for one, other in pairwise(line)]
    text = line[0].label if line else ""
    for index, each in enumerate(line[1:]):
        rest = gaps[:index] + gaps[index + 1 :]
        usual = float(np.percentile(rest, 50, method="lower")) if rest else ALONE / WIDER
        wide = gaps[index] > max(SPACE, WIDER * usual)
        long = len(each.label) > 1 or len(line[index].label) > 1
        text += (" " if wide or long else "") + each.label
    return text


def _gap(one: Box, other: Box, marks: Sequence[Box]) -> float:
    """The empty space between two digits, in pixels along the line through their centres."""
    across = other.x - one.x - one.w
    down = (other.y + other.h / 2) - (one.y + one.h / 2)
    gap = max(0.0, across) * float(np.hypot(1, down / max(other.x - one.x, 1)))
    between = [m for m in marks if one.x + one.w / 2 < m.x + m.w / 2 < other.x + other.w / 2]
    level = [m for m in between if m.y < max(one.y + one.h, other.y + other.h) + one.h / 2]
    return gap - sum(mark.w for mark in level if mark.y + mark.h > min(one.y, other.y))
