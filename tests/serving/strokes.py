"""Digits as pen strokes: lists of points in a unit square, y down."""

import math
from itertools import pairwise

Point = tuple[float, float]
Stroke = list[Point]


def arc(cx: float, cy: float, rx: float, ry: float, start: float, stop: float) -> Stroke:
    """Points on an ellipse, angles in degrees, clockwise from the right."""
    angles = [math.radians(start + (stop - start) * step / 24) for step in range(25)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


DIGITS: dict[str, list[Stroke]] = {
    "2": [[*arc(0.5, 0.3, 0.32, 0.24, -170, 30), (0.6, 0.65), (0.15, 0.92), (0.9, 0.9)]],
    "3": [arc(0.5, 0.27, 0.28, 0.22, -150, 80) + arc(0.48, 0.72, 0.32, 0.25, -80, 150)],
    "4": [[(0.6, 0.08), (0.15, 0.62), (0.9, 0.6)], [(0.68, 0.35), (0.63, 0.97)]],
    "7": [[(0.15, 0.12), (0.85, 0.1), (0.65, 0.45), (0.45, 0.95)]],
}
SCRIBBLE: Stroke = [
    (0.1, 0.2), (0.9, 0.35), (0.2, 0.5), (0.8, 0.1), (0.35, 0.9), (0.75, 0.75), (0.1, 0.7),
    (0.95, 0.6), (0.3, 0.15), (0.6, 0.95), (0.15, 0.4), (0.85, 0.9), (0.5, 0.05), (0.05, 0.85),
    (0.9, 0.2), (0.25, 0.65), (0.7, 0.45), (0.4, 0.3), (0.65, 0.8), (0.2, 0.25),
]  # fmt: skip


def place(stroke: Stroke, x: float, y: float, width: float, height: float) -> Stroke:
    """A stroke of the unit square in a frame, with a point at least every tenth of its height."""
    placed = [(x + px * width, y + py * height) for px, py in stroke]
    out = placed[:1]
    for (ax, ay), (bx, by) in pairwise(placed):
        steps = max(1, math.ceil(math.dist((ax, ay), (bx, by)) / (height / 10)))
        out += [
            (ax + (bx - ax) * s / steps, ay + (by - ay) * s / steps) for s in range(1, steps + 1)
        ]
    return out


def write(text: str, x: float, y: float, width: float, height: float) -> list[Stroke]:
    """The strokes of a number in the middle of a frame, half as high as it."""
    tall = height / 2
    wide, gap = tall * 0.62, tall * 0.25
    left = x + (width - len(text) * wide - (len(text) - 1) * gap) / 2
    return [
        place(stroke, left + index * (wide + gap), y + tall / 2, wide, tall)
        for index, digit in enumerate(text)
        for stroke in DIGITS[digit]
    ]
