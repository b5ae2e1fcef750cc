"""Draws ruled forms, their cells printed, handwritten or blank, and photographs them.

The corners of every cell are known in the photograph, so its cells can be cut as the reader does.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.tables.cell_network import BLANK
from inkling.synthesis import camera, paper
from inkling.synthesis.fields import FloatImage
from inkling.synthesis.form_cells import CellStyle, Rng, draw_cell
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.page_parts import draw_rule, sample_hand

CELL = 72  # pixels of a cell's height, as drawn
MARGIN = 40  # pixels of paper around the grid
KINDS = ("print", "hand", "blank", "several", "none")
PRINT = 0.93  # probability that a form is printed in a font for print
NORMAL = np.array([0.3, 0.33, 0.25, 0.05, 0.07])  # how often a cell is of each kind
LEGIBLE = 7.0  # pixels; digits are photographed no smaller
BLURRED = 0.11  # of a digit's height; the deviation of the strongest blur
Positions = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Form:
    """A photographed form: pixels (H, W) uint8, corners (R + 1, C + 1, 2) float64, labels (R, C).

    Labels are 0 to 9, `NONE_LABEL`, `BLANK` and `SEVERAL`.
    """

    pixels: NDArray[np.uint8]
    corners: NDArray[np.float64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Layers:
    """What is drawn by hand, printed and ruled, each (H, W) float32, 0 bare to 1 covered."""

    pen: FloatImage
    print: FloatImage
    lines: FloatImage


def draw_form(source: GlyphSource, rng: Rng) -> Form:
    """One form of 2 to 6 rows and columns, photographed at 14 to 72 pixels a cell."""
    rows, columns = int(rng.integers(2, 6)), int(rng.integers(2, 7))
    across, down = _lines(columns, rng, narrow=True), _lines(rows, rng, narrow=False)
    shape = (round(down[-1]) + MARGIN, round(across[-1]) + MARGIN)
    style = CellStyle(
        replace(sample_hand(rng, 0.1), printed=False),
        source.face(PRINT),
        float(rng.uniform(0.4, 0.8)),
        float(np.exp(rng.uniform(np.log(0.3), np.log(0.85)))),
        float(rng.uniform(0.02, 0.12)),
    )
    layers = _Layers(*(np.zeros(shape, np.float32) for _ in range(3)))
    _rule(layers.lines, across, down, rng)
    labels = _fill(layers, (across, down), style, source, rng)
    dark = _darkness(layers, (across, down), rng)
    corners = np.stack(np.meshgrid(across, down), axis=-1)
    return _photograph(dark, corners, labels, min(style.print_size, style.hand_size), rng)


def _lines(count: int, rng: Rng, narrow: bool) -> Positions:
    """Where the lines of one direction lie, in pixels."""
    usual = float(np.exp(rng.uniform(np.log(0.6), np.log(1.7)))) if narrow else 1.0
    if narrow and rng.random() < 0.5:
        usual = float(rng.uniform(0.9, 1.1))
    sizes = np.full(count, usual)
    if rng.random() < 0.2:
        sizes = sizes * np.exp(rng.normal(0, 0.2, count))
    return MARGIN + np.concatenate([[0.0], np.cumsum(sizes)]) * CELL


def _rule(lines: FloatImage, across: Positions, down: Positions, rng: Rng) -> None:
    thin = float(rng.uniform(0.7, 3.5))
    thick = thin * float(rng.choice([1, 1, 2, 3]))
    every, wobble = int(rng.choice([3, 3, 2, 100])), float(rng.choice([0, 0, 0, 0.5]))
    broken = float(rng.choice([0, 0, 0, 0.12]))
    for positions, ends, upright in ((across, down, True), (down, across, False)):
        for index, at in enumerate(positions.tolist()):
            width = thick if index % every == 0 or index == len(positions) - 1 else thin
            first, last = float(ends[0]), float(ends[-1])
            start, end = ((at, first), (at, last)) if upright else ((first, at), (last, at))
            draw_rule(lines, (start, end), width, rng, wobble, broken)


def _fill(
    layers: _Layers,
    grid: tuple[Positions, Positions],
    style: CellStyle,
    source: GlyphSource,
    rng: Rng,
) -> NDArray[np.int64]:
    """Draws the content of every cell; returns the labels (R, C)."""
    across, down = grid
    probs = NORMAL * np.exp(rng.normal(0, 0.7, len(KINDS)))
    labels = np.full((len(down) - 1, len(across) - 1), BLANK, np.int64)
    for place in np.ndindex(*labels.shape):
        i, j = place
        kind = KINDS[rng.choice(len(KINDS), p=probs / probs.sum())]
        box = (float(across[j]), float(down[i]), float(across[j + 1]), float(down[i + 1]))
        layer = layers.print if kind == "print" or rng.random() < 0.15 else layers.pen
        labels[place] = draw_cell(layer, kind, box, style, source, rng)
    return labels


def _darkness(layers: _Layers, grid: tuple[Positions, Positions], rng: Rng) -> FloatImage:
    """The layers together, 0 paper to 1 black; some cells have a grey panel."""
    dark = layers.pen * np.float32(rng.uniform(0.35, 0.95))
    np.maximum(dark, layers.lines * np.float32(rng.uniform(0.2, 0.95)), out=dark)
    np.maximum(dark, layers.print * np.float32(rng.uniform(0.5, 0.95)), out=dark)
    if rng.random() < 0.2:
        edges_x, edges_y = (np.rint(lines).astype(int).tolist() for lines in grid)
        panel = np.zeros_like(dark)
        for i, j in np.ndindex(len(edges_y) - 1, len(edges_x) - 1):
            if rng.random() < 0.4:
                panel[edges_y[i] : edges_y[i + 1], edges_x[j] : edges_x[j + 1]] = 1
        dark = 1 - (1 - dark) * (1 - panel * np.float32(rng.uniform(0.03, 0.2)))
    return dark


def _photograph(
    dark: FloatImage,
    corners: NDArray[np.float64],
    labels: NDArray[np.int64],
    digit: float,
    rng: Rng,
) -> Form:
    """The form as a camera sees it; `digit` is the height of its digits, in cells."""
    height, width = dark.shape
    least = min(max(14.0, LEGIBLE / digit), 40.0)
    size = float(np.exp(rng.uniform(np.log(least), np.log(72))))  # pixels of a cell
    scale = size / CELL
    if scale < 0.7:
        dark = cv2.GaussianBlur(dark, (0, 0), 0.35 / scale)
    out = (max(24, round(width * scale)), max(24, round(height * scale)))
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    aside = square + rng.normal(0, float(rng.choice([0.005, 0.02, 0.05])), (4, 2))
    turn = float(rng.normal(0, 0.03))
    turned = (aside - 0.5) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    matrix = cv2.getPerspectiveTransform(
        (square * (width, height)).astype(np.float32), ((turned + 0.5) * out).astype(np.float32)
    )
    dark = cv2.warpPerspective(dark, matrix, out, flags=cv2.INTER_LINEAR)
    moved = cv2.perspectiveTransform(corners.reshape(1, -1, 2), matrix)
    corners = np.asarray(moved, np.float64).reshape(corners.shape)
    bare = paper.lay_paper(dark.shape, size, rng)
    image = paper.light_paper(bare * (1 - dark), rng)
    if rng.random() < 0.75:  # up to where the holes of printed digits close
        blur = float(rng.uniform(0.3, 0.3 + BLURRED * size * digit))
        image = cv2.GaussianBlur(image, (0, 0), blur)
    image = camera.expose(image, rng)
    if rng.random() < 0.8:
        image = camera.add_noise(image, rng)
    pixels = camera.quantise(image)
    if rng.random() < 0.6:
        pixels = camera.compress(pixels, rng)
    return Form(np.ascontiguousarray(pixels), corners, labels)
