"""Draws the figures of a run with matplotlib: curves, confusion, mistakes, samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from inkling.evaluation.image_selection import surest_mistakes
from inkling.files import replacing
from inkling.training.history import EpochMetrics
from inkling.types import SIDE, Digits

INK_COLOUR = "#1b1f27"
BACKGROUND_COLOUR = "#ffffff"
TRAINING = "#7b8494"
VALIDATION = "#b93d0c"
FAINT_COLOUR = "#e2dfd8"
SHOWN_MISTAKES = 32
MISTAKES_A_ROW = 8
SAMPLES_A_CLASS = 10


def draw_curves(history: list[EpochMetrics], best_epoch: int) -> Figure:
    """Draws training and validation loss and accuracy by epoch, and marks the best epoch."""
    figure = _figure(10, 4)
    loss, accuracy = figure.subplots(1, 2)
    epochs = [epoch.epoch for epoch in history]
    _curve(loss, epochs, [e.train_loss for e in history], TRAINING, "training")
    _curve(loss, epochs, [e.validation_loss for e in history], VALIDATION, "validation")
    _curve(accuracy, epochs, [e.train_accuracy for e in history], TRAINING, "training")
    _curve(accuracy, epochs, [e.validation_accuracy for e in history], VALIDATION, "validation")
    loss.set(title="Loss (cross-entropy)", xlabel="epoch")
    accuracy.set(title="Accuracy", xlabel="epoch")
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    for axes in (loss, accuracy):
        axes.axvline(best_epoch, color=INK_COLOUR, linewidth=1, linestyle=":", label="best epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(color=FAINT_COLOUR, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return figure


def draw_confusion(counts: NDArray[np.int64], classes: tuple[str, ...]) -> Figure:
    """Draws counts (C, C) on the left and fractions of each label on the right."""
    figure = _figure(13, 6.2)
    left, right = figure.subplots(1, 2)
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    _matrix(left, counts, [[f"{cell:,}" for cell in row] for row in counts], classes)
    _matrix(right, fractions, [[_percent(cell) for cell in row] for row in fractions], classes)
    left.set_title(f"Counts ({counts.sum():,} images)")
    right.set_title("Fraction of each label, %")
    return figure


def draw_mistakes(
    digits: Digits,
    probabilities: NDArray[np.floating],
    count: int = SHOWN_MISTAKES,
    total: int | None = None,
) -> Figure:
    """Draws the most confident wrong answers with label, answer and confidence.

    `total` counts all mistakes if `digits` holds only some of them.
    """
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = surest_mistakes(digits.labels, probabilities)
    worst = wrong[:count]
    rows = max(1, -(-len(worst) // MISTAKES_A_ROW))
    figure = _figure(MISTAKES_A_ROW * 1.35, rows * 1.75 + 0.6)
    figure.suptitle(
        f"The {len(worst)} most confident of {total or len(wrong):,} mistakes"
        if len(wrong)
        else "No mistakes"
    )
    places = [divmod(place, MISTAKES_A_ROW) for place in range(len(worst))]
    tiles = _tiles(figure, digits.images[worst], places, (rows, MISTAKES_A_ROW), gap=(16, 8))
    for index, (x, y) in zip(worst, tiles.corners, strict=True):
        label, answer = digits.classes[digits.labels[index]], digits.classes[answers[index]]
        text = f"{label} read as {answer}\n{confidence[index]:.1%}"
        tiles.axes.text(x + SIDE / 2, y - 1, text, ha="center", va="bottom", fontsize=9)
    return figure


def draw_samples(
    digits: Digits, a_class: int = SAMPLES_A_CLASS, counts: Sequence[int] | None = None
) -> Figure:
    """Draws a row per class with its first images.

    `counts` are the images per class if `digits` holds only some of them.
    """
    classes = len(digits.classes)
    figure = _figure(a_class * 0.72 + 1.1, classes * 0.72 + 0.3)
    shown: Sequence[int] = digits.counts().tolist() if counts is None else counts
    chosen = [np.nonzero(digits.labels == label)[0][:a_class] for label in range(classes)]
    places = [(label, column) for label, row in enumerate(chosen) for column in range(len(row))]
    images = digits.images[np.concatenate(chosen)]
    tiles = _tiles(figure, images, places, (classes, a_class), gap=(2, 2))
    names = [f"{digits.classes[k]}   n = {shown[k]:,}" for k in range(classes)]
    middles = [(SIDE + 2) * (label + 0.5) + 1 for label in range(classes)]
    tiles.axes.set_yticks(middles, names, fontsize=9, color=INK_COLOUR)
    return figure


def show5(digits: Digits, first: int = 0) -> Figure:
    """Draws five images in a row with their labels.

    Parameters
    ----------
    digits
        The images and labels.
    first
        The index of the first image.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. A notebook shows it.
    """
    figure = _figure(7.5, 1.9)
    for axes, index in zip(figure.subplots(1, 5), range(first, first + 5), strict=True):
        axes.set_axis_off()
        if index < len(digits):
            axes.imshow(digits.images[index], cmap="gray_r", vmin=0, vmax=255)
            axes.set_title(digits.classes[digits.labels[index]], fontsize=12, color=INK_COLOUR)
    return figure


def show_rows(rows: dict[str, NDArray[np.uint8]]) -> Figure:
    """Draws a row of images (N, H, W) uint8, light on dark, for each name."""
    columns = max((len(images) for images in rows.values()), default=1)
    figure = _figure(1.2 * columns + 2, 1.25 * len(rows))
    grid = figure.subplots(max(1, len(rows)), columns, squeeze=False)
    for line, (name, images) in zip(grid, rows.items(), strict=True):
        for axes in line:
            axes.set_axis_off()
        for axes, image in zip(line, images, strict=False):
            axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        line[0].text(
            -0.12, 0.5, name, ha="right", va="center", transform=line[0].transAxes, color=INK_COLOUR
        )
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Writes a figure as PNG, atomically."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)


def _figure(width: float, height: float) -> Figure:
    """An empty figure of the given size in inches, without pyplot's global state."""
    figure = Figure(figsize=(width, height), facecolor=BACKGROUND_COLOUR, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


@dataclass(frozen=True)
class _Tiles:
    """Images in one pair of axes, and the upper left corner (x, y) of each."""

    axes: Axes
    corners: tuple[tuple[int, int], ...]


def _tiles(
    figure: Figure,
    images: NDArray[np.uint8],
    places: Sequence[tuple[int, int]],
    shape: tuple[int, int],
    gap: tuple[int, int],
) -> _Tiles:
    """Draws images (N, 28, 28) at their places (row, column) in a grid with gaps in pixels.

    They are one image to matplotlib: axes for each would take 0.05 s, or 5 s for a hundred.
    """
    down, across = gap[0] + SIDE, gap[1] + SIDE
    whole = np.zeros((shape[0] * down, shape[1] * across), np.uint8)
    corners = tuple((x * across + gap[1], y * down + gap[0]) for y, x in places)
    for image, (x, y) in zip(images, corners, strict=True):
        whole[y : y + SIDE, x : x + SIDE] = image
    axes = figure.subplots()
    axes.imshow(whole, cmap="gray_r", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return _Tiles(axes, corners)


def _curve(
    axes: Axes, epochs: list[int], values: list[float] | list[float | None], color: str, name: str
) -> None:
    known = [
        (epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None
    ]
    if known:
        x, y = zip(*known, strict=True)
        axes.plot(x, y, color=color, marker="o", markersize=3.5, linewidth=1.8, label=name)


def _matrix(axes: Axes, values: NDArray, texts: list[list[str]], classes: tuple[str, ...]) -> None:
    """Colours the errors. The diagonal has no colour, because it would dominate."""
    errors = values.astype(float).copy()
    np.fill_diagonal(errors, 0)
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(errors.max() * 1.6, 1e-9))
    for row, cells in enumerate(texts):
        for column, text in enumerate(cells):
            weight = "bold" if row == column else "normal"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, weight=weight)
    axes.set_xticks(range(len(classes)), classes)
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="answer", ylabel="label")
    axes.tick_params(length=0)


def _percent(fraction: float) -> str:
    return "·" if fraction == 0 else f"{100 * fraction:.1f}"
