"""Marks between, before and after digits, as polylines with the height of a digit."""

import numpy as np

from sheets.ink import Hand, Ink, Polyline, builtin_text, draw_lines, fonts, print_text

KINDS = {".": "point", ",": "comma", "-": "minus", "/": "slash", ":": "colon", "%": "percent"}
UNITS = ("kg", "cm", "km", "mm", "Nr", "Fr", "ft")


def circle(x: float, y: float, radius: float) -> Polyline:
    """A closed circle."""
    turns = np.linspace(0, 2 * np.pi, 24)
    return [(x + radius * float(np.cos(t)), y + radius * float(np.sin(t))) for t in turns]


def draw_mark(hand: Hand, letter: str, height: int, rng: np.random.Generator) -> Ink:
    """One of `KINDS`, (height, w), at its place between the top of a digit and its foot."""
    pen = hand.pen
    dot = [(0.0, 0.0), (0.015, 0.01)]
    wide = rng.uniform(0.25, 0.45)
    plans: dict[str, list[Polyline]] = {
        ".": [[(x, 0.95 + y) for x, y in dot]],
        ",": [[(0.06, 0.86), (0.06, 0.94), (0.0, 1.0 - pen / 2)]],
        "-": [[(0.0, 0.52), (wide, 0.52 + rng.normal(0, 0.02))]],
        "/": [[(0.0, 1.0), (rng.uniform(0.42, 0.6), 0.0)]],
        ":": [[(x, 0.3 + y) for x, y in dot], [(x, 0.85 + y) for x, y in dot]],
        "%": [
            circle(0.13, 0.2, 0.12),
            [(0.08, 0.97), (0.58, 0.03)],
            circle(0.55, 0.8, 0.12),
        ],
    }
    thick = pen * (1.5 if letter in ".:" else 0.75 if letter == "%" else 1.0)
    return draw_lines(plans[letter], height, thick)


def draw_stray(hand: Hand, height: int, rng: np.random.Generator) -> Ink:
    """A mark that is no part of a number: dash, star, hash, euro, equals, arrow, tick or a unit."""
    plans: list[list[Polyline]] = [
        [[(0, 0.5), (0.5, 0.5)]],
        [[(0, 0.38), (0.45, 0.38)], [(0, 0.62), (0.45, 0.62)]],
        [[(0.2, 0.1), (0.1, 0.9)], [(0.5, 0.1), (0.4, 0.9)], [(0, 0.35), (0.6, 0.35)],
         [(0, 0.65), (0.6, 0.65)]],
        [[(0.25, 0.2), (0.25, 0.7)], [(0.03, 0.32), (0.47, 0.58)], [(0.03, 0.58), (0.47, 0.32)]],
        [[(0.55, 0.15), (0.35, 0.05), (0.15, 0.3), (0.15, 0.7), (0.35, 0.95), (0.55, 0.85)],
         [(0, 0.42), (0.42, 0.42)], [(0, 0.58), (0.4, 0.58)]],
        [[(0, 0.5), (0.8, 0.5)], [(0.55, 0.3), (0.8, 0.5), (0.55, 0.7)]],
        [[(0, 0.6), (0.2, 0.9), (0.6, 0.2)]],
    ]  # fmt: skip
    choice = int(rng.integers(len(plans) + 2))
    if choice < len(plans):
        return draw_lines(plans[choice], height, hand.pen)
    text = str(rng.choice(UNITS))
    face = fonts()
    if choice == len(plans) and face:
        return print_text(text, face[int(rng.integers(len(face)))], height)
    return builtin_text(text, height, hand.pen * 0.6)
