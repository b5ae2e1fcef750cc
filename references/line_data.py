"""Strips for the training of the line network: loaded, batched and distorted."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inkling.reading.pipeline import Reader
from inkling.reading.recognise.line_network import STRIDE
from inkling.reading.recognise.strip import HEIGHT, cut_strip
from inkling.reading.trace import Trace
from inkling.synthesis.labelled_strips import LabelledStrip, PackedStrips


def load_lines(folder: Path, held_out: bool) -> list[LabelledStrip]:
    """Loads the strips of all parts of a folder."""
    lines: list[LabelledStrip] = []
    for path in sorted(folder.glob("held-*.npz" if held_out else "lines-*.npz")):
        with np.load(path) as part:
            lines += PackedStrips(**part).split()
    return lines


def load_cheques(folder: Path) -> tuple[list[LabelledStrip], list[LabelledStrip]]:
    """The strips of the amounts to train on and of those held out, without columns.

    The digits are the name of the file up to "__". An amount is left out if its line holds fewer
    parts than it has digits to read: it was not found as one line.
    """
    kept: tuple[list[LabelledStrip], list[LabelledStrip]] = ([], [])
    paths = sorted(folder.glob("*.png"))
    for number, trace in enumerate(Reader.load(workers=1).trace(paths)):
        if isinstance(trace, Trace) and trace.preprocessed.segments.strokes:
            segments = trace.preprocessed.segments
            line = max(segments.strokes, key=lambda strokes: sum(part.area for part in strokes))
            strip = cut_strip(trace.preprocessed.writing, segments.labels, line)
            digits = tuple(int(digit) for digit in paths[number].name.split("__")[0])
            if strip.pixels.shape[1] >= STRIDE * 2 * len(digits):
                kept[number % 5 == 4].append(LabelledStrip(strip.pixels, digits, ()))
    return kept


def batches(lines: list[LabelledStrip], rng: np.random.Generator) -> list[list[LabelledStrip]]:
    """Batches of strips of similar width, to reduce padding, in random order."""
    order = np.argsort([ln.pixels.shape[1] + rng.normal(0, 6) for ln in lines], kind="stable")
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [[lines[i] for i in groups[k]] for k in rng.permutation(len(groups))]


def collate(group: list[LabelledStrip]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Strips (B, 1, 32, W), their classes and columns (B, L), and how many (B,).

    Columns are -1 where they are unknown.
    """
    width = max(line.pixels.shape[1] for line in group)
    width += width // 4  # `distort` may stretch; no digit may leave the strip
    width += -width % (2 * STRIDE)
    longest = max(len(line.classes) for line in group)
    images = np.zeros((len(group), 1, HEIGHT, width), np.uint8)
    classes = np.zeros((len(group), longest), np.int64)
    columns = np.full((len(group), longest), -1, np.float32)
    for k, line in enumerate(group):
        images[k, 0, :, : line.pixels.shape[1]] = line.pixels
        classes[k, : len(line.classes)] = line.classes
        columns[k, : len(line.columns)] = line.columns
    counts = torch.tensor([len(line.classes) for line in group])
    return (
        torch.from_numpy(images) / 255,
        torch.from_numpy(classes),
        torch.from_numpy(columns),
        counts,
    )


def distort(images: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Augments strips by stretch, shear, shift and stroke width; returns the new digit columns."""
    count, _, height, width = images.shape
    across = torch.exp(torch.randn(count) * 0.09)
    down = torch.exp(torch.randn(count) * 0.08)
    shear, climb = torch.randn(count) * 0.12, torch.randn(count) * 0.012
    shift_x, shift_y = torch.randn(count) * 1.5, torch.randn(count) * 1.3
    # Maps output to input: the vertical middle and the left end of the strip stay.
    x = torch.arange(width, dtype=torch.float32)[None, None, :]
    y = torch.arange(height, dtype=torch.float32)[None, :, None] - (height - 1) / 2

    def each(values: Tensor) -> Tensor:
        return values[:, None, None]

    rows = (y - each(shift_y) - each(climb) * (x - width / 2)) / each(down)
    seen = (x - each(shift_x)) / each(across) + each(shear) * rows
    grid = torch.stack([seen * 2 / (width - 1) - 1, rows * 2 / (height - 1)], dim=3)
    out = F.grid_sample(images, grid, align_corners=True)
    pen = torch.rand(count)
    thick, thin = pen < 0.12, pen > 0.92
    if thick.any():
        out[thick] = 0.5 * out[thick] + 0.5 * F.max_pool2d(out[thick], 3, 1, 1)
    if thin.any():
        out[thin] = 0.4 * out[thin] - 0.6 * F.max_pool2d(-out[thin], 3, 1, 1)
    gain = torch.exp(torch.randn(count) * 0.15)[:, None, None, None]
    out = (out * gain + torch.randn_like(out) * 0.04 * torch.rand(count, 1, 1, 1)).clamp(0, 1)
    moved = torch.where(columns >= 0, columns * across[:, None] + shift_x[:, None], columns)
    return out, moved


BATCH = 64
