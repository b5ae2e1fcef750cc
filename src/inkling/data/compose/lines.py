"""Composed rows of digits as the reader's strips, each with what is written in it and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.negatives import NONE
from inkling.data.compose.scene import Scene, compose_row
from inkling.data.compose.sheet import Truth, pick_look
from inkling.reading.detect.segments import Part, segment
from inkling.reading.detect.text_map import Writing, make_text_map
from inkling.reading.preprocess.pixels import Labels
from inkling.reading.recognise.strip import Strip, cut_strip

CROWDED = 0.3  # of rows on paper; written as on a cheque, where digits touch
LONGEST = 8  # digits of a row
SHORTEST = (0.12, 0.3)  # shares of rows of one and of two
STRAY = 0.03  # of what is written that is no digit
LOST, KEPT = 0.35, 0.6  # of a digit's ink; with less it is not there, with more it is


@dataclass(frozen=True, eq=False)
class Line:
    """A strip, (32, W) uint8; its digits from the left, and the columns of their middles."""

    pixels: NDArray[np.uint8]
    digits: tuple[int, ...]
    columns: tuple[float, ...]


def compose_line(source: GlyphSource, rng: np.random.Generator) -> Line | None:
    """The strip of one composed row, or None where the reader does not see all of it as one."""
    look = pick_look(rng)
    if not (look.screen or look.thumb) and rng.random() < CROWDED:
        look = replace(look, ground="cheque")
    scene = compose_row(source, look, _pick_count(look.thumb, rng), rng, STRAY)
    return cut_line(scene)


def _pick_count(thumb: bool, rng: np.random.Generator) -> int:
    luck = rng.random()
    if luck < SHORTEST[1]:
        return 1 + int(luck > SHORTEST[0])
    return int(rng.integers(2, 5 if thumb else LONGEST + 1))


def cut_line(scene: Scene) -> Line | None:
    """The strip in which all digits of a scene stand; None where no one strip holds them.

    A digit whose ink was hardly found does not count; one found by half spoils the line.
    """
    writing = make_text_map(scene.pixels)
    segments = segment(writing)
    held = [_held(scene, writing, segments.labels, strokes) for strokes in segments.strokes]
    full = [k for k, found in enumerate(held) if any(t.label != NONE for t, _ in found)]
    if len(full) != 1 or any(truth.label < 0 for truth in scene.truths):
        return None
    found = held[full[0]]
    if any(share < KEPT for _, share in found):
        return None
    strip = cut_strip(writing, segments.labels, segments.strokes[full[0]])
    placed = sorted(
        (_column(strip, truth, writing.zoom), truth.label)
        for truth, _ in found
        if truth.label != NONE
    )
    if not placed:
        return None
    return Line(strip.pixels, tuple(d for _, d in placed), tuple(c for c, _ in placed))


def _held(
    scene: Scene, writing: Writing, labels: Labels, strokes: tuple[Part, ...]
) -> list[tuple[Truth, float]]:
    """What of a scene's truths stands in a row of strokes, with the share of its ink there."""
    mine = np.isin(labels, [label for part in strokes for label in part.labels])
    out = []
    for truth in scene.truths:
        inked = float((scene.ink[_window(truth, 1.0)] > 0.5).sum()) * writing.zoom**2
        share = float(mine[_window(truth, writing.zoom)].sum()) / max(inked, 1.0)
        if share > LOST:
            out.append((truth, share))
    return out


def _window(truth: Truth, zoom: float) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (max(0, round(side * zoom)) for side in truth.box)
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _column(strip: Strip, truth: Truth, zoom: float) -> float:
    x0, y0, x1, y1 = truth.box
    return strip.column_of((x0 + x1) / 2 * zoom, (y0 + y1) / 2 * zoom)


@dataclass(frozen=True, eq=False)
class Lines:
    """Many strips side by side, (32, W) uint8, and their truths one after the other.

    Strip k takes `widths[k]` columns and `counts[k]` of `digits` and `columns`.
    """

    pixels: NDArray[np.uint8]
    widths: NDArray[np.int32]
    counts: NDArray[np.int32]
    digits: NDArray[np.uint8]
    columns: NDArray[np.float32]

    def split(self) -> list[Line]:
        """The strips one by one."""
        ends, stops = np.cumsum(self.widths)[:-1], np.cumsum(self.counts)[:-1]
        rows = zip(
            np.split(self.pixels, ends, axis=1),
            np.split(self.digits, stops),
            np.split(self.columns, stops),
            strict=True,
        )
        return [Line(p, tuple(d.tolist()), tuple(c.tolist())) for p, d, c in rows]


def join_lines(lines: Sequence[Line]) -> Lines:
    """Strips in the form in which they are kept in a file."""
    return Lines(
        np.concatenate([line.pixels for line in lines], axis=1),
        np.array([line.pixels.shape[1] for line in lines], np.int32),
        np.array([len(line.digits) for line in lines], np.int32),
        np.array([digit for line in lines for digit in line.digits], np.uint8),
        np.array([column for line in lines for column in line.columns], np.float32),
    )
