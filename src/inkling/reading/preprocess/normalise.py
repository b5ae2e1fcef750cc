"""Normalises ink to MNIST's form: 28x28 pixels, size, position and stroke width as in MNIST.

MNIST scaled each digit to a longest side of 20 pixels with anti-aliasing, kept its aspect ratio,
and placed its centre of mass at the centre of 28x28 pixels (LeCun, Bottou, Bengio and Haffner,
1998). Its strokes are about a tenth as wide as the digit is tall. Thinner and thicker strokes, from
a tablet or a marker, are adjusted to that width.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.types import SIDE

LONGEST = 20.0  # pixels; longest side of the ink in the 28x28 output
THINNEST, THICKEST = 1.9, 3.6  # output pixels; 18th and 95th percentile of MNIST's stroke widths
SNAP = 0.05  # scales this close to 1 become 1, so that MNIST's images do not change
FAINT = 0.7  # of full ink; the ink-weighted mean grey of all but MNIST's faintest images
CHUNK = 192  # images per step, so that the arrays fit into the processor's cache

Ink = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Normalised:
    """The network's input (N, 28, 28) uint8, and measurements of each image."""

    pixels: NDArray[np.uint8]
    stroke_width: NDArray[np.float32]  # (N,) before the adjustment, in output pixels
    scale: NDArray[np.float32]  # (N,) output pixels per pixel of the source


def normalise(ink: Ink) -> Normalised:
    """Normalises ink (N, H, W) float32, from 0 for paper to 1 for full ink, to 28x28 pixels.

    An image without ink stays empty.
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
    """The brightness factor (N,) for faint images. Thin strokes become grey when scaled down."""
    flat = small.reshape(len(small), -1)
    level = np.einsum("np,np->n", flat, flat) / np.maximum(flat.sum(axis=1), 1e-6)
    return np.clip(FAINT / np.maximum(level, 1e-6), 1, 4)


def stroke_width(ink: Ink) -> Ink:
    """The mean stroke width (N,) float32 of images (N, H, W), in pixels.

    It is twice the area divided by the length of the outline, which is estimated by the total
    variation. The error is at most a sixth for every stroke direction.
    """
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    down = padded[:, 1:, :-1] - padded[:, :-1, :-1]
    right = padded[:, :-1, 1:] - padded[:, :-1, :-1]
    outline = np.sqrt(down * down + right * right).sum(axis=(1, 2))
    return 2 * ink.sum(axis=(1, 2)) / np.maximum(outline, 1e-6)


def _extent(ink: Ink) -> tuple[Ink, Ink]:
    """First and last row and first and last column of the ink, (N, 2) each, with subpixels."""
    return _edges(ink.max(axis=2)), _edges(ink.max(axis=1))


def _edges(profile: Ink) -> Ink:
    """Where profiles (N, L) first rise above and last fall below one half, (N, 2) float32.

    The grey value of the pixel outside that edge is the fraction of it that ink covers.
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
    """Grows (positive) or thins (negative) the strokes of each image by `radius` (N,) pixels.

    Grey-scale morphology in whole steps, then a blend with the next step. Square and cross kernels
    alternate, which approximates a disc.
    """
    reach = int(np.ceil(radius.max(initial=0)))
    if not reach and not (radius < 0).any():
        return ink
    # Strokes at the border have background beyond it, also where no image of the stack grows.
    room = max(reach, 1)
    ink = np.pad(ink, ((0, 0), (room, room), (room, room)))
    for sign, step in ((1, _dilate), (-1, _erode)):
        done = 0
        while (some := np.flatnonzero(sign * radius > done + 0.02)).size:
            fraction = np.clip(sign * radius[some] - done, 0, 1)[:, None, None]
            now = ink[some]
            ink[some] = now + fraction * (step(now, square=done % 2 == 1) - now)
            done += 1
    return ink


def _dilate(ink: Ink, square: bool) -> Ink:
    """Grey-scale dilation with a 3x3 square, or with a cross of five pixels."""
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
    """Matrices (N, 28, L) that resample a line of L pixels with profile (N, L) to 28 pixels.

    The centre of mass moves to the centre, unless ink would leave the image. At scale 1 the shift
    is a whole number, so that nothing is blurred. The filter is a triangle as wide as the
    footprint of an output pixel.
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
