"""Places ink on a sheet in rows, pages, lists and boxes of forms, with the right answer."""

from dataclasses import dataclass, replace

import numpy as np

from sheets.ink import Hand, Ink, write_digit
from sheets.marks import KINDS, draw_mark


@dataclass(frozen=True, eq=False)
class Placed:
    """One piece of ink with its top left corner in pixels; `printed` ink has a colour of its own.

    `source` is the index of the MNIST digit that it copies, -1 for other ink.
    """

    ink: Ink
    x: float
    y: float
    source: int = -1
    printed: bool = False

    def moved(self, x: float, y: float) -> "Placed":
        """The same ink further right and down."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True, eq=False)
class Layout:
    """A sheet to be drawn. `lines` are the digits of each line, `marks` the kinds of all marks.

    `tilt` turns everything anticlockwise by some degrees. `quarter` is the number of quarter turns
    clockwise of the finished image. `margin` is the paper around the ink, in digit heights.
    """

    placed: tuple[Placed, ...]
    height: int
    lines: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    tilt: float = 0.0
    quarter: int = 0
    margin: tuple[float, float] = (0.2, 1.5)
    medium: str = ""  # any, unless a layout asks for one
    note: str = ""  # what a failure's file name says about it

    @property
    def sources(self) -> list[int]:
        """The MNIST digits that were copied."""
        return [one.source for one in self.placed if one.source >= 0]


def write_line(
    hand: Hand, text: str, height: int, gap: float, rng: np.random.Generator
) -> list[Placed]:
    """Digits and marks from left to right in a band from y = 0 to `height`.

    `gap` is the mean free space between neighbours, a fraction of the height; it is measured where
    they come closest, so that slanted digits stand as close as upright ones.
    """
    placed: list[Placed] = []
    edge = np.full(height, -1e9)  # the rightmost ink so far at each row of pixels
    x = 0.0
    for letter in text:
        if letter == " ":
            edge += height * rng.uniform(0.7, 1.0)
            continue
        if letter in KINDS:
            ink, source, top = draw_mark(hand, letter, height, rng), -1, 0
        else:
            tall = round(height * rng.uniform(0.86, 1.0))
            ink, source = write_digit(hand, int(letter), tall, rng)
            top = round((height - tall) * rng.uniform(0, 1))
        if placed:
            space = height * max(0.06, gap * rng.uniform(0.6, 1.4))
            half = x + 0.5 * placed[-1].ink.shape[1]
            x = max(half, _closest(edge, ink, top, height // 8) + space)
        placed.append(Placed(ink, x, top, source))
        _extend(edge, ink, x, top)
    return placed


def _closest(edge: np.ndarray, ink: Ink, top: int, reach: int) -> float:
    """The leftmost x at which ink touches what is there, looking `reach` rows up and down."""
    left = np.where((ink > 0.3).any(axis=1), (ink > 0.3).argmax(axis=1), 1e9)
    best = -1e9
    for row, first in enumerate(left):
        low, high = max(0, top + row - reach), top + row + reach + 1
        best = max(best, float(edge[low:high].max(initial=-1e9)) - float(first))
    return best if best > -1e8 else float(edge.max())


def _extend(edge: np.ndarray, ink: Ink, x: float, top: int) -> None:
    inked = ink > 0.3
    last = ink.shape[1] - inked[:, ::-1].argmax(axis=1) + x
    rows = np.flatnonzero(inked.any(axis=1))
    rows = rows[top + rows < len(edge)]
    edge[top + rows] = np.maximum(edge[top + rows], last[rows])


def width_of(placed: list[Placed]) -> float:
    """The rightmost end of the ink."""
    return max((one.x + one.ink.shape[1] for one in placed), default=0.0)


def digits_in(text: str) -> str:
    """The digits of a text with marks."""
    return "".join(letter for letter in text if letter.isdigit())


def marks_in(text: str) -> tuple[str, ...]:
    """The kinds of the marks of a text."""
    return tuple(KINDS[letter] for letter in text if letter in KINDS)


def random_digits(rng: np.random.Generator, low: int, high: int) -> str:
    """`low` to `high` random digits."""
    return "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(low, high + 1))))
