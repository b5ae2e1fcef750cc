"""Digits as a mouse or a finger draws them: a few points, a curve through them, no pen width.

Each digit has the shapes that hands give it on both sides of the Atlantic: the 1 with a long
upstroke, the crossed 7, the open 4, the 9 with a hook, the 2 with a loop.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.compose.fields import FIELD, UNIT, Glyph, Map, Mask, measure_spine

# Strokes are parted by |; ~ is a curve through its points, - a line from point to point.
# Points are x,y in hundredths of the digit's height, y downwards.
STYLES: dict[int, tuple[str, ...]] = {
    0: (
        "~36,4 10,20 0,60 20,98 48,84 56,40 40,6 22,10 30,24 48,10 66,2",
        "~30,2 8,14 0,55 14,96 40,96 56,60 50,16 30,2 44,14 60,4",
        "~33,0 12,8 2,30 0,55 8,88 28,100 48,90 60,60 58,28 48,8 30,1|-66,40 -6,56",
        "~33,0 12,8 2,30 0,55 8,88 28,100 48,90 60,60 58,28 48,8 30,1",
        "~30,0 10,10 0,50 10,90 30,100 50,90 60,50 50,10 30,0",
        "~40,4 20,2 5,25 2,60 15,95 35,98 52,75 55,40 45,12 28,6 14,14",
        "~45,8 25,0 8,20 0,55 10,92 32,100 52,80 56,45 48,18 38,8",
        "~25,0 8,20 3,50 8,85 22,100 36,85 42,50 36,15 27,2",
        "~20,5 5,30 5,70 25,98 50,85 58,50 50,15 25,3 40,-6 62,2",
        "~40,0 5,10 0,60 40,75 80,50 75,10 40,0",
        "~33,0 12,8 2,30 0,55 8,88 28,100 48,90 60,60 58,28 48,8 30,1|-52,8 6,94",
        "~62,4 20,8 0,34 18,60 70,62 108,34 92,4 50,4",
        "~24,6 6,24 2,64 20,98 50,92 62,50 48,10 20,2 36,18 70,10",
    ),
    1: (
        "-30,0 30,100",
        "-34,0 26,100",
        "~34,0 30,50 24,100",
        "-14,22 30,0 30,100",
        "-18,16 34,0 30,100",
        "-0,48 32,0 30,100",
        "-5,60 30,0 26,100",
        "-0,35 34,0 32,100",
        "~0,50 20,25 34,0|-34,0 30,100",
        "-8,78 32,0 30,100",
        "-0,30 30,0 36,100",
        "~0,42 12,34 32,0|~32,0 30,50 32,100",
        "-14,20 30,0 30,100|-8,100 52,100",
        "-30,0 30,100|-6,100 54,100",
        "-0,40 30,0 30,100|-10,100 52,100",
        "~2,36 14,22 28,0|~28,0 22,50 14,100",
        "-12,30 30,0 18,100",
    ),
    2: (
        "~3,25 12,6 32,0 52,10 54,32 38,58 0,98|-0,98 60,98",
        "~4,22 18,2 42,2 54,22 44,52 18,84 4,96 6,82 20,82 36,96 60,98",
        "~2,14 30,0 54,14 50,38 4,96 30,92 62,100",
        "-2,10 30,0 52,14 48,40 0,100 60,100",
        "~0,30 10,4 36,-2 56,20 42,50 14,78 2,96|~2,96 20,90 40,98 60,92",
        "~8,30 24,0 48,14 40,50 2,94 10,78 28,90 58,92",
        "~6,18 34,0 50,24 30,66 4,100|-4,100 54,94",
        "~34,28 22,40 6,34 2,16 16,2 36,8 40,30 26,66 4,92 14,95 34,92 56,98",
        "~24,36 10,44 2,28 14,4 44,0 60,20 50,54 20,82 4,95 2,84 18,82 40,94 72,92",
        "~30,20 18,28 8,16 20,2 42,8 44,32 24,66 4,90|~4,90 20,80 40,92 66,88",
        "~20,30 8,24 10,6 34,0 50,18 38,50 10,88 2,98 4,86 18,86 34,98 58,96",
        "-4,3 52,2 4,98 58,96",
        "~8,20 22,2 44,6 44,30 24,60 2,94 30,90 70,96",
    ),
    3: (
        "~4,12 24,0 48,8 48,32 22,46|~22,46 54,56 56,82 30,100 2,90",
        "~2,8 28,0 50,14 40,40 20,47 44,54 56,76 38,98 0,92",
        "-2,2 50,2 24,40|~24,40 50,48 58,76 36,100 0,92",
        "~4,14 28,0 50,16 36,42 22,46 26,40 40,50 56,72 40,98 4,94",
        "-4,4 50,4 22,44 52,64 44,94 2,98",
        "~10,4 44,4 46,30 14,44|~14,44 50,44 60,74 40,102 0,84",
        "~6,16 22,0 42,8 40,28 24,40 14,42 18,36 38,46 46,72 30,96 6,96 0,84",
        "-2,4 46,0 20,38|~20,38 46,44 54,70 34,98 2,92",
    ),
    4: (
        "~4,2 0,40 16,56 52,44|~40,14 48,50 36,100",
        "~10,0 0,52 60,48|-50,8 30,100",
        "-42,100 42,0 0,66 60,66",
        "-8,0 2,56 56,56|-44,10 42,100",
        "~8,0 4,30 2,55|-2,55 58,52|-46,0 40,100",
        "-30,0 0,64 58,64|-38,36 36,100",
        "-0,0 0,48 46,48|-46,0 46,100",
        "~16,0 2,40 20,56 50,50|~50,4 46,50 40,100",
        "~44,100 46,40 44,2 20,34 2,62 24,66 60,62",
        "-40,0 0,70 64,66|-40,0 36,100",
        "-14,0 0,46 60,42|-36,16 28,100",
    ),
    5: (
        "~12,8 8,42 34,38 56,60 40,96 0,96|-10,2 90,-4",
        "-14,10 8,44|~8,44 44,40 54,70 34,100 0,94|-30,-6 84,-10",
        "-52,0 10,0 6,42|~6,42 34,36 56,56 54,84 28,100 0,92",
        "-12,0 6,42|~6,42 36,36 58,60 48,92 22,100 0,90|-12,0 56,2",
        "-12,6 6,44|~6,44 36,36 58,60 48,92 22,100 0,90|-18,-4 60,-8",
        "~56,2 36,0 14,4 8,24 10,42 36,42 54,60 48,88 24,100 0,90",
        "-50,0 8,0 8,40 44,40 54,64 44,98 0,98",
        "-14,4 8,44|~8,44 40,40 54,66 40,96 2,96|-14,4 38,4",
        "~10,0 8,20 6,40|~6,40 40,30 60,60 36,100 -4,84|~10,2 36,6 64,-6",
        "~52,4 24,2 14,30 38,48 44,76 24,98 0,90",
        "-12,14 8,46|~8,46 40,42 50,68 30,98 0,92|-16,2 96,-8",
    ),
    6: (
        "~46,0 22,18 6,50 4,78 22,100 46,92 52,70 36,54 14,62 5,78",
        "~38,0 14,30 2,66 14,98 40,98 52,78 42,58 20,58 6,76",
        "~50,8 30,0 10,22 2,60 10,92 34,100 54,84 50,60 28,52 6,68",
        "~20,0 8,35 2,70 16,98 44,96 50,74 30,62 4,78",
        "~30,0 12,40 4,74 20,100 42,90 44,70 26,64 16,76",
        "~52,2 16,36 2,76 22,100 50,84 34,66 8,84",
        "~42,0 14,36 4,76 20,98 38,84 30,66 8,76",
        "~54,4 30,2 8,34 2,72 20,100 46,92 52,70 30,60 4,72",
    ),
    7: (
        "~0,16 6,2 20,8 40,6 60,0|~60,0 40,40 30,100|~-12,56 14,46 30,54 54,44",
        "-2,2 56,2 24,100",
        "-0,4 54,0 28,50 20,100",
        "~4,4 30,6 58,0|~58,0 36,40 24,100",
        "-2,18 2,2 56,2 22,100",
        "-2,2 50,4 44,100",
        "-2,4 56,2 22,100|-14,52 54,48",
        "~0,8 14,2 34,8 58,0|~58,0 34,50 22,100|-10,54 50,46",
        "-2,20 4,2 56,4 20,100|-16,50 52,50",
        "-0,2 60,0 34,100|-22,56 66,42",
        "~0,10 18,0 40,10 62,2|~62,2 44,50 38,100|-20,44 70,44",
        "-4,14 40,10|~40,10 30,56 22,100|-2,56 58,50",
        "~0,24 8,6 22,10 44,2|~44,2 34,50 28,100|-4,56 62,46",
        "~2,10 16,6 36,2|~36,2 32,50 20,98|-6,50 54,46",
    ),
    8: (
        "~54,0 30,12 6,24 44,56 50,84 26,100 6,80 24,54 44,30 40,4",
        "~10,4 14,30 44,56 50,84 26,100 6,80 24,54 52,24 58,2",
        "~48,12 28,0 8,14 14,38 42,56 54,80 28,100 4,82 16,56 44,36 50,14 40,4",
        "~28,0 8,12 10,36 30,46 48,34 48,10 28,0|~30,46 6,60 4,88 28,100 54,88 52,60 30,46",
        "~52,6 28,0 8,20 30,46 54,74 34,100 6,84 22,54 50,22 56,8",
        "~30,2 52,20 8,74 24,100 50,84 10,24 30,2",
        "~30,2 50,14 30,44 6,74 26,100 52,80 32,46 10,20 28,2",
        "~24,0 6,14 22,40 44,20 26,0|~24,44 2,76 26,100 50,74 26,44",
        "~48,8 22,2 8,20 36,48 48,80 22,98 4,80 22,52 58,8",
        "~60,12 40,0 20,10 28,36 44,60 36,94 8,96 4,76 26,54 52,34 56,8",
    ),
    9: (
        "~46,18 26,0 4,16 10,40 34,40 48,16|~48,16 46,60 34,90 14,100 2,88 12,80",
        "~50,10 24,2 6,24 24,44 46,24|~46,24 40,70 16,100 -6,92",
        "~50,14 28,0 6,14 6,40 26,52 48,36 52,10|-52,10 46,100",
        "~52,16 28,0 4,20 12,48 38,46 52,16 52,60 40,94 10,98",
        "~46,10 22,0 2,24 16,48 44,36 48,8 40,60 20,100",
        "~50,4 20,4 4,28 24,50 48,32|-52,0 44,100",
        "~50,20 30,2 6,14 8,42 34,48 50,24 50,80 36,102 8,92",
        "~48,12 28,0 6,16 8,38 28,46 50,32|~50,2 50,50 44,100",
        "~46,14 24,0 2,22 22,46 46,16|-46,16 18,100",
        "~30,2 8,8 4,32 22,42 42,28 38,6 24,2|~38,22 34,60 26,100",
        "~46,8 20,0 2,20 18,44 44,30 50,6|~50,6 46,66 30,98 4,94 14,78 50,66",
        "~44,18 26,2 6,16 12,40 34,36 46,14|~46,14 40,60 34,100",
    ),
}

NEAT = 0.15  # of drawn digits, whose straight strokes are quite straight
Line = NDArray[np.float32]


def parse_style(style: str) -> list[tuple[bool, Line]]:
    """The strokes of a style: whether each is a curve, and its points (K, 2) in units."""
    strokes = []
    for text in style.split("|"):
        points = [[float(v) for v in pair.split(",")] for pair in text[1:].split()]
        strokes.append((text[0] == "~", np.array(points, np.float32) / 100))
    return strokes


def curve(points: Line, steps: int) -> Line:
    """A curve of Catmull and Rom (1974) through `points` (K, 2), `steps` points to a piece."""
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)[None, :, None]
    a, b, c, d = (ends[k : len(ends) - 3 + k, None] for k in range(4))
    path = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return np.concatenate([path.reshape(-1, 2), points[-1:]]).astype(np.float32)


def bend_strokes(style: str, rng: np.random.Generator) -> list[Line]:
    """One writing of a style: points moved, curves drawn, the whole widened or slanted."""
    neat = rng.random() < NEAT  # as with a ruler, or a mouse held still
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


def curve_straight(points: Line) -> Line:
    """Lines from point to point (K, 2), cut in four so that a shaking hand can bend them."""
    t = np.linspace(0, 1, 4, endpoint=False, dtype=np.float32)[None, :, None]
    pieces = points[:-1, None] * (1 - t) + points[1:, None] * t
    return np.concatenate([pieces.reshape(-1, 2), points[-1:]]).astype(np.float32)


def draw_lines(lines: list[Line], sheet: Mask) -> None:
    """Draw lines, points in units from the middle of the sheet (104, 104), one pixel wide."""
    for line in lines:
        points = np.round((line * UNIT + (FIELD - 1) / 2) * 16).astype(np.int32)
        cv2.polylines(sheet, [points], False, 255, 1, cv2.LINE_8, 4)


def centre_lines(lines: list[Line]) -> list[Line]:
    """The same lines, their longest side one unit, around the origin."""
    every = np.concatenate(lines)
    low, high = every.min(0), every.max(0)
    side = max(float((high - low).max()), 1e-3)
    return [(line - (low + high) / 2) / side for line in lines]


def glyph_of_lines(lines: list[Line], label: int, width: float) -> Glyph:
    """The glyph of some lines, its own stroke `width` units."""
    sheet = np.zeros((FIELD, FIELD), np.uint8)
    draw_lines(centre_lines(lines), sheet)
    spine: Map = measure_spine(sheet)
    return Glyph(label, (width / 2 - spine).astype(np.float32), spine)


def write_digit(digit: int, rng: np.random.Generator) -> Glyph:
    """One digit drawn as by a mouse, a finger or a pen."""
    style = STYLES[digit][rng.integers(len(STYLES[digit]))]
    return glyph_of_lines(bend_strokes(style, rng), digit, rng.uniform(0.04, 0.16))
