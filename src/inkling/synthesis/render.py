"""Draws a glyph on a sheet with a pen of a given width, uneven and broken as real ink is."""

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.synthesis.fields import FIELD, UNIT, FloatImage, Glyph

REACH = 0.72  # units from the middle of a glyph to the border of the patch it is drawn in


@dataclass(frozen=True)
class Placement:
    """The position of a glyph: its centre in pixels, and the pixels of one unit."""

    x: float
    y: float
    size: float
    turn: float = 0.0  # radians
    slant: float = 0.0
    wide: float = 1.0  # width against height
    elastic: float = 0.03  # units; standard deviation of the elastic distortion


@dataclass(frozen=True)
class Pen:
    """How a pen draws. Widths are in units of the digit's height unless stated otherwise."""

    width: float | None  # None keeps the glyph's own outline
    grow: float = 0.0  # added to the outline where it is kept
    uneven: float = 0.0  # fraction by which the width varies
    pressure: float = 0.0  # fraction by which the ink fades along the stroke
    grain: float = 0.0  # pencil on rough paper
    gaps: float = 0.0  # strength of gaps in the stroke
    soft: float = 1.0  # pixels from no ink to full ink


def sample_pen(rng: np.random.Generator) -> Pen:
    """Samples a pen: ball pen, pencil, marker, mouse, or the glyph's own outline (40 %)."""
    kind = rng.choice(["own", "ball", "pencil", "marker", "mouse"], p=[0.4, 0.24, 0.12, 0.12, 0.12])
    uneven = float(rng.uniform(0, 0.35)) if rng.random() < 0.5 else 0.0
    gaps = float(rng.uniform(0.1, 0.5)) if rng.random() < 0.07 else 0.0
    soft = float(rng.uniform(0.8, 2.0))
    if kind == "own":
        return Pen(
            None,
            float(np.clip(rng.normal(0.004, 0.018), -0.02, 0.06)),
            uneven / 2,
            float(rng.uniform(0, 0.4)),
            0,
            gaps,
            soft,
        )
    if kind == "ball":
        return Pen(
            float(rng.uniform(0.025, 0.1)), 0, uneven, float(rng.uniform(0, 0.6)), 0, gaps, soft
        )
    if kind == "pencil":
        return Pen(
            float(rng.uniform(0.03, 0.1)), 0, uneven, float(rng.uniform(0.1, 0.7)),
            float(rng.uniform(0.1, 0.6)), gaps, soft,
        )  # fmt: skip
    if kind == "marker":
        return Pen(float(rng.uniform(0.1, 0.24)), 0, uneven, float(rng.uniform(0, 0.2)), 0, 0, soft)
    return Pen(float(rng.uniform(0.03, 0.2)), 0, 0, 0, 0, 0, 1.0)


def sample_placement(
    glyph: Glyph,
    x: float,
    y: float,
    size: float,
    rng: np.random.Generator,
    tilt: float = 0.0,
    lean: float = 0.0,
) -> Placement:
    """Samples a placement around x, y (pixels), `size` pixels tall, with random slant and stretch.

    `tilt` (radians) and `lean` (a shear to the right) belong to the whole row.
    """
    elastic = float(rng.choice([0.0, 0.015, 0.03, 0.045], p=[0.25, 0.35, 0.3, 0.1]))
    slant = lean + float(rng.normal(0, 0.1))
    wide = float(np.exp(rng.normal(0, 0.13)))
    if glyph.label == 1:  # a slanted 1 slanted again would lie flat
        slant, wide = slant * 0.75, 1.0
    return Placement(x, y, size, tilt + float(rng.normal(0, 0.06)), slant, wide, elastic)


def sample_slant(rng: np.random.Generator) -> float:
    """Samples the slant of a row: nearly upright, or as strong as in cursive writing."""
    return float(rng.uniform(-0.15, 0.6)) if rng.random() < 0.2 else float(rng.normal(0, 0.07))


def noise_field(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> FloatImage:
    """Smooth noise (h, w) of mean 0 and deviation about 1, in about `cells` waves across."""
    coarse = rng.standard_normal((cells + 2, cells + 2)).astype(np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def _look_up(
    shape: tuple[int, int], corner: tuple[int, int], place: Placement, rng: np.random.Generator
) -> tuple[FloatImage, FloatImage]:
    """For each pixel of a patch (h, w), the column and the row of the field that lie there."""
    h, w = shape
    x = np.arange(w, dtype=np.float32)[None, :] + (corner[0] - place.x)
    y = np.arange(h, dtype=np.float32)[:, None] + (corner[1] - place.y)
    cos, sin = np.cos(place.turn), np.sin(place.turn)
    scale = UNIT / place.size
    u = (cos * x + sin * y) * scale
    v = (-sin * x + cos * y) * scale
    u = (u + place.slant * v) / place.wide
    middle = (FIELD - 1) / 2
    u, v = u + np.float32(middle), v + np.float32(middle)
    if place.elastic > 0:
        coarse = rng.normal(0, place.elastic * UNIT, (6, 6, 2)).astype(np.float32)
        bent = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)
        u, v = u + bent[..., 0], v + bent[..., 1]
    return u.astype(np.float32), v.astype(np.float32)


def _sample(field: FloatImage, columns: FloatImage, rows: FloatImage, outside: float) -> FloatImage:
    """Bilinear lookup in a field; `outside` beyond its border."""
    return cv2.remap(
        field, columns, rows, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=outside,
    )  # fmt: skip


def draw_glyph(
    sheet: FloatImage, glyph: Glyph, place: Placement, pen: Pen, rng: np.random.Generator
) -> tuple[int, int, int, int] | None:
    """Draws a glyph onto `sheet` (H, W) float32, 0 blank to 1 inked; darker ink stays.

    Returns the box x0, y0, x1, y1 of its ink within the sheet, or None without ink on it.
    """
    height, width = sheet.shape
    across = REACH * place.size * max(1.0, place.wide)
    x0, x1 = int(max(0, place.x - across)), int(min(width, place.x + across + 1))
    y0, y1 = (
        int(max(0, place.y - REACH * place.size)),
        int(min(height, place.y + REACH * place.size + 1)),
    )
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    shape = (y1 - y0, x1 - x0)
    columns, rows = _look_up(shape, (x0, y0), place, rng)
    if pen.width is None:
        depth = _sample(glyph.edge, columns, rows, -1) + np.float32(pen.grow)
    else:
        # At least 1.25 pixels: a sensor spreads thinner lines.
        depth = np.float32(max(pen.width, 1.25 / place.size) / 2) - _sample(
            glyph.spine, columns, rows, 1
        )
    if pen.uneven:
        depth += noise_field(shape, 4, rng) * (pen.uneven * (pen.width or 0.12) / 2)
    if pen.gaps:
        depth -= (noise_field(shape, 7, rng) - 2.2 + pen.gaps).clip(0, 1) * 0.2
    ink = (depth * (place.size / pen.soft) + 0.5).clip(0, 1)
    on = ink > 0.4
    if pen.pressure:
        ink *= (1 - pen.pressure * (0.5 + 0.4 * noise_field(shape, 5, rng))).clip(0.25, 1)
    if pen.grain:
        ink *= (1 - pen.grain * np.abs(rng.standard_normal(shape, np.float32))).clip(0.1, 1)
    patch = sheet[y0:y1, x0:x1]
    np.maximum(patch, ink, out=patch)
    inked = np.argwhere(on)
    if not len(inked):
        return None
    (top, left), (bottom, right) = inked.min(0).tolist(), (inked.max(0) + 1).tolist()
    return x0 + left, y0 + top, x0 + right, y0 + bottom
