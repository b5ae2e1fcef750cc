"""Crops that the reader's own segmentation finds in rendered images, labelled by ground truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis.distractors import compose_distractors
from inkling.synthesis.fields import Glyph
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labels import is_pair, label_crop, overlap
from inkling.synthesis.negatives import NONE_LABEL
from inkling.synthesis.render import draw_glyph, sample_pen, sample_placement, sample_slant
from inkling.synthesis.scene import Scene, compose, compose_page
from inkling.synthesis.sheet import Truth
from inkling.types import SIDE, Box, Digits


class FoundCrop(Protocol):
    """A crop that the reader finds in an image: its position and the network's input."""

    @property
    def box(self) -> Box:
        """In pixels of the image."""
        ...

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(28, 28), light ink on dark."""
        ...


MIN_INK = 2500  # sum of a crop's pixels; MNIST's faintest digit has 4,300
MAX_PAIRS = 3  # most crops of two digits taken from one image
PATCH = 76  # pixels; the side of the array that the reader passes to its normaliser
Normalise = Callable[[NDArray[np.float32]], NDArray[np.uint8]]
Find = Callable[[NDArray[np.uint8]], Sequence[FoundCrop]]


@dataclass(frozen=True)
class CropMix:
    """The composition of a set of crops, as fractions of its size."""

    fragments: float = 0.25  # at most, of fragments and pairs that the reader proposes
    candidates: float = 0.2  # of images from which every candidate of the reader is taken
    negatives: float = 0.25  # of the glyphs


def crop_scene(scene: Scene, find: Find) -> list[tuple[NDArray[np.uint8], int, bool]]:
    """The reader's crops of a scene: pixels, label, and whether the crop is one whole glyph.

    Crops without a clear label are left out, and so are all but the first of one glyph.
    """
    named: list[tuple[NDArray[np.uint8], int, bool]] = []
    seen: set[Truth] = set()
    for crop in find(scene.pixels):
        label = label_crop(crop.box, scene.truths)
        if label is None:
            continue
        slack = 0.06 * max(crop.box.w, crop.box.h) + 0.5
        best = max(scene.truths, key=lambda t: overlap(crop.box, t.box, slack), default=None)
        whole = best is not None and (
            label != NONE_LABEL or overlap(crop.box, best.box, slack) >= 0.8
        )
        if whole and best in seen:
            continue
        if whole and best is not None:
            seen.add(best)
        named.append((crop.pixels, label, whole))
    return named


def crop_plain(digits: Digits, count: int, find: Find, rng: np.random.Generator) -> Digits:
    """`count` MNIST thumbnails as the reader crops them; those without exactly one crop are left
    out.
    """
    images, labels = [], []
    for index in rng.permutation(len(digits))[:count]:
        crops = find(digits.images[index])
        if len(crops) == 1:
            images.append(crops[0].pixels)
            labels.append(digits.labels[index])
    return Digits(np.stack(images), np.array(labels, np.int64), (*digits.classes, "none"))


def crop_scenes(
    source: GlyphSource,
    count: int,
    finds: tuple[Find, Find],
    mix: CropMix,
    rng: np.random.Generator,
    page_prob: float = 0.0,
) -> Digits:
    """`count` crops of rendered images, fragments and pairs among them up to `mix.fragments`.

    Most images go through the first of `finds`, the crops of the reader; the others through the
    second, all its candidates. With `page_prob` an image is a page of rows, lists or fields.
    """
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.int64)
    filled = pieces = 0
    while filled < count:
        find = finds[int(rng.random() < mix.candidates)]
        paged = page_prob > 0 and rng.random() < page_prob
        scene = compose_page(source, rng) if paged else compose(source, rng, mix.negatives)
        crops = crop_scene(scene, find)
        for pixels, label, whole in (crops[i] for i in rng.permutation(len(crops))):
            if filled == count:
                break
            if not whole:
                if pieces > mix.fragments * (filled + 20):
                    continue
                pieces += 1
            images[filled], labels[filled] = pixels, label
            filled += 1
    return Digits(images, labels, (*"0123456789", "none"))


def crop_pairs(
    source: GlyphSource, count: int, find: Find, mix: CropMix, rng: np.random.Generator
) -> Digits:
    """`count` crops that hold two or more digits of a row, all labelled as no digit.

    The reader tries every cut of touching digits, so it classifies pairs too; a pair taken for a
    digit spoils the whole string.
    """
    images: list[NDArray[np.uint8]] = []
    while len(images) < count:
        scene = compose(source, rng, mix.negatives)
        if sum(truth.label in range(NONE_LABEL) for truth in scene.truths) < 2:
            continue
        pairs = [crop.pixels for crop in find(scene.pixels) if is_pair(crop.box, scene.truths)]
        images += [pairs[i] for i in rng.permutation(len(pairs))[:MAX_PAIRS]]
    labels = np.full(count, NONE_LABEL, np.int64)
    return Digits(np.stack(images[:count]), labels, (*"0123456789", "none"))


def crop_distractors(count: int, find: Find, rng: np.random.Generator) -> Digits:
    """`count` crops of images without writing, all labelled as no digit."""
    images: list[NDArray[np.uint8]] = []
    while len(images) < count:
        images += [pixels for pixels, _, _ in crop_scene(compose_distractors(rng), find)][:6]
    labels = np.full(count, NONE_LABEL, np.int64)
    return Digits(np.stack(images[:count]), labels, (*"0123456789", "none"))


def _ink_patch(source: GlyphSource, glyph: Glyph, rng: np.random.Generator) -> NDArray[np.float32]:
    """A single glyph as the reader's segmentation yields it, (76, 76) float32, 0 blank to 1 inked.

    Small writing is drawn small, blurred and noisy, as from a thumbnail.
    """
    patch = np.zeros((PATCH, PATCH), np.float32)
    size = float(rng.uniform(36, 62) if rng.random() < 0.6 else rng.uniform(11, 36))
    middle = PATCH / 2
    place = sample_placement(glyph, middle, middle, size, rng, 0.0, sample_slant(rng))
    draw_glyph(patch, glyph, place, sample_pen(rng), rng)
    if rng.random() < 0.14:  # a part of a neighbour that was not separated
        other = source.digit()
        angle, out = rng.uniform(0, 2 * np.pi), size * rng.uniform(0.75, 0.95)
        x, y = middle + out * np.cos(angle), middle + out * np.sin(angle)
        edge = np.zeros_like(patch)
        draw_glyph(edge, other, sample_placement(other, x, y, size, rng), sample_pen(rng), rng)
        reach = size * rng.uniform(0.5, 0.6)
        low, high = max(0, int(middle - reach)), int(middle + reach) + 1
        patch[low:high, low:high] = np.maximum(patch, edge)[low:high, low:high]
    if rng.random() < 0.5:
        patch = cv2.GaussianBlur(patch, (0, 0), float(rng.uniform(0.3, 0.3 + 0.03 * size)))
    if rng.random() < 0.4:
        level = rng.uniform(0.02, 0.15)
        patch = patch + (patch > 0.05) * rng.normal(0, level, patch.shape).astype(np.float32)
    peak = max(float(np.quantile(patch, 0.995)), 0.05)
    # The reader's threshold: pixels much paler than the darkest ink are paper.
    return ((patch / peak - 0.15) / 0.85).clip(0, 1).astype(np.float32)


def crop_glyphs(
    source: GlyphSource, count: int, normalise: Normalise, mix: CropMix, rng: np.random.Generator
) -> Digits:
    """`count` crops of single glyphs, normalised as in the reader but without its segmentation.

    Eight times as fast as whole images; most of the variety of handwriting comes from here.
    """
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.int64)
    filled = 0
    while filled < count:
        glyphs = [
            source.negative() if rng.random() < mix.negatives else source.digit() for _ in range(96)
        ]
        found = normalise(np.stack([_ink_patch(source, glyph, rng) for glyph in glyphs]))
        inked = np.flatnonzero(found.sum((1, 2)) > MIN_INK)[: count - filled]
        images[filled : filled + len(inked)] = found[inked]
        labels[filled : filled + len(inked)] = [glyphs[k].label for k in inked]
        filled += len(inked)
    return Digits(images, labels, (*"0123456789", "none"))
