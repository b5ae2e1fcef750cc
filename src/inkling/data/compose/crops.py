"""Composed pictures cut by the reader's own eyes, and each cut named by the known truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.compose.fields import Glyph
from inkling.data.compose.glyphs import GlyphSource
from inkling.data.compose.hand import pick_lean, pick_pen, pick_placement, stamp
from inkling.data.compose.naming import is_pair, name_cut, overlap
from inkling.data.compose.negatives import NONE
from inkling.data.compose.scene import Scene, compose
from inkling.data.compose.sheet import Truth
from inkling.data.compose.things import photograph
from inkling.types import SIDE, Box, Digits


class Cut(Protocol):
    """What a reader finds in a picture: where, and as the network will see it."""

    @property
    def box(self) -> Box:
        """In pixels of the picture."""
        ...

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(28, 28), light ink on dark."""
        ...


LEAST_INK = 2500  # sum of a crop; MNIST's faintest digit has 4,300
PAIRS = 3  # cuts of one picture that hold two digits, at most
PATCH = 76  # pixels; the field that a reader hands to its normaliser
Normalise = Callable[[NDArray[np.float32]], NDArray[np.uint8]]
Find = Callable[[NDArray[np.uint8]], Sequence[Cut]]


@dataclass(frozen=True)
class Shares:
    """How much of what goes into a set of crops, as shares of its size."""

    cuts: float = 0.25  # most of a set that may be pieces and pairs the reader proposes
    tried: float = 0.2  # pictures of which all that the reader may try is kept
    none: float = 0.25  # of what is written


def cut_scene(scene: Scene, find: Find) -> list[tuple[NDArray[np.uint8], int, bool]]:
    """The reader's cuts of a scene: pixels, name, and whether the cut is one of what was written.

    Cuts that truth does not name are left out, and of several of one truth all but the first.
    """
    named: list[tuple[NDArray[np.uint8], int, bool]] = []
    seen: set[Truth] = set()
    for cut in find(scene.pixels):
        label = name_cut(cut.box, scene.truths)
        if label is None:
            continue
        slack = 0.06 * max(cut.box.w, cut.box.h) + 0.5
        best = max(scene.truths, key=lambda t: overlap(cut.box, t.box, slack), default=None)
        whole = best is not None and (label != NONE or overlap(cut.box, best.box, slack) >= 0.8)
        if whole and best in seen:
            continue
        if whole and best is not None:
            seen.add(best)
        named.append((cut.pixels, label, whole))
    return named


def cut_plain(digits: Digits, count: int, find: Find, rng: np.random.Generator) -> Digits:
    """`count` of MNIST's thumbnails through the reader; one in which it finds no single cut is
    left out.
    """
    images, labels = [], []
    for index in rng.permutation(len(digits))[:count]:
        cuts = find(digits.images[index])
        if len(cuts) == 1:
            images.append(cuts[0].pixels)
            labels.append(digits.labels[index])
    return Digits(np.stack(images), np.array(labels, np.int64), (*digits.classes, "none"))


def cut_composed(
    source: GlyphSource,
    count: int,
    finds: tuple[Find, Find],
    shares: Shares,
    rng: np.random.Generator,
) -> Digits:
    """`count` crops of composed pictures, pieces and pairs among them up to their share.

    Most pictures are cut by the first of `finds`, what the reader finds; some by the second, all
    that it may try.
    """
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.int64)
    filled = pieces = 0
    while filled < count:
        find = finds[int(rng.random() < shares.tried)]
        cuts = cut_scene(compose(source, rng, shares.none), find)
        for pixels, label, whole in (cuts[i] for i in rng.permutation(len(cuts))):
            if filled == count:
                break
            if not whole:
                if pieces > shares.cuts * (filled + 20):
                    continue
                pieces += 1
            images[filled], labels[filled] = pixels, label
            filled += 1
    return Digits(images, labels, (*"0123456789", "none"))


def cut_pairs(
    source: GlyphSource, count: int, find: Find, shares: Shares, rng: np.random.Generator
) -> Digits:
    """`count` cuts of composed rows that hold two or more digits; all of them none.

    A reader that tries every cut of touching digits asks about each pair too, and one taken for
    a digit with ink to spare costs the whole string.
    """
    images: list[NDArray[np.uint8]] = []
    while len(images) < count:
        scene = compose(source, rng, shares.none)
        if sum(truth.label in range(NONE) for truth in scene.truths) < 2:
            continue
        pairs = [cut.pixels for cut in find(scene.pixels) if is_pair(cut.box, scene.truths)]
        images += [pairs[i] for i in rng.permutation(len(pairs))[:PAIRS]]
    labels = np.full(count, NONE, np.int64)
    return Digits(np.stack(images[:count]), labels, (*"0123456789", "none"))


def cut_things(count: int, find: Find, rng: np.random.Generator) -> Digits:
    """`count` crops of photographs in which nothing is written; all of them none."""
    images: list[NDArray[np.uint8]] = []
    while len(images) < count:
        images += [pixels for pixels, _, _ in cut_scene(photograph(rng), find)][:6]
    labels = np.full(count, NONE, np.int64)
    return Digits(np.stack(images[:count]), labels, (*"0123456789", "none"))


def _ink_patch(source: GlyphSource, glyph: Glyph, rng: np.random.Generator) -> NDArray[np.float32]:
    """A glyph alone as a reader leaves it when all went well, (76, 76) float32, 0 bare to 1 inked.

    Small writing is drawn small, and comes blurred, noisy and nibbled at as from a thumbnail.
    """
    patch = np.zeros((PATCH, PATCH), np.float32)
    size = float(rng.uniform(36, 62) if rng.random() < 0.6 else rng.uniform(11, 36))
    middle = PATCH / 2
    place = pick_placement(glyph, middle, middle, size, rng, 0.0, pick_lean(rng))
    stamp(patch, glyph, place, pick_pen(rng), rng)
    if rng.random() < 0.14:  # a piece of a line or of a neighbour that was not told apart
        other = source.digit()
        angle, out = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.75, 0.95)
        x, y = middle + out * np.cos(angle), middle + out * np.sin(angle)
        edge = np.zeros_like(patch)
        stamp(edge, other, pick_placement(other, x, y, size, rng), pick_pen(rng), rng)
        reach = size * rng.uniform(0.5, 0.6)
        low, high = max(0, int(middle - reach)), int(middle + reach) + 1
        patch[low:high, low:high] = np.maximum(patch, edge)[low:high, low:high]
    if rng.random() < 0.5:
        patch = cv2.GaussianBlur(patch, (0, 0), float(rng.uniform(0.3, 0.3 + 0.03 * size)))
    if rng.random() < 0.4:
        level = rng.uniform(0.02, 0.15)
        patch = patch + (patch > 0.05) * rng.normal(0, level, patch.shape).astype(np.float32)
    peak = max(float(np.quantile(patch, 0.995)), 0.05)
    # A reader's threshold: what is pale beside the darkest is paper.
    return ((patch / peak - 0.15) / 0.85).clip(0, 1).astype(np.float32)


def cut_inked(
    source: GlyphSource, count: int, normalise: Normalise, shares: Shares, rng: np.random.Generator
) -> Digits:
    """`count` crops of single glyphs, normalised as the reader does but not searched for.

    Eight times as fast as whole pictures: this is where most of the variety of hands comes from.
    """
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.int64)
    filled = 0
    while filled < count:
        glyphs = [
            source.negative() if rng.random() < shares.none else source.digit() for _ in range(96)
        ]
        found = normalise(np.stack([_ink_patch(source, glyph, rng) for glyph in glyphs]))
        inked = np.flatnonzero(found.sum((1, 2)) > LEAST_INK)[: count - filled]
        images[filled : filled + len(inked)] = found[inked]
        labels[filled : filled + len(inked)] = [glyphs[k].label for k in inked]
        filled += len(inked)
    return Digits(images, labels, (*"0123456789", "none"))
