"""The type `Part`: ink that belongs to one digit or mark, with its box; and unions of parts."""

from dataclasses import dataclass

import numpy as np

from inkling.reading.detect.components import Components
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.pixels import Labels


@dataclass(frozen=True, eq=False)
class Part:
    """Ink that belongs together, at working size: its labels, box, pixels and mean darkness."""

    labels: tuple[int, ...]
    x: int
    y: int
    w: int
    h: int
    area: int
    level: float
    prob: float  # greatest text probability of its pixels

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.h

    @property
    def size(self) -> int:
        """The longer side of its box, in pixels."""
        return max(self.w, self.h)


def parts_of_components(found: Components) -> list[Part]:
    """One part for each connected component."""
    rows = zip(
        found.index.tolist(),
        found.boxes.tolist(),
        found.areas.tolist(),
        found.levels.tolist(),
        found.probs.tolist(),
        strict=True,
    )
    return [
        Part((label,), x, y, w, h, area, level, prob)
        for label, (x, y, w, h), area, level, prob in rows
    ]


def make_part(writing: TextMap, labels: Labels, label: int) -> Part | None:
    """The part with this label, or None if no pixel has it."""
    rows, columns = np.nonzero(labels == label)
    if not rows.size:
        return None
    x, y = int(columns.min()), int(rows.min())
    w, h = int(columns.max()) + 1 - x, int(rows.max()) + 1 - y
    level = float(writing.ink[rows, columns].mean())
    prob = float(writing.prob[rows, columns].max())
    return Part((label,), x, y, w, h, int(rows.size), level, prob)


def union(one: Part, other: Part) -> Part:
    """Merges two parts."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    w, h = max(one.right, other.right) - x, max(one.bottom, other.bottom) - y
    area = one.area + other.area
    level = (one.level * one.area + other.level * other.area) / area
    prob = max(one.prob, other.prob)
    return Part(one.labels + other.labels, x, y, w, h, area, level, prob)
