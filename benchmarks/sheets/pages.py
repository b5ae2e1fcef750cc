"""Kinds of sheets with several lines or none: pages, lists, forms, turned sheets, blank, words."""

from dataclasses import replace

import cv2
import numpy as np

from sheets.ink import Hand, Ink, builtin_text, fonts, print_text, write_digit
from sheets.layout import Layout, Placed, digits_in, marks_in, random_digits, write_line

WORDS = (
    "bath", "water", "school", "garden", "paper", "letter", "market", "Thursday", "window",
    "street", "father", "kitchen", "Monday", "thank you", "summer", "danke", "merci", "house",
    "friend", "teacher",
)  # fmt: skip


def page(hand: Hand, rng: np.random.Generator) -> Layout:
    """2 to 12 rows of 2 to 8 digits with gaps from 0.15 of a digit between the rows."""
    height, count = int(rng.integers(26, 60)), int(rng.integers(2, 13))
    return _stack(hand, [random_digits(rng, 2, 8) for _ in range(count)], height, rng)


def column(hand: Hand, rng: np.random.Generator) -> Layout:
    """A vertical list of 3 to 10 single digits, or of numbers of up to 3 digits."""
    height, count = int(rng.integers(26, 70)), int(rng.integers(3, 11))
    most = 1 if rng.random() < 0.6 else 3
    return _stack(hand, [random_digits(rng, 1, most) for _ in range(count)], height, rng)


def fractions(hand: Hand, rng: np.random.Generator) -> Layout:
    """A list of 2 to 8 fractions or short dates; a fifth of its lines are plain numbers."""
    height, count = int(rng.integers(28, 60)), int(rng.integers(2, 9))
    texts = [random_digits(rng, 1, 2) + "/" + random_digits(rng, 1, 3) for _ in range(count)]
    texts = [digits_in(text) if rng.random() < 0.2 else text for text in texts]
    made = _stack(hand, texts, height, rng)
    marks = tuple(mark for text in texts for mark in marks_in(text))
    return replace(made, lines=tuple(map(digits_in, texts)), marks=marks)


def turned(hand: Hand, rng: np.random.Generator) -> Layout:
    """A page of 3 to 8 rows of 4 to 8 digits, turned by 90, 180 or 270 degrees."""
    height, count = int(rng.integers(28, 60)), int(rng.integers(3, 9))
    upright = _stack(hand, [random_digits(rng, 4, 8) for _ in range(count)], height, rng)
    quarter = int(rng.integers(1, 4))
    return replace(upright, quarter=quarter, note=f"turned-{quarter * 90}")


def _stack(hand: Hand, lines: list[str], height: int, rng: np.random.Generator) -> Layout:
    gap, space = rng.uniform(0.15, 0.9), rng.uniform(0.1, 0.35)
    placed: list[Placed] = []
    for number, text in enumerate(lines):
        down = number * height * (1 + gap)
        indent = rng.uniform(0, 0.6) * height
        placed += [one.moved(indent, down) for one in write_line(hand, text, height, space, rng)]
    return Layout(tuple(placed), height, tuple(lines), note=f"gap-{gap:.2f}")


def comb(hand: Hand, rng: np.random.Generator) -> Layout:
    """A field of 3 to 10 places on a line, with ticks between them a third to fully as tall."""
    text, height = random_digits(rng, 3, 10), int(rng.integers(32, 72))
    tall = rng.uniform(0.35, 1.25)
    cell, thick = height * rng.uniform(1.0, 1.4), max(1, round(height * rng.uniform(0.015, 0.05)))
    places, floor = len(text) + _spare(rng), height * 1.15
    lines = [Placed(_bar(places * cell + thick, thick), 0, floor, printed=True)]
    for number in range(places + 1):
        tick = Placed(
            _bar(thick, tall * height), number * cell, floor - tall * height, printed=True
        )
        lines.append(tick)
    digits = _fill(hand, text, height, cell, 0.0, rng)
    return Layout((*lines, *digits), height, (text,), note=f"tick-{tall:.2f}")


def boxes(hand: Hand, rng: np.random.Generator) -> Layout:
    """A field of 3 to 10 boxes that share their sides or stand apart."""
    text, height = random_digits(rng, 3, 10), int(rng.integers(32, 72))
    cell, tall = height * rng.uniform(1.15, 1.5), height * rng.uniform(1.25, 1.7)
    thick = max(1, round(height * rng.uniform(0.015, 0.05)))
    apart = height * rng.uniform(0.15, 0.4) if rng.random() < 0.4 else 0.0
    sides: list[Placed] = []
    for number in range(len(text) + _spare(rng)):
        left = number * (cell + apart)
        for x in (left, left + cell):
            sides.append(Placed(_bar(thick, tall), x, 0, printed=True))
        for y in (0, tall - thick):
            sides.append(Placed(_bar(cell + thick, thick), left, y, printed=True))
    inside = [
        one.moved(number * apart, (tall - height) / 2)
        for number, one in enumerate(_fill(hand, text, height, cell, thick, rng))
    ]
    return Layout((*sides, *inside), height, (text,), note="apart" if apart else "joined")


def _fill(
    hand: Hand, text: str, height: int, cell: float, line: float, rng: np.random.Generator
) -> list[Placed]:
    """One digit to each cell, about its middle; one in ten comes close to a side."""
    placed: list[Placed] = []
    for number, letter in enumerate(text):
        tall = round(height * rng.uniform(0.75, 1.0))
        ink, source = write_digit(hand, int(letter), tall, rng)
        most = cell * 0.86 - line
        if ink.shape[1] > most:
            ink = np.asarray(cv2.resize(ink, (int(most), tall)), np.float32)
        free = cell - line - ink.shape[1]
        at = rng.uniform(0.05, 0.95) if rng.random() < 0.1 else rng.uniform(0.35, 0.65)
        placed.append(Placed(ink, number * cell + line + free * at, height - tall, source))
    return placed


def _spare(rng: np.random.Generator) -> int:
    """How many places are left empty at the end."""
    return int(rng.integers(1, 4)) if rng.random() < 0.25 else 0


def _bar(width: float, height: float) -> Ink:
    return np.ones((max(1, round(height)), max(1, round(width))), np.float32)


def blank(hand: Hand, rng: np.random.Generator) -> Layout:
    """Paper without ink: plain, ruled, squared, in light and shadow."""
    height = int(rng.integers(40, 100))
    return Layout((), height, margin=(0.0, 6.0), medium=str(rng.choice(["scan", "photo", "photo"])))


def word(hand: Hand, rng: np.random.Generator) -> Layout:
    """One or two words in a free font or in OpenCV's, bent as a hand would."""
    height, face = int(rng.integers(28, 80)), fonts()
    text = str(rng.choice(WORDS))
    if face and rng.random() < 0.5:
        ink = print_text(text, face[int(rng.integers(len(face)))], height)
    else:
        ink = builtin_text(text, height, hand.pen * rng.uniform(0.3, 0.7))
    tilt = float(rng.normal(0, 3))
    return Layout((Placed(ink, 0, 0),), height, tilt=tilt, note=text.replace(" ", "-"))
