"""Line charts of loss, accuracy and learning rate by epoch."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from inkling.evaluation.report.charts.svg import (
    AxisScale,
    dot,
    drawing,
    join,
    line,
    nice_ticks,
    polyline,
    text,
    whole_ticks,
)

WIDTH, HEIGHT = 350, 236  # units of the drawing; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 10, 38
MANY = 60  # epochs; with more, the points would hide the line


@dataclass(frozen=True)
class Series:
    """One curve: `points` are (epoch, value); `class_` is its colour in the style sheet."""

    name: str
    class_: str
    points: tuple[tuple[int, float], ...]


def line_chart(
    title: str,
    series: list[Series],
    show: Callable[[float], str],
    best_epoch: int | None = None,
    log: bool = False,
    from_zero: bool = False,
) -> Markup:
    """Curves over epochs, with the best epoch marked if it is known."""
    values = [value for each in series for _, value in each.points]
    epochs = [epoch for each in series for epoch, _ in each.points]
    if not values:
        return Markup("")
    low = min([0.0, *values]) if from_zero else min(values)
    ticks = _log_ticks(values) if log else nice_ticks(low, max(values))
    x = AxisScale(min(epochs), max(epochs), LEFT + 8, WIDTH - RIGHT - 8)
    y = AxisScale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP, log)
    parts = [_grid(x, y, ticks, epochs, show)]
    if best_epoch is not None and min(epochs) <= best_epoch <= max(epochs):
        parts.append(line(x(best_epoch), TOP, x(best_epoch), HEIGHT - BOTTOM, "best"))
    parts += [_curve(each, x, y, show, best_epoch) for each in series]
    label = f"{title}: " + "; ".join(_in_words(each, show) for each in series)
    return drawing(WIDTH, HEIGHT, label, *parts)


def _grid(
    x: AxisScale, y: AxisScale, ticks: list[float], epochs: list[int], show: Callable[[float], str]
) -> Markup:
    rows = [
        join(
            line(LEFT, y(tick), WIDTH - RIGHT, y(tick), "grid"),
            text(LEFT - 8, y(tick) + 4, show(tick), "tick", "end"),
        )
        for tick in ticks
    ]
    columns = [
        text(x(tick), HEIGHT - BOTTOM + 18, str(tick), "tick", "middle")
        for tick in whole_ticks(min(epochs), max(epochs))
    ]
    name = text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "epoch", "tick", "middle")
    return join(*rows, *columns, name)


def _curve(
    series: Series, x: AxisScale, y: AxisScale, show: Callable[[float], str], best_epoch: int | None
) -> Markup:
    places = [(x(epoch), y(value)) for epoch, value in series.points]
    dots = [
        dot(
            x(epoch),
            y(value),
            5 if epoch == best_epoch else 2.6,
            f"{series.class_} point",
            f"{series.name}, epoch {epoch}: {show(value)}",
        )
        for epoch, value in series.points
        if len(series.points) <= MANY or epoch == best_epoch
    ]
    return join(polyline(places, f"{series.class_} curve"), *dots)


def _in_words(series: Series, show: Callable[[float], str]) -> str:
    if not series.points:
        return f"{series.name} is unknown"
    first, last = series.points[0][1], series.points[-1][1]
    return f"{series.name} from {show(first)} to {show(last)}"


def _log_ticks(values: list[float]) -> list[float]:
    """Powers of ten that enclose all of `values` above 0."""
    exponent, ticks = -12, []
    positive = [value for value in values if value > 0]
    while 10.0**exponent < min(positive) * 0.999:
        exponent += 1
    exponent -= 10.0**exponent > min(positive) * 1.001
    ticks.append(10.0**exponent)
    while ticks[-1] < max(positive) * 0.999:
        exponent += 1
        ticks.append(10.0**exponent)
    return ticks if len(ticks) > 1 else [ticks[0], ticks[0] * 10]
