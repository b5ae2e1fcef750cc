"""Rows of digits and marks as the mark network sees them: each part with its line, and a class.

`compose_marks` draws clean windows. `compose_mark_scene` photographs a row and takes the parts
that the reader itself finds, pieces of digits and remains of rulings among them.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.recognise.mark_network import CLASSES, DIGIT, HEIGHT, WIDTH, mark_windows
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labels import cover, overlap
from inkling.synthesis.marked_rows import (
    RULING_LABEL,
    Stamped,
    compose_marked_scene,
    write_marked_row,
)
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.sheet import Truth
from inkling.types import Box

PIECE = 0.7  # of a part that lies in a digit's box: then it is the digit or a piece of it
SAME = 0.35  # intersection over union of a part with a mark; points are few pixels large
Corners = tuple[float, float, float, float]  # x0, y0, x1, y1


def compose_marks(
    source: GlyphSource, rng: np.random.Generator
) -> list[tuple[NDArray[np.uint8], int]]:
    """The windows (2, 32, 96) uint8 of one row's parts, each with its class: 0 for a digit."""
    row = write_marked_row(source, rng)
    digits = [stamped.truth.box for stamped in row if stamped.truth.mark is None]
    if not digits:
        return []
    height = float(np.median([y1 - y0 for _, y0, _, y1 in digits]))
    middle = float(np.median([(y0 + y1) / 2 for _, y0, _, y1 in digits]))
    height *= float(np.exp(rng.normal(0, 0.06)))  # a reader measures it from the parts it found
    middle += float(rng.normal(0, 0.05)) * height
    line = np.max([stamped.ink for stamped in row], axis=0)
    return [(_window(stamped, line, height, middle), _class_of(stamped.truth)) for stamped in row]


def _window(
    stamped: Stamped, line: NDArray[np.float32], height: float, middle: float
) -> NDArray[np.uint8]:
    scale = DIGIT / height
    x = (stamped.truth.box[0] + stamped.truth.box[2]) / 2
    move = np.array([[scale, 0, WIDTH / 2 - scale * x], [0, scale, HEIGHT / 2 - scale * middle]])
    seen = [cv2.warpAffine(ink, move, (WIDTH, HEIGHT)) for ink in (stamped.ink, line)]
    return np.rint(np.clip(np.stack(seen), 0, 1) * 255).astype(np.uint8)


def _class_of(truth: Truth) -> int:
    """The index of the truth's class in `CLASSES`."""
    if truth.label == RULING_LABEL:
        return CLASSES.index("ruling")
    return 0 if truth.mark is None else CLASSES.index(truth.mark)


def compose_mark_scene(
    source: GlyphSource, rng: np.random.Generator
) -> list[tuple[NDArray[np.uint8], int]]:
    """The windows (2, 32, 96) uint8 of the parts that the reader finds in a photographed row."""
    scene = compose_marked_scene(source, rng)
    writing = make_text_map(scene.pixels)
    segments = segment(writing)
    found: list[tuple[NDArray[np.uint8], int]] = []
    for strokes, specks in zip(segments.strokes, segments.specks, strict=True):
        parts = [*strokes, *specks]
        labels = [_label_part(part, writing.zoom, scene.truths) for part in parts]
        windows = mark_windows(writing, segments.labels, parts)
        found += [(w, label) for w, label in zip(windows, labels, strict=True) if label is not None]
    return found


def _label_part(part: Part, zoom: float, truths: Sequence[Truth]) -> int | None:
    """The class of a part that the reader found; None where the truth leaves it open."""
    box = Box(
        round(part.x / zoom), round(part.y / zoom), round(part.w / zoom), round(part.h / zoom)
    )
    own = (box.x, box.y, box.x + box.w, box.y + box.h)
    if not truths:
        return CLASSES.index("other")
    fits = [overlap(box, truth.box, 0.5) for truth in truths]
    best = truths[int(np.argmax(fits))]
    if max(fits) >= SAME and best.mark:
        return _class_of(best)
    inside = [_fraction_inside(own, truth.box) for truth in truths]
    owner, most = truths[int(np.argmax(inside))], max(inside)
    if most >= PIECE and owner.mark:
        # The points of a colon are found one by one; the reader joins them.
        return CLASSES.index("point") if owner.mark == "colon" else _class_of(owner)
    if any(t.mark is None and cover(box, t.box) > 0.5 for t in truths):
        return 0  # a digit, or two that touch
    if most >= PIECE:
        return 0 if owner.label < NONE_LABEL else None
    return CLASSES.index("other") if most < 0.1 else None


def _fraction_inside(own: Corners, other: Corners) -> float:
    """The fraction of a box that lies in another one."""
    across = min(own[2], other[2]) - max(own[0], other[0])
    down = min(own[3], other[3]) - max(own[1], other[1])
    return max(across, 0) * max(down, 0) / max((own[2] - own[0]) * (own[3] - own[1]), 1e-6)
