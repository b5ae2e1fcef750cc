"""Shapes that are not digits: letters, rotated digits, pairs, fragments, scribbles, silhouettes."""

import cv2
import numpy as np

from inkling.synthesis.fields import FIELD, UNIT, Glyph, centre_mask, measure_edge, trace
from inkling.synthesis.strokes import Polyline, bend_strokes, centre_lines, curve, glyph_of_lines

NONE_LABEL = 10  # the label of everything that is not a digit
# Left out are letters that are digits in some handwriting: O o Q l I i S s Z z B q g and their
# Greek counterparts; a capital lambda is a European 1, a theta a slashed zero.
LETTERS = "ACDEFGHJKLMNPRTUVWXYabcdefhjkmnprtuvwxyαβγδεζηκλμνξπρτυφχψωΓΔΞΠΣΦΨΩACDEFGHJaehkmnrtxαβγ"
SIGNS = '#%&@?+=*~<{}$€";:_-.,'  # no stroke that may be a 1, no ^, which is Europe's 1
# A digit turned by quarters clockwise, then mirrored where `flip`, that no longer reads as one.
TURNED = (
    (2, 1, False), (3, 1, False), (3, 3, False), (3, 2, False), (3, 0, True), (4, 1, False),
    (4, 2, False), (4, 3, False), (4, 0, True), (5, 1, False), (5, 3, False), (6, 1, False),
    (6, 0, True), (7, 1, False), (7, 2, False), (7, 0, True), (9, 0, True), (9, 1, False),
    (8, 1, False), (1, 1, False), (6, 3, False), (9, 3, False), (7, 3, False),
)  # fmt: skip


def turn(glyph: Glyph, quarters: int, flip: bool) -> Glyph:
    """A digit rotated by `quarters` of a turn clockwise and maybe mirrored: no longer a digit."""
    edge, spine = (np.rot90(f, -quarters) for f in (glyph.edge, glyph.spine))
    if flip:
        edge, spine = edge[:, ::-1], spine[:, ::-1]
    return Glyph(NONE_LABEL, np.ascontiguousarray(edge), np.ascontiguousarray(spine))


def scribble(rng: np.random.Generator) -> Glyph:
    """A scribble: zigzag, coil, tangle, hatching, or a star of strokes."""
    kind = rng.integers(5)
    count = int(rng.integers(6, 22))
    if kind == 0:
        x = np.linspace(0, rng.uniform(0.5, 1.5), count)
        y = np.where(np.arange(count) % 2, 0.0, 1.0) + rng.normal(0, 0.12, count)
        lines = [np.stack([x, y], 1)]
    elif kind == 1:
        t = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 5), 50)
        r = np.linspace(rng.uniform(0.05, 1), 1, 50)
        drift = np.linspace(0, rng.uniform(0, 3), 50)
        lines = [np.stack([r * np.cos(t) + drift, r * np.sin(t) * rng.uniform(0.4, 1)], 1)]
    elif kind == 2:
        lines = [curve(rng.uniform(0, 1, (count, 2)).astype(np.float32), 6)]
    elif kind == 3:
        start = rng.uniform(0, 1, (count, 2))
        lines = [np.stack([s, s + rng.normal(0, 0.4, 2)]) for s in start]
    else:
        rays = int(rng.integers(2, 5))
        angle = np.arange(rays) * np.pi / rays + rng.normal(0, 0.15, rays)
        lines = [np.array([[-np.cos(a), -np.sin(a)], [np.cos(a), np.sin(a)]]) for a in angle]
    return glyph_of_lines(
        [np.asarray(line, np.float32) for line in lines], NONE_LABEL, rng.uniform(0.03, 0.14)
    )


def doodle(rng: np.random.Generator) -> Glyph:
    """A small drawing: tick, cross, arrow, house, heart, star, smile, wave, box, triangle."""
    circle = [(0.5 + 0.5 * np.cos(a), 0.5 + 0.5 * np.sin(a)) for a in np.linspace(0, 6.3, 14)]
    smile = [(0.25, 0.65), (0.5, 0.8), (0.75, 0.65)]
    star = [(np.sin(k * 4 * np.pi / 5), -np.cos(k * 4 * np.pi / 5)) for k in range(6)]
    drawings: list[list[list[tuple[float, float]]]] = [
        [[(0, 0.5), (0.35, 1), (1.2, 0)]],
        [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
        [[(0, 0.5), (1, 0.5)], [(0.7, 0.2), (1, 0.5), (0.7, 0.8)]],
        [[(0, 1), (0, 0.45), (0.5, 0), (1, 0.45), (1, 1), (0, 1)]],
        [[(0.5, 1), (0, 0.35), (0.25, 0), (0.5, 0.3), (0.75, 0), (1, 0.35), (0.5, 1)]],
        [star],
        [circle, [(0.3, 0.35), (0.32, 0.4)], [(0.7, 0.35), (0.72, 0.4)], smile],
        [[(x, 0.3 * np.sin(6 * x)) for x in np.linspace(0, 2, 24)]],
        [[(0, 1), (0.5, 0), (1, 1), (0, 1)]],
        [[(0, 0), (1, 0)], [(0, 0.5), (1, 0.5)], [(0, 1), (1, 1)]],
        [[(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]],
        [[(0, 0), (1, 0)], [(0, 0.4), (1, 0.4)]],
        [[(0, 0), (1, 0.05)]],
    ]  # fmt: skip
    picked = drawings[rng.integers(len(drawings))]
    stretch = np.array([rng.uniform(0.6, 1.6), 1])
    lines = [
        ((np.array(line) + rng.normal(0, 0.035, (len(line), 2))) * stretch).astype(np.float32)
        for line in picked
    ]
    return glyph_of_lines(lines, NONE_LABEL, rng.uniform(0.03, 0.16))


def silhouette(rng: np.random.Generator) -> Glyph:
    """A filled silhouette: blot, symmetric object, stacked boxes, or a low sloped object."""
    sheet = np.zeros((96, 96), np.uint8)
    kind = rng.integers(4)
    if kind == 0:  # a blot: radius wandering around the circle
        angle = np.linspace(0, 2 * np.pi, int(rng.integers(5, 16)), endpoint=False)
        radius = rng.uniform(0.35, 1, len(angle)) * 44
        points = np.stack([48 + radius * np.cos(angle), 48 + radius * np.sin(angle)], 1)
        points = curve(np.concatenate([points, points[:1]]).astype(np.float32), 6)
        cv2.fillPoly(sheet, [points.round().astype(np.int32)], 255)
    elif kind == 1:  # a symmetric object
        steps = int(rng.integers(4, 9))
        y = np.linspace(4, 92, steps)
        half = rng.uniform(6, 44, steps)
        left, right = np.stack([48 - half, y], 1), np.stack([48 + half, y], 1)[::-1]
        cv2.fillPoly(sheet, [np.concatenate([left, right]).round().astype(np.int32)], 255)
        if rng.random() < 0.4:  # trouser legs, a neckline, a handle
            w, h = int(rng.integers(4, 14)), int(rng.integers(15, 70))
            top = 92 - h if rng.random() < 0.6 else 4
            cv2.rectangle(sheet, (48 - w, top), (48 + w, top + h), 0, -1)
    elif kind == 2:  # boxes on boxes
        for _ in range(int(rng.integers(1, 5))):
            (x, y), (w, h) = rng.integers(4, 60, 2), rng.integers(8, 60, 2)
            shade = 255 if rng.random() < 0.75 else 0
            cv2.rectangle(
                sheet, (int(x), int(y)), (int(min(x + w, 92)), int(min(y + h, 92))), shade, -1
            )
    else:  # a low object with a slope, such as a shoe or a car
        y = np.concatenate([rng.uniform(20, 70, 5), [80, 80]])
        x = np.concatenate([np.linspace(6, 90, 5), [90, 6]])
        cv2.fillPoly(sheet, [np.stack([x, y], 1).round().astype(np.int32)], 255)
    if not sheet.any():
        cv2.circle(sheet, (48, 48), 30, 255, -1)
    mask = centre_mask(sheet)
    return trace(mask[None], np.array([NONE_LABEL]))[0]


def shift(field: np.ndarray, dx: float, dy: float, scale: float, outside: float) -> np.ndarray:
    """A field (104, 104) of a glyph made smaller by `scale` and moved by dx, dy units."""
    middle = (FIELD - 1) / 2
    move = np.array(
        [
            [scale, 0, middle * (1 - scale) + dx * UNIT],
            [0, scale, middle * (1 - scale) + dy * UNIT],
        ],
        np.float32,
    )
    moved = cv2.warpAffine(
        field, move, (FIELD, FIELD), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=outside,
    )  # fmt: skip
    return moved * scale


def pair(left: Glyph, right: Glyph, rng: np.random.Generator) -> Glyph:
    """Two digits that touch or overlap, as one shape."""
    scale = rng.uniform(0.55, 0.72)
    gap = scale * rng.uniform(0.24, 0.42)
    tilt = rng.normal(0, 0.05)
    fields = []
    for name, outside, merge in (("edge", -1.0, np.maximum), ("spine", 1.0, np.minimum)):
        a = shift(getattr(left, name), -gap, -tilt, scale, outside)
        b = shift(getattr(right, name), gap, tilt, scale, outside)
        fields.append(merge(a, b).astype(np.float32))
    return Glyph(NONE_LABEL, *fields)


def piece(glyph: Glyph, rng: np.random.Generator) -> Glyph | None:
    """A fragment of a digit, cut straight; None if the rest may be read as another digit."""
    if glyph.label not in {2, 3, 5, 6, 8, 9, 0}:
        return None
    keep = rng.uniform(0.3, 0.55)
    side = rng.integers(4)
    if glyph.label in {0, 6, 8, 9} and side in {1, 3}:
        return None  # a tall arc reads as 1, the right half of an 8 as 3
    line = np.linspace(0, 1, FIELD, dtype=np.float32)
    low = MARGIN_FRACTION + keep * (1 - 2 * MARGIN_FRACTION)
    ramp = (low - line) * FIELD / UNIT  # signed distance to the cut, in units
    across = ramp if side in {0, 1} else ramp[::-1]
    cut = across[:, None] if side in {0, 2} else across[None, :]
    return Glyph(
        NONE_LABEL,
        np.minimum(glyph.edge, cut).astype(np.float32),
        np.maximum(glyph.spine, -cut + 0.02 * (cut < 0)).astype(np.float32),
    )


MARGIN_FRACTION = (FIELD - UNIT) / 2 / FIELD


def tangle(digit_styles: list[str], rng: np.random.Generator) -> Glyph:
    """Strokes of two digits on top of each other, as in crossed-out writing."""
    lines: list[Polyline] = []
    for style in digit_styles:
        lines += centre_lines(bend_strokes(style, rng))
    return glyph_of_lines(lines, NONE_LABEL, rng.uniform(0.04, 0.14))


__all__ = [
    "LETTERS",
    "NONE_LABEL",
    "SIGNS",
    "TURNED",
    "doodle",
    "measure_edge",
    "pair",
    "piece",
    "scribble",
    "shift",
    "silhouette",
    "tangle",
    "turn",
]  # fmt: skip
