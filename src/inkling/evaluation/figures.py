"""Draws the figures of a run with matplotlib: curves, confusion, mistakes, samples."""

from collections.abc import Sequence
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
from inkling.types import Digits

INK_COLOUR = "#1b1f27"
BACKGROUND_COLOUR = "#ffffff"
TRAINING = "#7b8494"
VALIDATION = "#b93d0c"
FAINT_COLOUR = "#e2dfd8"
SHOWN_MISTAKES = 32
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
    columns = 8
    rows = max(1, -(-len(worst) // columns))
    figure = _figure(columns * 1.35, rows * 1.75 + 0.6)
    figure.suptitle(
        f"The {len(worst)} most confident of {total or len(wrong):,} mistakes"
        if len(wrong)
        else "No mistakes"
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, index in zip(grid, worst, strict=False):
        label, answer = digits.classes[digits.labels[index]], digits.classes[answers[index]]
        axes.imshow(digits.images[index], cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(f"{label} read as {answer}\n{confidence[index]:.1%}", fontsize=9)
    for axes in grid:
        axes.set_axis_off()
    return figure


def draw_samples(
    digits: Digits, a_class: int = SAMPLES_A_CLASS, counts: Sequence[int] | None = None
) -> Figure:
    """Draws a row per class with its first images.

    `counts` are the images per class if `digits` holds only some of them.
    """
    classes = len(digits.classes)
    figure = _figure(a_class * 0.72 + 1.1, classes * 0.72 + 0.3)
    grid = figure.subplots(classes, a_class, squeeze=False)
    shown: Sequence[int] = digits.counts().tolist() if counts is None else counts
    for label, row in enumerate(grid):
        indices = np.nonzero(digits.labels == label)[0][:a_class]
        for axes, index in zip(row, indices, strict=False):
            axes.imshow(digits.images[index], cmap="gray_r", vmin=0, vmax=255)
        for axes in row:
            axes.set_axis_off()
        text = f"{digits.classes[label]}   n = {shown[label]:,}"
        row[0].text(-6, 14, text, ha="right", va="center", fontsize=9, color=INK_COLOUR)
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
