"""All kinds of sheets by name, and the pen that writes one."""

from collections.abc import Callable

import numpy as np

from inkling.types import Digits
from sheets import pages, rows
from sheets.ink import Hand
from sheets.layout import Layout
from sheets.paper import Sheet, draw_sheet

KINDS: dict[str, Callable[[Hand, np.random.Generator], Layout]] = {
    "level": rows.level,
    "sloping": rows.sloping,
    "curved": rows.curved,
    "slanted": rows.slanted,
    "ones": rows.ones,
    "lone-one": rows.lone_one,
    "distant": rows.distant,
    "tinted": rows.tinted,
    "marked": rows.marked,
    "circled": rows.circled,
    "printed": rows.printed,
    "page": pages.page,
    "column": pages.column,
    "turned": pages.turned,
    "comb": pages.comb,
    "boxes": pages.boxes,
    "date": rows.date,
    "decimal": rows.decimal,
    "fraction": rows.fraction,
    "percent": rows.percent,
    "blank": pages.blank,
    "word": pages.word,
    "fractions": pages.fractions,
}


def make_sheet(kind: str, digits: Digits, seed: int, number: int) -> Sheet:
    """Sheet `number` of a kind; the same arguments always give the same sheet."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
    hand = Hand(
        digits,
        slant=float(rng.normal(0, 4)),
        weight=float(rng.uniform(-0.04, 0.035)),
        straight=float(rng.choice([0.0, 0.0, 0.5])),
    )
    return draw_sheet(KINDS[kind](hand, rng), rng)
