"""Digits as a mouse or a finger draws them: a few points, a curve through them, no pen width.

Each digit has the shapes that hands give it on both sides of the Atlantic: the 1 with a long
upstroke, the crossed 7, the open 4, the 9 with a hook, the 2 with a loop.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.fields import FIELD, UNIT, Coverage, FloatImage, Glyph, measure_spine
from inkling.synthesis.stroke_styles import STYLES

NEAT_PROB = 0.15  # of drawn digits, whose straight strokes are quite straight
Polyline = NDArray[np.float32]


def parse_style(style: str) -> list[tuple[bool, Polyline]]:
    """The strokes of a style: whether each is a curve, and its points (K, 2) in units."""
    strokes = []
    for text in style.split("|"):
        points = [[float(v) for v in pair.split(",")] for pair in text[1:].split()]
        strokes.append((text[0] == "~", np.array(points, np.float32) / 100))
    return strokes


def curve(points: Polyline, steps: int) -> Polyline:
    """A curve of Catmull and Rom (1974) through `points` (K, 2), `steps` points to a piece."""
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[None, :, None]
    a, b, c, d = (ends[k : len(ends) - 3 + k, None] for k in range(4))
    path = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return np.concatenate([path.reshape(-1, 2), points[-1:]]).astype(np.float32)


def bend_strokes(style: str, rng: np.random.Generator) -> list[Polyline]:
    """One writing of a style: points moved, curves drawn, the whole widened or slanted."""
    neat = rng.random() < NEAT_PROB  # as with a ruler, or a mouse held still
    loose = rng.uniform(0, 0.012) if neat else rng.uniform(0.01, 0.045)
    steps = int(rng.choice([2, 3, 8], p=[0.08, 0.12, 0.8]))  # few steps give a polygon
    wobble = rng.uniform(0, 0.02) if not neat and rng.random() < 0.4 else 0.0
    shape = np.array([[rng.uniform(0.7, 1.35), rng.normal(0, 0.12)], [0, 1]], np.float32)
    lines = []
    for curved, points in parse_style(style):
        moved = points + rng.normal(0, loose, points.shape).astype(np.float32)
        line = curve(moved, steps) if curved else curve_straight(moved)
        shake = rng.normal(0, wobble, line.shape) if wobble else 0
        lines.append(((line + shake) @ shape.T).astype(np.float32))
    return lines


def curve_straight(points: Polyline) -> Polyline:
    """Lines from point to point (K, 2), cut in four so that a shaking hand can bend them."""
    t = np.linspace(0, 1, 4, endpoint=False, dtype=np.float32)[None, :, None]
    pieces = points[:-1, None] * (1 - t) + points[1:, None] * t
    return np.concatenate([pieces.reshape(-1, 2), points[-1:]]).astype(np.float32)


def draw_lines(lines: list[Polyline], sheet: Coverage) -> None:
    """Draw lines, points in units from the middle of the sheet (104, 104), one pixel wide."""
    for line in lines:
        points = np.round((line * UNIT + (FIELD - 1) / 2) * 16).astype(np.int32)
        cv2.polylines(sheet, [points], False, 255, 1, cv2.LINE_8, 4)


def centre_lines(lines: list[Polyline]) -> list[Polyline]:
    """The same lines, their longest side one unit, around the origin."""
    every = np.concatenate(lines)
    low, high = every.min(0), every.max(0)
    side = max(float((high - low).max()), 1e-3)
    return [(line - (low + high) / 2) / side for line in lines]


def glyph_of_lines(lines: list[Polyline], label: int, width: float) -> Glyph:
    """The glyph of some lines, its own stroke `width` units."""
    sheet = np.zeros((FIELD, FIELD), np.uint8)
    draw_lines(centre_lines(lines), sheet)
    spine: FloatImage = measure_spine(sheet)
    return Glyph(label, (width / 2 - spine).astype(np.float32), spine)


def write_digit(digit: int, rng: np.random.Generator) -> Glyph:
    """One digit drawn as by a mouse, a finger or a pen."""
    style = STYLES[digit][rng.integers(len(STYLES[digit]))]
    return glyph_of_lines(bend_strokes(style, rng), digit, rng.uniform(0.04, 0.16))
