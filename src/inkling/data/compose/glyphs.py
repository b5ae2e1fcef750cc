"""Where glyphs come from: MNIST's training digits, drawn digits, digits and letters of fonts."""

from collections import deque
from functools import lru_cache

import numpy as np

from inkling.data.compose import negatives
from inkling.data.compose.fields import Glyph, centre_mask, trace
from inkling.data.compose.fonts import Face, draw_letter
from inkling.data.compose.habits import add_habit, add_tail
from inkling.data.compose.negatives import NONE
from inkling.data.compose.strokes import STYLES, write_digit
from inkling.types import Digits

TAILED = 0.08  # of drawn digits
OFTEN = np.array([1, 2.2, 1.4, 1, 1.3, 1, 1, 1.8, 1, 1.3])
DRAWN = OFTEN / OFTEN.sum()  # what Europe writes otherwise is drawn more often
_BATCH = 128  # digits traced at a time; thinning many at once costs a third of one by one
_TALL = 72  # pixels at which a font's letter is drawn


@lru_cache(maxsize=2000)
def trace_letter(face: Face, letter: str, label: int) -> Glyph | None:
    """A font's letter as a glyph, or None where the font lacks it."""
    ink = draw_letter(face, letter, _TALL)
    if ink is None:
        return None
    return trace(centre_mask(ink)[None], np.array([label]))[0]


class GlyphSource:
    """An endless supply of glyphs from some of MNIST's digits and some fonts.

    A source of training and one of held-out glyphs are made from different digits and fonts.
    """

    def __init__(self, digits: Digits, faces: tuple[Face, ...], rng: np.random.Generator) -> None:
        self._digits = digits
        self._hands = tuple(face for face in faces if face.hand)
        self._presses = tuple(face for face in faces if not face.hand) or self._hands
        self._rng = rng
        self._order: deque[int] = deque()
        self._ready: deque[Glyph] = deque()

    def mnist(self) -> Glyph:
        """The next of MNIST's digits, as its writer left it."""
        if not self._ready:
            if len(self._order) < _BATCH:
                self._order.extend(self._rng.permutation(len(self._digits)).tolist())
            picked = [self._order.popleft() for _ in range(min(_BATCH, len(self._order)))]
            masks = np.stack([centre_mask(self._digits.images[i]) for i in picked])
            self._ready.extend(trace(masks, self._digits.labels[picked]))
        return self._ready.popleft()

    def _face(self, press: float) -> Face:
        faces = self._presses if self._rng.random() < press or not self._hands else self._hands
        return faces[self._rng.integers(len(faces))]

    def digit(self) -> Glyph:
        """A digit of any source, with the habits of any country."""
        rng = self._rng
        luck = rng.random()
        if luck < 0.5:
            return add_habit(self.mnist(), rng)
        if luck < 0.85:
            drawn = write_digit(int(rng.choice(10, p=DRAWN)), rng)
            return add_tail(drawn, rng) if rng.random() < TAILED else drawn
        label = int(rng.integers(10))
        glyph = trace_letter(self._face(0.12), str(label), label)
        return glyph or write_digit(label, rng)

    def letter(self) -> Glyph:
        """A letter or, one time in eight, a sign."""
        rng = self._rng
        for _ in range(6):  # fonts lack letters, Greek ones above all
            known = negatives.SIGNS if rng.random() < 0.12 else negatives.LETTERS
            glyph = trace_letter(self._face(0.4), known[rng.integers(len(known))], NONE)
            if glyph is not None:
                return glyph
        return negatives.scribble(rng)

    def turned(self) -> Glyph:
        """A digit of a human hand, turned so that it is none."""
        for _ in range(40):
            glyph = self.mnist()
            ways = [(q, f) for label, q, f in negatives.TURNED if label == glyph.label]
            if ways:
                quarters, flip = ways[self._rng.integers(len(ways))]
                return negatives.turn(glyph, quarters, flip)
        return negatives.scribble(self._rng)

    def negative(self) -> Glyph:
        """Something that is no digit."""
        rng = self._rng
        makers = (
            self.letter,
            self.turned,
            lambda: negatives.scribble(rng),
            lambda: negatives.doodle(rng),
            lambda: negatives.thing(rng),
            lambda: negatives.pair(self.mnist(), self.mnist(), rng),
            lambda: negatives.piece(self.mnist(), rng) or self.letter(),
            lambda: negatives.tangle([STYLES[d][0] for d in rng.integers(0, 10, 2)], rng),
        )
        return makers[rng.choice(8, p=[0.5, 0.13, 0.08, 0.08, 0.07, 0.08, 0.03, 0.03])]()
