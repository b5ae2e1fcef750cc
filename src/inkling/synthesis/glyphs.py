"""Sources of glyphs: MNIST's training digits, drawn digits, digits and letters of fonts."""

from collections import deque
from functools import lru_cache

import numpy as np

from inkling.synthesis import negatives
from inkling.synthesis.fields import Glyph, centre_mask, trace
from inkling.synthesis.fonts import Face, draw_letter
from inkling.synthesis.habits import add_habit, add_tail
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.stroke_styles import STYLES
from inkling.synthesis.strokes import write_digit
from inkling.types import Digits

TAIL_PROB = 0.08  # fraction of drawn digits that get a tail
# Digits that Europe writes differently are drawn more often.
DRAWN_WEIGHTS = np.array([1, 2.2, 1.4, 1, 1.3, 1, 1, 1.8, 1, 1.3])
DRAWN_PROBS = DRAWN_WEIGHTS / DRAWN_WEIGHTS.sum()
_BATCH = 128  # digits traced at once: batch thinning costs a third of the time of single digits
_FONT_SIZE = 72  # pixels


@lru_cache(maxsize=2000)
def trace_letter(face: Face, letter: str, label: int) -> Glyph | None:
    """A font's letter as a glyph, or None if the font lacks it."""
    ink = draw_letter(face, letter, _FONT_SIZE)
    if ink is None:
        return None
    return trace(centre_mask(ink)[None], np.array([label]))[0]


class GlyphSource:
    """An unlimited supply of glyphs from a set of MNIST digits and a set of fonts.

    Training and held-out glyphs come from two sources with disjoint digits and fonts. With
    `printed`, all digits come from fonts.
    """

    def __init__(
        self,
        digits: Digits,
        faces: tuple[Face, ...],
        rng: np.random.Generator,
        printed: bool = False,
    ) -> None:
        self._digits = digits
        self._printed = printed
        self._handwritten_faces = tuple(face for face in faces if face.handwritten)
        self._print_faces = (
            tuple(face for face in faces if not face.handwritten) or self._handwritten_faces
        )
        self._rng = rng
        self._order: deque[int] = deque()
        self._ready: deque[Glyph] = deque()
        self._ones: deque[Glyph] = deque()

    def mnist(self) -> Glyph:
        """The next MNIST digit, unchanged."""
        if not self._ready:
            if len(self._order) < _BATCH:
                self._order.extend(self._rng.permutation(len(self._digits)).tolist())
            picked = [self._order.popleft() for _ in range(min(_BATCH, len(self._order)))]
            masks = np.stack([centre_mask(self._digits.images[i]) for i in picked])
            self._ready.extend(trace(masks, self._digits.labels[picked]))
        return self._ready.popleft()

    def one(self) -> Glyph:
        """The next MNIST 1, unchanged."""
        if not self._ones:
            known = np.flatnonzero(self._digits.labels == 1)
            picked = self._rng.choice(known, min(_BATCH, len(known)), replace=False)
            masks = np.stack([centre_mask(self._digits.images[i]) for i in picked])
            self._ones.extend(trace(masks, self._digits.labels[picked]))
        return self._ones.popleft()

    def face(self, print_prob: float) -> Face:
        """A font, one for print with `print_prob`."""
        faces = (
            self._print_faces
            if self._rng.random() < print_prob or not self._handwritten_faces
            else self._handwritten_faces
        )
        return faces[self._rng.integers(len(faces))]

    def digit(self) -> Glyph:
        """A digit from any source, in the writing style of any country."""
        rng = self._rng
        if self._printed:
            return self._print_digit()
        u = rng.random()
        if u < 0.5:
            return add_habit(self.mnist(), rng)
        if u < 0.85:
            drawn = write_digit(int(rng.choice(10, p=DRAWN_PROBS)), rng)
            return add_tail(drawn, rng) if rng.random() < TAIL_PROB else drawn
        label = int(rng.integers(10))
        glyph = trace_letter(self.face(0.12), str(label), label)
        return glyph or write_digit(label, rng)

    def _print_digit(self) -> Glyph:
        label = int(self._rng.integers(10))
        return self.sign(str(label), 0.9) or write_digit(label, self._rng)

    def letter(self) -> Glyph:
        """A letter or, with probability 0.12, a symbol."""
        rng = self._rng
        for _ in range(6):  # fonts lack letters, Greek ones above all
            known = negatives.SIGNS if rng.random() < 0.12 else negatives.LETTERS
            glyph = trace_letter(self.face(0.4), known[rng.integers(len(known))], NONE_LABEL)
            if glyph is not None:
                return glyph
        return negatives.scribble(rng)

    def sign(self, text: str, print_prob: float = 0.5) -> Glyph | None:
        """A letter, digit or sign of some font, a printed one with `print_prob`; None for none."""
        label = int(text) if text.isdigit() else NONE_LABEL
        return trace_letter(self.face(print_prob), text, label)

    def turned(self) -> Glyph:
        """A handwritten digit, rotated or mirrored so that it is no digit."""
        for _ in range(40):
            glyph = self.mnist()
            ways = [(q, f) for label, q, f in negatives.TURNED if label == glyph.label]
            if ways:
                quarters, flip = ways[self._rng.integers(len(ways))]
                return negatives.turn(glyph, quarters, flip)
        return negatives.scribble(self._rng)

    def negative(self) -> Glyph:
        """A shape that is not a digit."""
        rng = self._rng
        makers = (
            self.letter,
            self.turned,
            lambda: negatives.scribble(rng),
            lambda: negatives.doodle(rng),
            lambda: negatives.silhouette(rng),
            lambda: negatives.pair(self.mnist(), self.mnist(), rng),
            lambda: negatives.piece(self.mnist(), rng) or self.letter(),
            lambda: negatives.tangle([STYLES[d][0] for d in rng.integers(0, 10, 2)], rng),
        )
        return makers[rng.choice(8, p=[0.5, 0.13, 0.08, 0.08, 0.07, 0.08, 0.03, 0.03])]()
