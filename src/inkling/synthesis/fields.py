"""A glyph as two distance fields: to its outline, and to the spine (centre line) of its strokes.

A distance field can be drawn at any pen width and size with clean edges; a 28x28 bitmap cannot.
One unit is the longest side of the glyph's ink.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

UNIT = 64  # pixels of the field to one unit
MARGIN = 20  # pixels of empty border on each side
FIELD = UNIT + 2 * MARGIN

# float32 and uint8 arrays. OpenCV's results have no element type that a type checker can see.
FloatImage = NDArray[Any]
Coverage = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Glyph:
    """One shape and its label: 0 to 9, or 10 for a shape that is not a digit.

    `edge` (104, 104) float32 is the distance to the outline, positive inside; `spine`
    (104, 104) float32 the distance to the centre line of the nearest stroke. Both in units.
    """

    label: int
    edge: FloatImage
    spine: FloatImage


def centre_mask(ink: Coverage) -> Coverage:
    """Coverage (h, w) uint8 -> (104, 104) uint8: its ink's longest side one unit, in the middle.

    An empty image stays empty.
    """
    box = cv2.boundingRect(cv2.findNonZero((ink > 96).astype(np.uint8)))
    x, y, w, h = box
    sheet = np.zeros((FIELD, FIELD), np.uint8)
    if w == 0 or h == 0:
        return sheet
    scale = UNIT / max(w, h)
    # Pixel centres: source (x + w/2 - 1/2) falls on the field's middle.
    move = np.array(
        [
            [scale, 0, FIELD / 2 - 0.5 - scale * (x + w / 2 - 0.5)],
            [0, scale, FIELD / 2 - 0.5 - scale * (y + h / 2 - 0.5)],
        ],
        np.float32,
    )
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return cv2.warpAffine(ink, move, (FIELD, FIELD), flags=way)


def measure_edge(mask: Coverage) -> FloatImage:
    """Coverage (104, 104) uint8 -> signed distance to its outline, in units, positive inside."""
    inside = (cv2.GaussianBlur(mask, (0, 0), 1.2) > 127).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5).clip(0, FIELD)
    return cv2.GaussianBlur((depth - outside) / UNIT, (5, 5), 1.0)


def measure_spine(spine: Coverage) -> FloatImage:
    """A drawing of thin lines (S, S), nonzero on them -> distance to them (104, 104), in units."""
    away = cv2.distanceTransform((spine == 0).astype(np.uint8), cv2.DIST_L2, 5).clip(0, FIELD)
    away *= FIELD / len(spine) / UNIT
    if len(spine) != FIELD:
        away = cv2.resize(away, (FIELD, FIELD), interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(away, (5, 5), 0.9)


@lru_cache(maxsize=1)
def _thinning_tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the 256 neighbourhoods lose their middle in the two steps of Zhang and Suen."""
    tables = np.zeros((2, 256), bool)
    for code in range(256):
        ring = [(code >> k) & 1 for k in range(8)]  # north, then clockwise
        rises = sum(a == 0 and b == 1 for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
        n, e, s, w = ring[0], ring[2], ring[4], ring[6]
        loose = rises == 1 and 2 <= sum(ring) <= 6
        tables[0, code] = loose and n * e * s == 0 and e * s * w == 0
        tables[1, code] = loose and n * e * w == 0 and n * s * w == 0
    tables[:, _CORNER] = False  # else the last four pixels of a dot would go at once
    return tables[0], tables[1]


_CORNER = 0b11100  # the upper left of four pixels: neighbours east, southeast and south
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def thin(masks: Coverage) -> Coverage:
    """(N, H, W) uint8 of 0 and 1 -> their spines, one pixel wide, by Zhang and Suen (1984)."""
    tables = _thinning_tables()
    x, y, width, height = cv2.boundingRect(
        masks.max(0)
    )  # everything outside is empty in all of them
    ink = np.pad(masks[:, y : y + height, x : x + width], ((0, 0), (1, 1), (1, 1)))
    spines = np.zeros_like(masks)
    lost = 1
    while lost:
        lost = 0
        for table in tables:
            code = np.zeros((len(ink), height, width), np.uint8)
            for bit, (dy, dx) in enumerate(_RING):
                code |= ink[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] << bit
            going = table[code] & (ink[:, 1:-1, 1:-1] > 0)
            lost += int(going.sum())
            ink[:, 1:-1, 1:-1][going] = 0
    spines[:, y : y + height, x : x + width] = ink[:, 1:-1, 1:-1]
    return spines


def trace(masks: Coverage, labels: NDArray[np.integer]) -> list[Glyph]:
    """Coverages (N, 104, 104) uint8 with their labels -> glyphs.

    Thinned all at once and at half the size, which costs an eighth and loses a hundredth of a
    unit at most.
    """
    half = (FIELD // 2, FIELD // 2)
    smooth = [
        cv2.GaussianBlur(cv2.resize(m, half, interpolation=cv2.INTER_AREA), (0, 0), 0.8)
        for m in masks
    ]
    spines = thin((np.stack(smooth) > 110).astype(np.uint8))
    return [
        Glyph(int(label), measure_edge(mask), measure_spine(spine))
        for mask, spine, label in zip(masks, spines, labels, strict=True)
    ]


def join(glyph: Glyph, lines: FloatImage, width: float) -> Glyph:
    """The glyph with strokes of `width` units added where `lines`, a distance field, is small."""
    return Glyph(
        glyph.label,
        np.maximum(glyph.edge, width / 2 - lines),
        np.minimum(glyph.spine, lines),
    )


def stroke_width(glyph: Glyph) -> float:
    """The glyph's own mean stroke width in units: twice the mean depth along its spine."""
    on = glyph.spine < 1.0 / UNIT
    return float(2 * glyph.edge[on].clip(0).mean()) if on.any() else 0.1
