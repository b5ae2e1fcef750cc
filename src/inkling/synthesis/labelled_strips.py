"""Rendered rows of digits and marks as the reader's line strips, with labels and positions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import TextMap, make_text_map
from inkling.reading.preprocess.pixels import Labels
from inkling.reading.recognise.line_network import MARKS
from inkling.reading.recognise.mark_network import KINDS
from inkling.reading.recognise.strip import Strip, cut_strip
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.marked_rows import compose_marked_scene
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.scene import Scene, compose_row
from inkling.synthesis.sheet import Truth, sample_spec

CHEQUE_PROB = 0.3  # of rows on paper: written as on a cheque, where digits touch
MAX_DIGITS = 8  # digits of a row
SHORT_PROBS = (0.12, 0.3)  # cumulative, of rows of one and of two digits
NEGATIVE_FRACTION = 0.03  # of the glyphs
SPECKS_PROB = 0.7  # of rows with marks, whose strip has the small ink too
MISSING = 0.35  # fraction of a digit's ink found, up to which the digit counts as missing
PRESENT = 0.6  # the same fraction, from which on it counts as found


@dataclass(frozen=True, eq=False)
class LabelledStrip:
    """A strip (32, W) uint8, its classes from left to right, and the columns of their centres.

    Classes are those of the line network: digits, and marks from `MARKS` on.
    """

    pixels: NDArray[np.uint8]
    classes: tuple[int, ...]
    columns: tuple[float, ...]


def compose_strip(source: GlyphSource, rng: np.random.Generator) -> LabelledStrip | None:
    """The strip of one rendered row, or None if the reader does not find it as one row."""
    spec = sample_spec(rng)
    if not (spec.screen or spec.thumb) and rng.random() < CHEQUE_PROB:
        spec = replace(spec, surface="cheque")
    scene = compose_row(source, spec, _sample_count(spec.thumb, rng), rng, NEGATIVE_FRACTION)
    return crop_strip(scene)


def _sample_count(thumb: bool, rng: np.random.Generator) -> int:
    u = rng.random()
    if u < SHORT_PROBS[1]:
        return 1 + int(u > SHORT_PROBS[0])
    return int(rng.integers(2, 5 if thumb else MAX_DIGITS + 1))


def compose_marked_strip(source: GlyphSource, rng: np.random.Generator) -> LabelledStrip | None:
    """The strip of one rendered row with marks, or None as in `compose_strip`."""
    return crop_strip(compose_marked_scene(source, rng), specks=bool(rng.random() < SPECKS_PROB))


def crop_strip(scene: Scene, specks: bool = False) -> LabelledStrip | None:
    """The strip that holds all digits of a scene; None if no single strip does.

    A glyph whose ink was hardly found is ignored; one found in part discards the strip. With
    `specks`, the strip also has the ink that is too small for digits.
    """
    writing = make_text_map(scene.pixels)
    segments = segment(writing)
    lines = segments.strokes
    if specks:
        lines = tuple(a + b for a, b in zip(lines, segments.specks, strict=True))
    held = [_held(scene, writing, segments.labels, strokes) for strokes in lines]
    full = [k for k, found in enumerate(held) if any(_is_digit(t) for t, _ in found)]
    if len(full) != 1 or any(truth.label < 0 for truth in scene.truths):
        return None
    found = held[full[0]]
    if any(fraction < PRESENT for _, fraction in found):
        return None
    strip = cut_strip(writing, segments.labels, lines[full[0]])
    placed = sorted(
        (_column(strip, truth, writing.zoom), _class_of(truth))
        for truth, _ in found
        if truth.mark or _is_digit(truth)
    )
    return LabelledStrip(strip.pixels, tuple(d for _, d in placed), tuple(c for c, _ in placed))


def _is_digit(truth: Truth) -> bool:
    return truth.label != NONE_LABEL


def _class_of(truth: Truth) -> int:
    return MARKS + KINDS.index(truth.mark) if truth.mark else truth.label


def _held(
    scene: Scene, writing: TextMap, labels: Labels, strokes: tuple[Part, ...]
) -> list[tuple[Truth, float]]:
    """The truths of a scene in a row of strokes, each with the fraction of its ink found there."""
    mine = np.isin(labels, [label for part in strokes for label in part.labels])
    out = []
    for truth in scene.truths:
        inked = float((scene.ink[_window(truth, 1.0)] > 0.5).sum()) * writing.zoom**2
        fraction = float(mine[_window(truth, writing.zoom)].sum()) / max(inked, 1.0)
        if fraction > MISSING:
            out.append((truth, fraction))
    return out


def _window(truth: Truth, zoom: float) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (max(0, round(side * zoom)) for side in truth.box)
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _column(strip: Strip, truth: Truth, zoom: float) -> float:
    x0, y0, x1, y1 = truth.box
    return strip.column_of((x0 + x1) / 2 * zoom, (y0 + y1) / 2 * zoom)


@dataclass(frozen=True, eq=False)
class PackedStrips:
    """Many strips side by side, (32, W) uint8, and their labels one after the other.

    Strip k takes `widths[k]` columns and `counts[k]` of `classes` and `columns`.
    """

    pixels: NDArray[np.uint8]
    widths: NDArray[np.int32]
    counts: NDArray[np.int32]
    classes: NDArray[np.uint8]
    columns: NDArray[np.float32]

    def split(self) -> list[LabelledStrip]:
        """Unpack into single strips."""
        ends, stops = np.cumsum(self.widths)[:-1], np.cumsum(self.counts)[:-1]
        rows = zip(
            np.split(self.pixels, ends, axis=1),
            np.split(self.classes, stops),
            np.split(self.columns, stops),
            strict=True,
        )
        return [LabelledStrip(p, tuple(d.tolist()), tuple(c.tolist())) for p, d, c in rows]


def pack_strips(lines: Sequence[LabelledStrip]) -> PackedStrips:
    """Pack strips into the arrays that a file stores."""
    return PackedStrips(
        np.concatenate([line.pixels for line in lines], axis=1),
        np.array([line.pixels.shape[1] for line in lines], np.int32),
        np.array([len(line.classes) for line in lines], np.int32),
        np.array([each for line in lines for each in line.classes], np.uint8),
        np.array([column for line in lines for column in line.columns], np.float32),
    )
