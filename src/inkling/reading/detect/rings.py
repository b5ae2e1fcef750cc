"""Finds circles drawn around digits, which are no digits themselves."""

from collections.abc import Sequence

import cv2
import numpy as np

from inkling.reading.detect.parts import Part
from inkling.reading.preprocess.pixels import Labels

ROUND = (0.7, 1.45)  # width over height of a circle
THIN = 0.45  # greatest fraction of a circle's box that is its own ink
INSIDE = (0.25, 0.85)  # height of the ink inside, relative to the circle
OPEN = 0.08  # of the longer side; a wider gap in a circle is not closed
MOST = 60  # greatest number of parts that are compared


def without_rings(parts: Sequence[Part], labels: Labels) -> list[Part]:
    """The parts that are no circle around another part. `labels` (H, W) gives their pixels."""
    large = sorted(parts, key=lambda part: -part.size)[:MOST]
    rings = {id(part) for part in large if _may_be_ring(part) and _surrounds(part, large, labels)}
    return [part for part in parts if id(part) not in rings]


def _may_be_ring(part: Part) -> bool:
    return ROUND[0] < part.w / part.h < ROUND[1] and part.area < THIN * part.w * part.h


def _surrounds(ring: Part, others: Sequence[Part], labels: Labels) -> bool:
    """Whether the ring has another part in its hole that is as large as a digit."""
    inner = [part for part in others if part is not ring and _lies_in(part, ring)]
    if not inner:
        return False
    hole = _hole(ring, labels)
    return any(hole[_middle(part, ring)] for part in inner)


def _lies_in(part: Part, ring: Part) -> bool:
    tall = INSIDE[0] * ring.h < part.h < INSIDE[1] * ring.h
    across = ring.x < part.x and part.right < ring.right
    return tall and across and ring.y < part.y and part.bottom < ring.bottom


def _middle(part: Part, ring: Part) -> tuple[int, int]:
    """The row and column of a part's middle in the box of the ring."""
    return part.y + part.h // 2 - ring.y, part.x + part.w // 2 - ring.x


def _hole(ring: Part, labels: Labels) -> np.ndarray:
    """Whether each pixel of the ring's box is enclosed by its ink, (h, w) bool."""
    own = np.isin(labels[ring.y : ring.bottom, ring.x : ring.right], ring.labels)
    reach = 2 * round(OPEN * ring.size / 2) + 1
    mask = np.pad(own.astype(np.uint8), reach)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    outside = np.pad(closed, 1)
    cv2.floodFill(outside, None, (0, 0), 2)
    rest = slice(reach + 1, -reach - 1)
    return (outside[rest, rest] == 0) & ~own
