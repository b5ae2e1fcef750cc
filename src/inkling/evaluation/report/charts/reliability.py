"""The reliability diagram: accuracy against confidence."""

import math

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from inkling.evaluation.metrics import wilson_interval
from inkling.evaluation.report.charts.svg import AxisScale, dot, drawing, join, line, tag, text

WIDTH, HEIGHT = 460, 400
LEFT, RIGHT, TOP, SQUARE, FLOOR = 58, 14, 14, 270, 362
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_chart(reliability: NDArray[np.float64]) -> Markup:
    """Accuracy against confidence with 95 % intervals, and the number of answers per bin.

    `reliability` (B, 3) has the mean confidence, accuracy and count of each bin (DeGroot and
    Fienberg, 1983; Guo et al., 2017).
    """
    x = AxisScale(0, 1, LEFT, WIDTH - RIGHT)
    y = AxisScale(0, 1, SQUARE, TOP)
    used = [row for row in reliability.tolist() if row[2] > 0]
    parts = [_axes(x, y), line(x(0), y(0), x(1), y(1), "diagonal")]
    parts += [_bin(row, x, y) for row in used]
    parts.append(_histogram(reliability, x))
    words = "; ".join(f"confidence {c:.0%}: {a:.1%} right of {n:,.0f}" for c, a, n in used)
    return drawing(WIDTH, HEIGHT, f"Reliability. {words}", *parts)


def _axes(x: AxisScale, y: AxisScale) -> Markup:
    rows = [
        join(
            line(LEFT, y(value), WIDTH - RIGHT, y(value), "grid"),
            text(LEFT - 8, y(value) + 4, f"{value:.0%}", "tick", "end"),
        )
        for value in QUARTERS
    ]
    columns = [text(x(v), FLOOR + 17, f"{v:.0%}", "tick", _anchor(v)) for v in QUARTERS]
    names = join(
        text(LEFT + 8, TOP + 14, "accuracy", "tick"),
        text(LEFT + 8, SQUARE + 26, "answers", "tick"),
        text((LEFT + WIDTH - RIGHT) / 2, FLOOR + 34, "confidence", "tick", "middle"),
    )
    return join(*rows, *columns, names)


def _bin(row: list[float], x: AxisScale, y: AxisScale) -> Markup:
    confidence, accuracy, count = row
    low, high = wilson_interval(round(accuracy * count), int(count))
    hint = f"confidence {confidence:.1%}: {accuracy:.1%} right of {count:,.0f}"
    return join(
        line(x(confidence), y(low), x(confidence), y(high), "validation curve"),
        dot(x(confidence), y(accuracy), 4.5, "validation point", hint),
    )


def _histogram(reliability: NDArray[np.float64], x: AxisScale) -> Markup:
    """Bars with the logarithm of the count, because nearly all answers are in the last bin."""
    bins = len(reliability)
    top = math.log10(max(10.0, reliability[:, 2].max(initial=0)))
    bars = []
    for index, count in enumerate(reliability[:, 2].tolist()):
        if count == 0:
            continue
        height = max(2.0, (FLOOR - SQUARE - 34) * math.log10(count + 1) / top)
        left, right = x(index / bins) + 1, x((index + 1) / bins) - 1
        hint = tag("title", f"{count:,.0f} answers")
        bars.append(
            tag(
                "rect",
                hint,
                x=f"{left:g}",
                y=f"{FLOOR - height:g}",
                width=f"{right - left:g}",
                height=f"{height:g}",
                class_="bar",
            )
        )
    return join(line(LEFT, FLOOR, WIDTH - RIGHT, FLOOR, "axis"), *bars)


def _anchor(value: float) -> str:
    return {0.0: "start", 1.0: "end"}.get(value, "middle")
