"""Draws the figures of a hyperparameter search: history and importance of the settings."""

from collections.abc import Mapping, Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from inkling.evaluation.figures import (
    BACKGROUND_COLOUR,
    FAINT_COLOUR,
    INK_COLOUR,
    TRAINING,
    VALIDATION,
)


def draw_search(trials: Sequence[tuple[int, float, bool]]) -> Figure:
    """Draws the validation accuracy of trials (number, accuracy, pruned or not), and the best."""
    figure, axes = _axes(9, 4.2)
    floor = _floor([accuracy for _, accuracy, pruned in trials if not pruned])
    for pruned, color, marker, label in (
        (True, VALIDATION, "x", "pruned"),
        (False, TRAINING, "o", "complete"),
    ):
        points = [(number, max(value, floor)) for number, value, p in trials if p == pruned]
        if points:
            axes.scatter(*zip(*points, strict=True), color=color, marker=marker, s=28, label=label)
    best, steps = floor, []
    for number, accuracy, pruned in trials:
        best = best if pruned else max(best, accuracy)
        steps.append((number, best))
    if steps:
        axes.step(
            *zip(*steps, strict=True), color=INK_COLOUR, linewidth=1.4, where="post", label="best"
        )
        axes.set_ylim(floor - 0.08 * (best - floor + 0.01), best + 0.08 * (best - floor + 0.01))
    if floor:
        axes.axhline(floor, color=FAINT_COLOUR, linestyle=":", label="this or lower")
    axes.set(title="Validation accuracy of each trial", xlabel="trial")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color=FAINT_COLOUR, linewidth=0.6)
    if trials:
        axes.legend(frameon=False, loc="lower right")
    return figure


def _floor(whole: Sequence[float]) -> float:
    """The lower end of the axis. Failed trials near chance would hide the differences."""
    if len(whole) < 4:
        return 0.0
    ranked = sorted(whole)
    middle, best = ranked[len(ranked) // 2], ranked[-1]
    return max(0.0, middle - 2 * (best - middle) - 0.01)


def draw_importance(importance: Mapping[str, float]) -> Figure:
    """Draws a bar per setting: the fraction of the differences that it explains."""
    figure, axes = _axes(8, 1.5 + 0.45 * max(1, len(importance)))
    axes.set(title="Fraction of the differences that each setting explains", xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    if not importance:
        axes.set(ylim=(0, 1), yticks=[])
        axes.text(0.54, 0.5, "too few complete trials", ha="center", va="center", color=INK_COLOUR)
        return figure
    names = sorted(importance, key=lambda name: importance[name])
    bars = axes.barh(names, [importance[name] for name in names], color=TRAINING, height=0.6)
    axes.bar_label(bars, fmt=lambda fraction: f"{fraction:.0%}", padding=4, color=INK_COLOUR)
    return figure


def _axes(width: float, height: float):
    figure = Figure(figsize=(width, height), facecolor=BACKGROUND_COLOUR, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes
