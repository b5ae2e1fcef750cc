"""The fast path for thumbnails of one digit on a uniform background, in stacks of one size.

A thumbnail of another kind, or one of which no network is sure, takes the slow path. Both paths use
the same normaliser.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.channels import to_grey
from inkling.reading.preprocess.light import DARKEST_PAPER
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.preprocess.pixels import resize
from inkling.reading.preprocess.polarity import THUMB
from inkling.reading.preprocess.thumbnail_ink import ink_strength, split_ink

SIDE_LEAST = 8  # pixels; least longer side of an image that may hold a digit
SMALL = 320  # pixels; greatest longer side of an enlarged crop of one digit
SHRUNK = 28  # pixels; longer side to which such an image is reduced
WIDEST = 1.3  # greatest width over height of such an image; wider ones hold several digits
NARROWEST = 1  # pixels; least width of a 1 that was cropped to its ink
CONTRAST = 48  # least contrast between ink and background, in grey levels
SLIM_CONTRAST = 24  # the same for a slim image, which may show little background
MOST_INK = 0.5  # greatest fraction of an image that is ink
MOST_INK_TIGHT = 0.95  # the same for an image that was cropped to its ink
PAPER = 0.04  # of full ink; paler pixels are the grain of the background
FAINT = 0.06  # of the contrast; the soft edge of a digit, at which users crop
ALONG = 0.8  # of a side; ink that covers more of a side lies along it, as the bar of a 7 does
# Ink fitted into a square lies in its middle, a ruling beside a cell does not: of 150 blank cells
# with a ruling within an eighth of a side, 98 are read as 1 with this limit and 150 without.
OFF_CENTRE = 0.2  # of a side
DEEP = 2  # pixels; width of the border in which ink lies along a side
SLIM = 0.5  # greatest width over height of a tight crop of a 1, which may be mostly ink


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """The crops of N thumbnails of one size.

    `plain` (N,): the fast path can read this one. `tight` (N,): cropped to the ink, which reaches
    two opposite sides. `flat` (N,): the background is uniform. `light_ink` (N,): the ink is light.
    `pixels` (N, 28, 28) uint8: the crops. `boxes` (N, 4) int64: x y w h. `stroke_width` and
    `contrast` are (N,).
    """

    plain: NDArray[np.bool_]
    tight: NDArray[np.bool_]
    flat: NDArray[np.bool_]
    light_ink: NDArray[np.bool_]
    pixels: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    stroke_width: NDArray[np.float32]
    contrast: NDArray[np.float32]
    size: tuple[int, int]  # width, height

    @property
    def slim(self) -> bool:
        """Whether the images are as narrow as a tight crop of a 1."""
        return self.size[0] <= SLIM * self.size[1]

    def at_sizes(self, sizes: NDArray[np.int64]) -> "Thumbnails":
        """The same result for images of `sizes` (N, 2), width and height, before their reduction.

        Boxes are mapped to those images. A reduced image stays plain only if it is a tight crop.
        """
        reduced = (sizes != self.size).any(axis=1)
        if not reduced.any():
            return self
        scale = np.tile(sizes / np.array(self.size), 2)
        boxes = np.rint(self.boxes * scale).astype(np.int64)
        return replace(self, plain=self.plain & (self.tight | ~reduced), boxes=boxes)


def thumbnail_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The grey thumbnail of an image that is one, or that may be an enlarged crop of one digit."""
    return pixels if is_thumbnail(pixels.shape) else _shrink_small(pixels)


def _shrink_small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Reduces an image that may be an enlarged crop of one digit. None for other images."""
    height, width = pixels.shape[:2]
    if not (THUMB < max(height, width) <= SMALL and min(height, width) >= NARROWEST):
        return None
    if width > WIDEST * height:
        return None
    scale = SHRUNK / max(height, width)
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    return np.rint(resize(to_grey(pixels).astype(np.float32), shape)).astype(np.uint8)


def is_thumbnail(shape: tuple[int, ...]) -> bool:
    """Whether the fast path takes images of this shape."""
    return len(shape) == 2 and SIDE_LEAST <= max(shape) <= THUMB and min(shape) >= NARROWEST


def preprocess_thumbnails(stack: NDArray[np.uint8]) -> Thumbnails:
    """Finds and normalises the ink of thumbnails (N, H, W) uint8 of either polarity."""
    grey = stack.astype(np.float32)
    split = split_ink(grey)
    paper = np.where(split.lighter, split.background, 255 - split.background)
    fraction = split.contrast / np.maximum(paper, DARKEST_PAPER)
    ink = ink_strength(grey, split)
    inked = ink >= 0.5
    ink *= ink > PAPER
    rows: NDArray[np.bool_] = np.asarray(inked.any(axis=2))
    columns: NDArray[np.bool_] = np.asarray(inked.any(axis=1))
    down, across = rows[:, 0] & rows[:, -1], columns[:, 0] & columns[:, -1]
    cover = inked.mean(axis=(1, 2))
    slim = stack.shape[2] <= SLIM * stack.shape[1]
    reaches = down & across | (down | across) & _reaches_all_sides(
        _away(grey, split.lighter) > FAINT
    )
    spans = _span(columns), _span(rows)
    centred = (
        _is_centred(spans[0], stack.shape[2]) & down
        | _is_centred(spans[1], stack.shape[1]) & across
    )
    reaches |= centred & split.flat | down & slim
    if not slim:
        reaches &= ~_is_framed(inked)
    clear = (split.contrast[:, 0, 0] >= (SLIM_CONTRAST if slim else CONTRAST)) & (cover > 0)
    tight = clear & reaches & (cover < MOST_INK_TIGHT)
    plain = split.flat & clear & ~(down | across) & (cover < MOST_INK) | tight
    made = normalise(ink)
    boxes = np.concatenate(spans, axis=1)[:, [0, 2, 1, 3]]
    return Thumbnails(
        plain, tight, split.flat, ~split.lighter[:, 0, 0], made.pixels, boxes, made.stroke_width,
        fraction[:, 0, 0].astype(np.float32), (stack.shape[2], stack.shape[1]),
    )  # fmt: skip


def ink_of_thumbnail(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], bool]:
    """The ink (H, W) of one thumbnail, from 0 to 1, and whether it is light."""
    grey = pixels[None].astype(np.float32)
    split = split_ink(grey)
    return ink_strength(grey, split)[0], not bool(split.lighter[0, 0, 0])


def inverse_crops(stack: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crops (N, 28, 28) of thumbnails (N, H, W) with the polarity that was not chosen."""
    grey = stack.astype(np.float32)
    return normalise(1 - ink_strength(grey, split_ink(grey))).pixels


def _away(grey: NDArray[np.float32], lighter: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The distance (N, H, W) of each pixel from the extreme grey of its background, 0 to 1."""
    low, high = grey.min(axis=(1, 2), keepdims=True), grey.max(axis=(1, 2), keepdims=True)
    return np.where(lighter, high - grey, grey - low) / np.maximum(high - low, 1)


def _reaches_all_sides(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each mask (N, H, W) has set pixels on all four sides, (N,)."""
    rows: NDArray[np.bool_] = np.asarray(mask.any(axis=2))
    columns: NDArray[np.bool_] = np.asarray(mask.any(axis=1))
    return rows[:, 0] & rows[:, -1] & columns[:, 0] & columns[:, -1]


def _is_centred(spans: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Whether the middle of each span (N, 2) is near the middle of a side of `length` pixels."""
    return np.abs(spans[:, 0] + spans[:, 1] / 2 - length / 2) <= OFF_CENTRE * length


def _is_framed(inked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether ink (N, H, W) lies along at least two sides, (N,), as in a cell cut from a form."""
    sides = (
        inked[:, :DEEP].any(axis=1), inked[:, -DEEP:].any(axis=1),
        inked[:, :, :DEEP].any(axis=2), inked[:, :, -DEEP:].any(axis=2),
    )  # fmt: skip
    return np.sum([side.mean(axis=1) > ALONG for side in sides], axis=0) >= 2


def _span(profile: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First set index of each profile (N, L) and the length up to the last one, (N, 2)."""
    first = profile.argmax(axis=1)
    last = profile.shape[1] - profile[:, ::-1].argmax(axis=1)
    return np.stack([first, last - first], axis=1)
