"""Kinds of sheets with one row of digits: level, sloping, curved, slanted, marked and printed."""

from dataclasses import replace

import numpy as np

from sheets.ink import Hand, circle_ink, fonts, print_text, write_digit
from sheets.layout import Layout, Placed, digits_in, marks_in, random_digits, width_of, write_line
from sheets.marks import draw_stray


def level(hand: Hand, rng: np.random.Generator) -> Layout:
    """2 to 15 digits on a level line."""
    text, height = random_digits(rng, 2, 15), int(rng.integers(28, 100))
    placed = write_line(hand, text, height, rng.uniform(0.08, 0.4), rng)
    return Layout(tuple(placed), height, (text,))


def sloping(hand: Hand, rng: np.random.Generator) -> Layout:
    """A row that rises or falls by up to 15 degrees; upright digits, or turned with the row."""
    flat, angle = level(hand, rng), float(rng.uniform(3, 15) * rng.choice([-1, 1]))
    note = f"{angle:+.0f}-degrees"
    if rng.random() < 0.5:
        return replace(flat, tilt=angle, note=note)
    rise = np.tan(np.radians(angle))
    moved = tuple(one.moved(0, -rise * (one.x + one.ink.shape[1] / 2)) for one in flat.placed)
    return replace(flat, placed=moved, note=note + "-upright")


def curved(hand: Hand, rng: np.random.Generator) -> Layout:
    """5 to 15 digits along an arc or a wave that leaves the level by up to 1.5 digits."""
    text, height = random_digits(rng, 5, 15), int(rng.integers(28, 90))
    placed = write_line(hand, text, height, rng.uniform(0.12, 0.4), rng)
    deep = height * min(1.5, 0.12 * len(text)) * rng.uniform(0.4, 1) * rng.choice([-1, 1])
    waves = rng.choice([0.5, 1.0])
    width = width_of(placed)
    moved = [
        one.moved(0, deep * np.sin(2 * np.pi * waves * (one.x + one.ink.shape[1] / 2) / width))
        for one in placed
    ]
    return Layout(tuple(moved), height, (text,), note=f"{deep / height:+.1f}")


def slanted(hand: Hand, rng: np.random.Generator) -> Layout:
    """2 to 10 digits that lean by 10 to 30 degrees, one in four to the left."""
    lean = float(rng.uniform(10, 30) * rng.choice([1, 1, 1, -1]))
    text, height = random_digits(rng, 2, 10), int(rng.integers(32, 100))
    placed = write_line(replace(hand, slant=lean), text, height, rng.uniform(0.12, 0.4), rng)
    return Layout(tuple(placed), height, (text,), note=f"{lean:+.0f}-degrees")


def ones(hand: Hand, rng: np.random.Generator) -> Layout:
    """A row of 2 to 8 digits, most of them straight 1s."""
    letters = [
        "1" if rng.random() < 0.6 else str(rng.integers(10)) for _ in range(rng.integers(2, 9))
    ]
    letters[int(rng.integers(len(letters)))] = "1"
    text, height = "".join(letters), int(rng.integers(32, 100))
    straight = replace(hand, straight=0.9)
    placed = write_line(straight, text, height, rng.uniform(0.2, 0.5), rng)
    return Layout(tuple(placed), height, (text,))


def lone_one(hand: Hand, rng: np.random.Generator) -> Layout:
    """A single straight 1: in a large photo, with little paper, or cut at its ink."""
    height = int(rng.integers(40, 160))
    ink, _ = write_digit(replace(hand, straight=1.0), 1, height, rng)
    margin = ((3.0, 6.0), (0.2, 0.5), (0.02, 0.08))[int(rng.integers(3))]
    medium = "photo" if margin[0] > 1 else ""
    return Layout((Placed(ink, 0, 0),), height, ("1",), margin=margin, medium=medium)


def distant(hand: Hand, rng: np.random.Generator) -> Layout:
    """A row of 3 to 6 digits, a sixth to a tenth as wide as its photo."""
    text, height = random_digits(rng, 3, 6), int(rng.integers(34, 50))
    placed = write_line(hand, text, height, rng.uniform(0.1, 0.3), rng)
    wide = width_of(placed) / height
    margin = (2.5 * wide, 4.5 * wide)
    return Layout(tuple(placed), height, (text,), margin=margin, medium="photo")


def marked(hand: Hand, rng: np.random.Generator) -> Layout:
    """2 to 8 digits with a dash, star, euro, arrow, unit or the like before, after, or both."""
    text, height = random_digits(rng, 2, 8), int(rng.integers(32, 90))
    placed = write_line(hand, text, height, rng.uniform(0.1, 0.35), rng)
    where = ((True, False), (False, True), (True, True))[int(rng.integers(3))]
    if where[0]:
        ink = draw_stray(hand, height, rng)
        left = -ink.shape[1] - height * rng.uniform(0.25, 0.7)
        placed.append(Placed(ink, left, height - ink.shape[0]))
    if where[1]:
        ink = draw_stray(hand, height, rng)
        left = width_of(placed) + height * rng.uniform(0.25, 0.7)
        placed.append(Placed(ink, left, height - ink.shape[0]))
    return Layout(tuple(placed), height, (text,), ("stray",) * sum(where))


def circled(hand: Hand, rng: np.random.Generator) -> Layout:
    """1 to 3 digits, each in a drawn circle, side by side."""
    height, placed = int(rng.integers(40, 90)), list[Placed]()
    text = random_digits(rng, 1, 3)
    for number, letter in enumerate(text):
        ink, source = write_digit(hand, int(letter), height, rng)
        ring = circle_ink(int(height * rng.uniform(1.6, 1.9)), max(0.02, hand.pen * 0.5), rng)
        left = number * height * 2.3
        placed.append(Placed(ring, left, 0))
        inset = (ring.shape[0] - height) / 2, (ring.shape[1] - ink.shape[1]) / 2
        placed.append(Placed(ink, left + inset[1], inset[0], source))
    return Layout(tuple(placed), height, (text,), ("ring",) * len(text))


def printed(hand: Hand, rng: np.random.Generator) -> Layout:
    """1 to 10 digits in a free font of this machine."""
    text, height = random_digits(rng, 1, 10), int(rng.integers(24, 90))
    face = fonts()[int(rng.integers(len(fonts())))]
    ink = print_text(text, face, height)
    return Layout((Placed(ink, 0, 0),), height, (text,), note=face.stem)


def tinted(hand: Hand, rng: np.random.Generator) -> Layout:
    """2 to 6 digits, as bright as their paper and of another colour."""
    text, height = random_digits(rng, 2, 6), int(rng.integers(34, 90))
    placed = write_line(hand, text, height, rng.uniform(0.1, 0.35), rng)
    return Layout(tuple(placed), height, (text,), medium="tinted")


def _with_marks(text: str, hand: Hand, rng: np.random.Generator) -> Layout:
    height = int(rng.integers(36, 90))
    if "/" in text:  # a leaning 1 beside a slash has no right answer
        hand = replace(hand, slant=min(hand.slant, 0.0), straight=1.0)
    placed = write_line(hand, text, height, rng.uniform(0.12, 0.35), rng)
    return Layout(tuple(placed), height, (digits_in(text),), marks_in(text))


def date(hand: Hand, rng: np.random.Generator) -> Layout:
    """A date with points, slashes or dashes, or a time with a colon."""
    day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(1950, 2030)
    text = str(rng.choice([
        f"{day:02}.{month:02}.{year}", f"{day}.{month}.{year % 100:02}", f"{day}/{month}/{year}",
        f"{day:02}-{month:02}-{year % 100:02}", f"{year}-{month:02}-{day:02}",
        f"{rng.integers(24):02}:{rng.integers(60):02}",
    ]))  # fmt: skip
    return _with_marks(text, hand, rng)


def decimal(hand: Hand, rng: np.random.Generator) -> Layout:
    """A number with a decimal point or comma, one in four negative."""
    mark = str(rng.choice([".", ","]))
    sign = "-" if rng.random() < 0.25 else ""
    return _with_marks(sign + random_digits(rng, 1, 4) + mark + random_digits(rng, 1, 3), hand, rng)


def fraction(hand: Hand, rng: np.random.Generator) -> Layout:
    """Two numbers with a slash between them."""
    return _with_marks(random_digits(rng, 1, 2) + "/" + random_digits(rng, 1, 3), hand, rng)


def percent(hand: Hand, rng: np.random.Generator) -> Layout:
    """One to three digits and a percent sign."""
    return _with_marks(random_digits(rng, 1, 3) + "%", hand, rng)
