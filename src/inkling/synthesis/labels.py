"""Labels a crop of a rendered image by the image's ground truth."""

from collections.abc import Sequence

from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.sheet import Truth
from inkling.types import Box

STICK_ASPECT = 2.2  # height over width from which a shape may be a 1


def overlap(box: Box, other: tuple[float, float, float, float], slack: float) -> float:
    """Intersection over union of a crop's box and a truth, both widened by `slack` pixels."""
    x0, y0, x1, y1 = other
    x0, y0, x1, y1 = x0 - slack, y0 - slack, x1 + slack, y1 + slack
    a0, b0 = box.x - slack, box.y - slack
    a1, b1 = box.x + box.w + slack, box.y + box.h + slack
    across, down = min(x1, a1) - max(x0, a0), min(y1, b1) - max(y0, b0)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / ((x1 - x0) * (y1 - y0) + (a1 - a0) * (b1 - b0) - shared)


def cover(box: Box, other: tuple[float, float, float, float]) -> float:
    """The fraction of a truth's box that lies in a crop's box."""
    x0, y0, x1, y1 = other
    across = min(x1, box.x + box.w) - max(x0, box.x)
    down = min(y1, box.y + box.h) - max(y0, box.y)
    return max(across, 0) * max(down, 0) / max((x1 - x0) * (y1 - y0), 1e-6)


def label_crop(box: Box, truths: Sequence[Truth]) -> int | None:
    """The label of a crop: a digit, 10 for no digit, or None if the ground truth is ambiguous.

    A crop gets the label of the truth it fits (overlap 0.8 or more), or of the only truth it
    contains, with a piece of line beside it up to twice its length. A crop that fits no truth
    (overlap below 0.5 with each) is no digit: a fragment, a pair, a line or a stain. Ambiguous
    are overlaps in between, fragments of a shape that is no digit (half of a pair may be a
    digit), and an isolated upright stroke, which only its surroundings tell from a 1.
    """
    slack = 0.06 * max(box.w, box.h) + 0.5
    fits = [(overlap(box, truth.box, slack), truth.label) for truth in truths]
    best, label = max(fits, default=(0.0, NONE_LABEL))
    stick = box.h > STICK_ASPECT * box.w
    if best >= 0.8:
        return None if label < 0 or (label == NONE_LABEL and stick) else label
    if sum(_is_large_part(truth, box) for truth in truths) > 1:
        return NONE_LABEL
    held = [truth for truth in truths if cover(box, truth.box) > 0.1]
    if len(held) == 1 and cover(box, held[0].box) > 0.93:
        x0, y0, x1, y1 = held[0].box
        if max(box.w, box.h) <= 2 * max(x1 - x0, y1 - y0):
            return None if held[0].label < 0 else held[0].label
    if best >= 0.5 or stick:
        return None
    return (
        None if any(_lies_in(box, t.box) for t in truths if t.label == NONE_LABEL) else NONE_LABEL
    )


def is_pair(box: Box, truths: Sequence[Truth]) -> bool:
    """Whether a crop holds two digits, both over half its height, neither filling it alone."""
    slack = 0.06 * max(box.w, box.h) + 0.5
    digits = [truth for truth in truths if truth.label in range(NONE_LABEL)]
    tall = [t for t in digits if cover(box, t.box) > 0.8 and t.box[3] - t.box[1] > 0.5 * box.h]
    return len(tall) > 1 and all(overlap(box, truth.box, slack) < 0.75 for truth in truths)


def _is_large_part(truth: Truth, box: Box) -> bool:
    """Whether most of a truth lies in a crop and is more than a dot beside the rest."""
    x0, y0, x1, y1 = truth.box
    return cover(box, truth.box) > 0.6 and max(x1 - x0, y1 - y0) > 0.3 * max(box.w, box.h)


def _lies_in(box: Box, other: tuple[float, float, float, float]) -> bool:
    """Whether most of a crop lies in a truth's box."""
    x0, y0, x1, y1 = other
    return cover(Box(int(x0), int(y0), round(x1 - x0), round(y1 - y0)), _corners(box)) > 0.6


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.w, box.y + box.h
