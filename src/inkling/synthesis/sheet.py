"""The sheet being drawn, the specification of a scene, and its ground truth."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import FloatImage
from inkling.types import MarkKind


@dataclass(frozen=True)
class Truth:
    """The label of one glyph (0..9, 10 no digit, -1 ignored) and the box of its ink.

    `box` is x0, y0, x1, y1 in pixels. `mark` is the kind of a mark, whose label is 10.
    """

    label: int
    box: tuple[float, float, float, float]
    mark: MarkKind | None = None

    def seen_at(self, box: tuple[float, float, float, float], visible: bool) -> "Truth":
        """The truth at another place; with label -1 (ignored) if it is not `visible`."""
        return Truth(self.label, box, self.mark) if visible else Truth(-1, box)


@dataclass
class Sheet:
    """An image being drawn: ink and lines as layers (H, W), 0 blank to 1 full."""

    ink: FloatImage
    lines: FloatImage
    truths: list[Truth]
    unit: float


@dataclass(frozen=True)
class SceneSpec:
    """The kind of a scene: on screen or paper, thumbnail or not, printed surface, digit height."""

    screen: bool
    thumb: bool
    surface: str  # plain, ruled, frame, cheque
    unit: float  # pixels of a digit's height


def sample_spec(rng: np.random.Generator) -> SceneSpec:
    """Samples a scene's kind. A quarter are thumbnails, three in ten are screens."""
    thumb = bool(rng.random() < 0.25)
    screen = bool(rng.random() < 0.3)
    if thumb:
        unit = rng.uniform(30, 56)
    elif rng.random() < 0.9:
        unit = np.exp(rng.uniform(np.log(20), np.log(85)))
    else:
        unit = np.exp(rng.uniform(np.log(85), np.log(200)))
    surface = "plain"
    if not screen:
        surface = str(rng.choice(["plain", "ruled", "frame", "cheque"], p=[0.4, 0.27, 0.25, 0.08]))
    else:
        surface = str(rng.choice(["plain", "ruled", "frame"], p=[0.82, 0.06, 0.12]))
    return SceneSpec(screen, thumb, surface, float(unit))


def new_sheet(width: float, height: float, unit: float) -> Sheet:
    """An empty sheet of about `width` by `height` pixels for digits `unit` pixels tall."""
    shape = (max(12, round(height)), max(12, round(width)))
    return Sheet(np.zeros(shape, np.float32), np.zeros(shape, np.float32), [], unit)


def widen_sheet(sheet: Sheet, sides: NDArray[np.float64]) -> Sheet:
    """The sheet with `sides` pixels more on its left, above, on its right and below."""
    left, top, right, bottom = (round(float(side)) for side in sides)
    around = ((top, bottom), (left, right))
    move = np.array([left, top, left, top])
    truths = [replace(t, box=tuple((np.array(t.box) + move).tolist())) for t in sheet.truths]
    return Sheet(np.pad(sheet.ink, around), np.pad(sheet.lines, around), truths, sheet.unit)


def cut_sheet(sheet: Sheet, low: NDArray[np.float64], high: NDArray[np.float64]) -> Sheet:
    """The part of a sheet between two corners, as a cell cut from a form."""
    h, w = sheet.ink.shape
    x0, y0 = (int(v) for v in np.maximum(low, 0))
    x1, y1 = int(min(high[0], w)), int(min(high[1], h))
    if x1 - x0 < 12 or y1 - y0 < 12:
        return sheet
    truths = []
    for truth in sheet.truths:
        a, b, c, d = truth.box
        box = (max(a - x0, 0), max(b - y0, 0), min(c - x0, x1 - x0), min(d - y0, y1 - y0))
        if box[2] > box[0] and box[3] > box[1]:
            kept = (box[2] - box[0]) * (box[3] - box[1]) / ((c - a) * (d - b))
            truths.append(truth.seen_at(box, kept > 0.8))
    return Sheet(
        np.ascontiguousarray(sheet.ink[y0:y1, x0:x1]),
        np.ascontiguousarray(sheet.lines[y0:y1, x0:x1]), truths, sheet.unit,
    )  # fmt: skip
