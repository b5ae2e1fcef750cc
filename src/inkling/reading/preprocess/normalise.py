"""Ink to the 28x28 that the network sees: the MNIST way, and MNIST's stroke width.

MNIST scaled each digit, aspect kept, until its longest side was 20 pixels, anti-aliased, and put
its centre of mass at the centre of a 28x28 field (LeCun, Bottou, Bengio and Haffner, 1998). What
it assumes silently is a pen of about a tenth of the digit's height; a hairline on a tablet or a
marker on a note is brought there too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.types import SIDE

LONGEST = 20.0  # pixels; the longest side of the ink in the 28x28 field
THINNEST, THICKEST = 1.9, 3.6  # pixels of 28; 18th and 95th percentile of MNIST's stroke widths
SNAP = 0.05  # a scale this near to 1 is taken as 1, so that MNIST's own pictures stay as they are
FAINT = 0.7  # of full ink; the ink-weighted mean grey of all but MNIST's faintest pictures
CHUNK = 192  # pictures worked on at a time: their arrays then stay in the processor's cache

Ink = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Normalised:
    """Crops as the network sees them, (N, 28, 28) uint8, and what was measured on the way."""

    pixels: NDArray[np.uint8]
    stroke_width: NDArray[np.float32]  # (N,) before it was changed, in pixels of the 28x28 field
    scale: NDArray[np.float32]  # (N,) pixels of the 28x28 field for one pixel of the source


def normalise(ink: Ink) -> Normalised:
    """Ink (N, H, W) float32, 0 paper to 1 full ink, to N pictures of 28x28.

    A picture without ink stays empty.
    """
    pixels = np.zeros((len(ink), SIDE, SIDE), np.uint8)
    width = np.zeros(len(ink), np.float32)
    scale = np.ones(len(ink), np.float32)
    for start in range(0, len(ink), CHUNK):
        part = slice(start, start + CHUNK)
        pixels[part], width[part], scale[part] = _normalise_chunk(ink[part])
    return Normalised(pixels, width, scale)


def _normalise_chunk(ink: Ink) -> tuple[NDArray[np.uint8], Ink, Ink]:
    peak = ink.max(axis=(1, 2), keepdims=True)
    ink = ink / np.maximum(peak, 1e-6)
    scale = _scale_to_longest(*_extent(ink))
    width = stroke_width(ink) * scale
    change = (np.clip(width, THINNEST, THICKEST) - width) / (2 * scale)
    ink = _change_width(ink, change.astype(np.float32))
    rows, columns = _extent(ink)
    scale = _scale_to_longest(rows, columns)
    vertical = _resampling(ink.sum(axis=2), rows, scale)
    horizontal = _resampling(ink.sum(axis=1), columns, scale)
    small = (vertical @ ink @ horizontal.transpose(0, 2, 1)).astype(np.float32, copy=False)
    small *= 255 * _gain(small)[:, None, None]
    return np.rint(np.clip(small, 0, 255)).astype(np.uint8), width, scale


def _gain(small: Ink) -> Ink:
    """What a faint picture is multiplied by, (N,): hairlines grey out as they are scaled down."""
    flat = small.reshape(len(small), -1)
    level = np.einsum("np,np->n", flat, flat) / np.maximum(flat.sum(axis=1), 1e-6)
    return np.clip(FAINT / np.maximum(level, 1e-6), 1, 4)


def stroke_width(ink: Ink) -> Ink:
    """Mean stroke width of each picture (N, H, W), in its own pixels, (N,) float32.

    Twice the area over the outline's length, which for an anti-aliased picture is its total
    variation: within a sixth, whatever the stroke's direction.
    """
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    down = padded[:, 1:, :-1] - padded[:, :-1, :-1]
    right = padded[:, :-1, 1:] - padded[:, :-1, :-1]
    outline = np.sqrt(down * down + right * right).sum(axis=(1, 2))
    return 2 * ink.sum(axis=(1, 2)) / np.maximum(outline, 1e-6)


def _extent(ink: Ink) -> tuple[Ink, Ink]:
    """First and last edge of the ink down and across, (N, 2) each, to a fraction of a pixel."""
    return _edges(ink.max(axis=2)), _edges(ink.max(axis=1))


def _edges(profile: Ink) -> Ink:
    """Where (N, L) profiles first rise above and last fall below one half, (N, 2) float32.

    The pixel outside that edge counts by its own grey: that is how much of it ink covers.
    """
    inked = profile >= 0.5
    length = profile.shape[1]
    first = inked.argmax(axis=1)
    last = length - 1 - inked[:, ::-1].argmax(axis=1)
    each = np.arange(len(profile))
    before = np.where(first > 0, profile[each, np.maximum(first - 1, 0)], 0)
    after = np.where(last < length - 1, profile[each, np.minimum(last + 1, length - 1)], 0)
    empty = ~inked.any(axis=1)
    start = np.where(empty, 0, first - before)
    stop = np.where(empty, length, last + 1 + after)
    return np.stack([start, stop], axis=1).astype(np.float32)


def _scale_to_longest(rows: Ink, columns: Ink) -> Ink:
    longest = np.maximum(rows[:, 1] - rows[:, 0], columns[:, 1] - columns[:, 0])
    scale = LONGEST / np.maximum(longest, 1)
    return np.where(np.abs(scale - 1) < SNAP, 1, scale).astype(np.float32)


def _change_width(ink: Ink, radius: Ink) -> Ink:
    """Grows (positive) or thins (negative) the strokes of each picture by `radius` (N,) pixels.

    Grey morphology with a fraction: whole steps, then a blend with the next one. Squares and
    crosses take turns, which comes near to a disc.
    """
    reach = int(np.ceil(radius.max(initial=0)))
    if reach:
        ink = np.pad(ink, ((0, 0), (reach, reach), (reach, reach)))
    elif not (radius < 0).any():
        return ink
    else:
        ink = ink.copy()
    for sign, step in ((1, _dilate), (-1, _erode)):
        done = 0
        while (some := np.flatnonzero(sign * radius > done + 0.02)).size:
            share = np.clip(sign * radius[some] - done, 0, 1)[:, None, None]
            now = ink[some]
            ink[some] = now + share * (step(now, square=done % 2 == 1) - now)
            done += 1
    return ink


def _dilate(ink: Ink, square: bool) -> Ink:
    """The largest of each pixel's 3x3 neighbours, or of the five of a cross."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    across = np.maximum(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    np.maximum(across, ink, out=across)
    if square:
        padded[:, 1:-1, 1:-1] = across
    down = np.maximum(padded[:, :-2, 1:-1], padded[:, 2:, 1:-1])
    return np.maximum(across, down, out=across)


def _erode(ink: Ink, square: bool) -> Ink:
    return 1 - _dilate(1 - ink, square)


def _resampling(profile: Ink, edges: Ink, scale: Ink) -> Ink:
    """Matrices (N, 28, L) that scale a line of L pixels into the field, by its profile (N, L).

    The centre of mass goes to the field's centre, unless that would push ink out of the field;
    at scale 1 the shift is whole, so that nothing is blurred. A triangle as wide as an output
    pixel's footprint serves as the filter.
    """
    length = profile.shape[1]
    at = np.arange(length, dtype=np.float32) + 0.5
    mass = np.maximum(profile.sum(axis=1), 1e-6)
    centre = (profile @ at) / mass
    half = SIDE / 2 / scale
    centre = np.minimum(np.maximum(centre, edges[:, 1] - half), edges[:, 0] + half)
    whole = scale == 1
    centre = np.where(whole, np.rint(centre - half) + half, centre).astype(np.float32)
    sources = (np.arange(SIDE, dtype=np.float32) + 0.5 - SIDE / 2) / scale[:, None]
    support = np.maximum(1, 0.75 / scale)[:, None, None]
    distance = np.abs(at - (sources + centre[:, None])[:, :, None]) / support
    weights = np.maximum(1 - distance, 0)
    return (weights / support).astype(np.float32)
