"""Renders the page that compares runs."""

from collections.abc import Callable

from markupsafe import Markup

from inkling.evaluation.report.charts.curves import Series, line_chart
from inkling.evaluation.report.charts.svg import (
    AxisScale,
    dot,
    drawing,
    join,
    line,
    nice_ticks,
    text,
)
from inkling.evaluation.report.comparison import (
    Measured,
    differences,
    measured,
    set_otherwise,
    test_of,
)
from inkling.evaluation.report.contents import RunContents
from inkling.evaluation.report.render import render

COLOUR_COUNT = 6  # colours of the style sheet; more runs repeat them
ROW, WIDTH, NAME, RIGHT = 30, 720, 190, 70


def render_comparison(runs: list[RunContents]) -> str:
    """Renders the HTML that compares `runs`."""
    rows = [measured(run, place % COLOUR_COUNT) for place, run in enumerate(runs)]
    known = [row for row in rows if row.accuracy is not None]
    best = max(known, key=lambda row: row.accuracy or 0) if known else None
    return render(
        "comparison.html.j2",
        rows=rows,
        best=best,
        comparable=len({test_of(run) for run in runs if run.card}) <= 1,
        intervals=interval_chart(known) if known else None,
        loss=_curves(runs, "validation loss", lambda value: f"{value:.3g}"),
        accuracy=_curves(runs, "validation accuracy", lambda value: f"{100 * value:.4g}%"),
        differences=differences(runs),
        otherwise=set_otherwise(runs),
        missing=[f"{run.name}: {sentence}" for run in runs for sentence in run.missing],
    )


def interval_chart(rows: list[Measured]) -> Markup:
    """The accuracy of each run with its 95 % interval on one scale."""
    low = min(row.interval[0] for row in rows)
    high = max(row.interval[1] for row in rows)
    ticks = [tick for tick in nice_ticks(low, high, 5) if tick <= 1 + 1e-9]
    x = AxisScale(ticks[0], ticks[-1], NAME, WIDTH - RIGHT)
    floor = ROW * len(rows) + 6
    grid = [
        join(
            line(x(tick), 0, x(tick), floor, "grid"),
            text(x(tick), floor + 18, f"{100 * tick:.4g}%", "tick", "middle"),
        )
        for tick in ticks
    ]
    marks = [_interval(row, index, x) for index, row in enumerate(rows)]
    words = "; ".join(f"{row.name} {row.accuracy:.2%}" for row in rows)
    return drawing(WIDTH, floor + 24, f"Test accuracy: {words}", *grid, *marks)


def _interval(row: Measured, index: int, x: AxisScale) -> Markup:
    y, colour = ROW * index + ROW / 2, f"run-{row.place}"
    accuracy = row.accuracy or 0.0
    name = row.name if len(row.name) <= 24 else row.name[:23] + "…"
    return join(
        text(NAME - 14, y + 4, name, "tick", "end"),
        line(x(row.interval[0]), y, x(row.interval[1]), y, f"{colour} curve"),
        dot(x(accuracy), y, 5, f"{colour} point", f"{row.name}: {accuracy:.2%}"),
        text(WIDTH - RIGHT + 12, y + 4, f"{accuracy:.2%}", "tick"),
    )


def _curves(runs: list[RunContents], what: str, show: Callable[[float], str]) -> Markup:
    series = []
    for place, run in enumerate(runs):
        values = [
            (e.epoch, e.validation_loss if "loss" in what else e.validation_accuracy)
            for e in run.history
        ]
        points = tuple((epoch, value) for epoch, value in values if value is not None)
        if points:
            series.append(Series(run.name, f"run-{place % COLOUR_COUNT}", points))
    return line_chart(what, series, show)
