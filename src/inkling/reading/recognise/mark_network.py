"""Runs the mark network, which separates digits from marks: points, commas, slashes and so on.

A slash has the shape of a 1, and a comma that of a small 1. They differ in size and position
relative to the digits of the line. So the network sees a part and its line, both scaled by the
height of the line's digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.reading.detect.layout import FULL, digit_height
from inkling.reading.detect.parts import Part, union
from inkling.reading.detect.text_map import TextMap
from inkling.reading.preprocess.pixels import Labels, Map, resize
from inkling.reading.recognise.softmax import softmax
from inkling.reading.session import open_bundled
from inkling.types import MarkKind

MODEL = Path(__file__).parent.parent / "weights" / "marks.onnx"
KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
CLASSES = ("digit", *KINDS, "ruling")  # a ruling is a separator of a form, which is no mark
HEIGHT, WIDTH = 32, 96  # pixels of a window
DIGIT = 20.0  # pixels; height of the line's digits in a window
STEEPEST = 0.6  # rows per column; a line that seems steeper is not levelled


@dataclass(frozen=True, eq=False)
class _Line:
    """The ink of a line at the scale of the windows, and the position of its middle."""

    ink: Map
    corner: tuple[int, int]  # x, y of the ink's first pixel in the working image
    scale: float
    slope: float
    middle: tuple[float, float]


def classify_marks(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> NDArray[np.float32]:
    """Probabilities (parts, 9) of `CLASSES` for the parts of one line."""
    windows = mark_windows(writing, labels, parts)
    session = _session()
    inputs = windows.astype(np.float32) / np.float32(255)
    logits = np.asarray(session.run(None, {session.get_inputs()[0].name: inputs})[0], np.float32)
    return softmax(logits)


def mark_windows(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> NDArray[np.uint8]:
    """The network's input (parts, 2, 32, 96) uint8: each part alone, and its whole line."""
    line = _measure_line(writing, labels, parts)
    out = np.zeros((len(parts), 2, HEIGHT, WIDTH), np.uint8)
    turn = np.arctan(line.slope)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    for index, part in enumerate(parts):
        x = (part.x + part.w / 2 - line.corner[0]) * line.scale
        y = line.middle[1] + line.slope * (x - line.middle[0])
        level = np.array(
            [
                [cos, sin, WIDTH / 2 - cos * x - sin * y],
                [-sin, cos, HEIGHT / 2 + sin * x - cos * y],
            ]
        )
        own = _own_part(writing, labels, part, line)
        for channel, ink in enumerate((own, line.ink)):
            seen = cv2.warpAffine(ink, level, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
            out[index, channel] = np.rint(np.clip(seen, 0, 1) * 255)
    return out


def _measure_line(writing: TextMap, labels: Labels, parts: Sequence[Part]) -> _Line:
    whole = reduce(union, parts)
    height = max(digit_height(parts), 1.0)
    scale = DIGIT / height
    ink = _ink_of(writing, labels, whole)
    shape = (max(1, round(whole.h * scale)), max(1, round(whole.w * scale)))
    full = [part for part in parts if part.h >= FULL * height]
    middles = np.array([(part.x + part.w / 2, part.y + part.h / 2) for part in full or parts])
    middles = (middles - (whole.x, whole.y)) * scale
    x, y = middles.mean(axis=0).tolist()
    away = middles - (x, y)
    # The regularisation by one digit keeps two parts of different height from making a slope.
    slope = float((away[:, 0] * away[:, 1]).sum() / ((away[:, 0] ** 2).sum() + DIGIT**2))
    slope = slope if abs(slope) < STEEPEST else 0.0
    return _Line(resize(ink, shape), (whole.x, whole.y), scale, slope, (x, y))


def _ink_of(writing: TextMap, labels: Labels, part: Part) -> Map:
    """The ink (h, w) of a part alone, about 1 where it is fully dark."""
    window = np.s_[part.y : part.bottom, part.x : part.right]
    own = np.isin(labels[window], part.labels)
    dark = np.minimum(writing.ink[window] / max(part.level, 1e-3), 1)
    return np.where(own, dark, 0).astype(np.float32)


def _own_part(writing: TextMap, labels: Labels, part: Part, line: _Line) -> Map:
    """The ink of a part in an image of the size of its line."""
    field = np.zeros_like(line.ink)
    left = round((part.x - line.corner[0]) * line.scale)
    top = round((part.y - line.corner[1]) * line.scale)
    shape = (max(1, round(part.h * line.scale)), max(1, round(part.w * line.scale)))
    small = resize(_ink_of(writing, labels, part), shape)
    rows, columns = field[top : top + shape[0], left : left + shape[1]].shape
    field[top : top + rows, left : left + columns] = small[:rows, :columns]
    return field


@cache
def _session() -> onnxruntime.InferenceSession:
    return open_bundled(MODEL)
