"""The short way for thumbnails: one thing on a flat ground, whole stacks of them at a time.

A thumbnail that is not as plain as that, or of which no network is sure afterwards, goes the
long way with all other pictures. Both ways end in the same normaliser.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.light import DARKEST_PAPER, FLAT, THUMB, to_grey
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.preprocess.pixels import resize

SIDE_LEAST = 8  # pixels; the longer side of an image that may hold a digit
SMALL = 320  # pixels; the longer side of an image that may be an enlarged crop of one digit
SHRUNK = 28  # pixels; the longer side to which such an image is reduced
WIDEST = 1.3  # width over height of such an image; a wider one holds several digits
NARROWEST = 1  # pixels; a 1 that was cropped to its ink may be no wider
CONTRAST = 48  # grey levels between ink and ground, at least
SLIM_CONTRAST = 24  # likewise of a slim image, which may show hardly any ground
MOST_INK = 0.5  # of the image
MOST_INK_TIGHT = 0.95  # of an image that was cropped to its ink
FAINT = 0.06  # of the contrast; the outermost pixels of a digit's soft edge, where users crop it
ALONG = 0.8  # of a side; ink that covers more of it lies along it (the bar of a 7 along one side)
DEEP = 2  # pixels; so far in, ink lies along a side
SLIM = 0.5  # width over height of a tight crop that may be a 1, which fills more than half of it


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """What the fast path made of a stack of N: crops for those that are `plain` (N,) bool.

    `tight` (N,) bool: cropped to the ink, which reaches all four sides. `inverse` (N, 28, 28)
    uint8, of slim images alone: the crops if the other side is ink.
    `boxes` (N, 4) int64 is x y w h; `pixels` (N, 28, 28) uint8; `stroke_width`, `contrast` (N,).
    """

    plain: NDArray[np.bool_]
    tight: NDArray[np.bool_]
    inverse: NDArray[np.uint8] | None
    pixels: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    stroke_width: NDArray[np.float32]
    contrast: NDArray[np.float32]
    size: tuple[int, int]  # width, height

    def at_sizes(self, sizes: NDArray[np.int64]) -> "Thumbnails":
        """The same for images of `sizes` (N, 2), width and height, that were reduced to these.

        Boxes are in those images. Of an image that was reduced, only a tight crop stays plain.
        """
        reduced = (sizes != self.size).any(axis=1)
        if not reduced.any():
            return self
        scale = np.tile(sizes / np.array(self.size), 2)
        boxes = np.rint(self.boxes * scale).astype(np.int64)
        return replace(self, plain=self.plain & (self.tight | ~reduced), boxes=boxes)


def thumbnail_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The image as a grey thumbnail, if it is one or may be an enlarged crop of one digit."""
    return pixels if is_thumbnail(pixels.shape) else _shrink_small(pixels)


def _shrink_small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """A small image that may be cropped to one digit, as a grey thumbnail; None for any other.

    A crop that is enlarged before it is read is as common as one that is not.
    """
    height, width = pixels.shape[:2]
    if not (THUMB < max(height, width) <= SMALL and min(height, width) >= NARROWEST):
        return None
    if width > WIDEST * height:
        return None
    scale = SHRUNK / max(height, width)
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    return np.rint(resize(to_grey(pixels).astype(np.float32), shape)).astype(np.uint8)


def is_thumbnail(shape: tuple[int, ...]) -> bool:
    """Whether a picture of this shape may go the short way."""
    return len(shape) == 2 and SIDE_LEAST <= max(shape) <= THUMB and min(shape) >= NARROWEST


def preprocess_thumbnails(stack: NDArray[np.uint8]) -> Thumbnails:
    """N thumbnails (N, H, W) uint8, of either polarity."""
    grey = stack.astype(np.float32)
    split = _split(grey)
    lighter, ground, contrast = split.lighter, split.ground, split.contrast
    ink = (ground - grey) * np.where(lighter, 1, -1).astype(np.float32)
    paper = np.where(lighter, ground, 255 - ground)
    share = contrast / np.maximum(paper, DARKEST_PAPER)
    ink *= 1 / np.maximum(contrast, 1)
    np.clip(ink, 0, 1, out=ink)
    inked = ink >= 0.5
    ink *= ink > 0.04  # the ground's own grain
    rows: NDArray[np.bool_] = np.asarray(inked.any(axis=2))
    columns: NDArray[np.bool_] = np.asarray(inked.any(axis=1))
    down, across = rows[:, 0] & rows[:, -1], columns[:, 0] & columns[:, -1]
    cover = inked.mean(axis=(1, 2))
    slim = stack.shape[2] <= SLIM * stack.shape[1]
    reaches = down & across | (down | across) & _reaches_all_sides(_away(grey, lighter) > FAINT)
    reaches |= down & slim
    if not slim:
        reaches &= ~_is_framed(inked)
    clear = (contrast[:, 0, 0] >= (SLIM_CONTRAST if slim else CONTRAST)) & (cover > 0)
    tight = clear & reaches & (cover < MOST_INK_TIGHT)
    plain = split.flat & clear & ~(down | across) & (cover < MOST_INK) | tight
    made = normalise(ink)
    boxes = np.concatenate([_span(columns), _span(rows)], axis=1)[:, [0, 2, 1, 3]]
    inverse = None
    if slim and tight.any():
        inverse = normalise((1 - ink) * tight[:, None, None]).pixels
    return Thumbnails(
        plain, tight, inverse, made.pixels, boxes, made.stroke_width,
        share[:, 0, 0].astype(np.float32), (stack.shape[2], stack.shape[1]),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Split:
    """Whether the ground is the lighter side, its grey, the contrast to the ink, (N, 1, 1) each.

    And (N,) whether it is flat.
    """

    lighter: NDArray[np.bool_]
    ground: NDArray[np.float32]
    contrast: NDArray[np.float32]
    flat: NDArray[np.bool_]


def _split(grey: NDArray[np.float32]) -> _Split:
    """Ink from ground by the level midway between their means."""
    low, high = grey.min(axis=(1, 2), keepdims=True), grey.max(axis=(1, 2), keepdims=True)
    level = (low + high) / 2
    total = grey.sum(axis=(1, 2), keepdims=True)
    size = np.float32(grey.shape[1] * grey.shape[2])
    light, dark, count = high, low, size * np.ones_like(low)
    for _ in range(3):
        above = grey > level
        count = above.sum(axis=(1, 2), keepdims=True, dtype=np.float32)
        light_sum = np.einsum("nhw,nhw->n", grey, above)[:, None, None]
        light = light_sum / np.maximum(count, 1)
        dark = (total - light_sum) / np.maximum(size - count, 1)
        level = (light + dark) / 2
    above = grey > level
    edge = _edge_share(above)
    share = count[:, 0, 0] / size
    lighter = (0.6 * share + 0.4 * edge >= 0.5)[:, None, None]
    ground = np.where(lighter, light, dark)
    own = above == lighter
    off = (grey - ground) * own
    variance = np.einsum("nhw,nhw->n", off, off) / np.maximum(own.sum(axis=(1, 2)), 1)
    flat = np.sqrt(variance) < FLAT * (high - low)[:, 0, 0]
    contrast = np.where(lighter, ground - low, high - ground)
    return _Split(lighter, ground, contrast, flat)


def _edge_share(above: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The share of a picture's outermost pixels that are set, (N,), by a frame one or two deep."""
    depth = max(1, min(above.shape[1:]) // 14)
    inner = above[:, depth:-depth, depth:-depth]
    size = above[0].size - inner[0].size
    return ((above.sum(axis=(1, 2)) - inner.sum(axis=(1, 2))) / size).astype(np.float32)


def _away(grey: NDArray[np.float32], lighter: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far each pixel (N, H, W) is from the outermost grey of its ground, 0 to 1."""
    low, high = grey.min(axis=(1, 2), keepdims=True), grey.max(axis=(1, 2), keepdims=True)
    return np.where(lighter, high - grey, grey - low) / np.maximum(high - low, 1)


def _reaches_all_sides(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether what is set in each of N masks (N, H, W) reaches all four sides, (N,)."""
    rows: NDArray[np.bool_] = np.asarray(mask.any(axis=2))
    columns: NDArray[np.bool_] = np.asarray(mask.any(axis=1))
    return rows[:, 0] & rows[:, -1] & columns[:, 0] & columns[:, -1]


def _is_framed(inked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether ink (N, H, W) lies along two sides or more, as in a cell cut from a form, (N,)."""
    sides = (
        inked[:, :DEEP].any(axis=1), inked[:, -DEEP:].any(axis=1),
        inked[:, :, :DEEP].any(axis=2), inked[:, :, -DEEP:].any(axis=2),
    )  # fmt: skip
    return np.sum([side.mean(axis=1) > ALONG for side in sides], axis=0) >= 2


def _span(profile: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First index and length of what is set in each profile (N, L), (N, 2)."""
    first = profile.argmax(axis=1)
    last = profile.shape[1] - profile[:, ::-1].argmax(axis=1)
    return np.stack([first, last - first], axis=1)
