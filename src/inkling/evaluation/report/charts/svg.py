"""SVG elements, scales and ticks for the charts.

Colours are classes of the page's style sheet, so that a drawing works in light and dark mode and in
print.
"""

import math
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class AxisScale:
    """Maps values `low`..`high` to pixels `start`..`end`, linearly or logarithmically."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of `value`."""
        low, high, here = self.low, self.high, value
        if self.log:
            low, high, here = math.log10(low), math.log10(high), math.log10(value)
        fraction = 0.5 if high == low else (here - low) / (high - low)
        return round(self.start + fraction * (self.end - self.start), 2)


def tag(name: str, content: str = "", /, **attributes: object) -> Markup:
    """One element. In attribute names, a trailing `_` is removed and others become hyphens."""
    pairs = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = content if isinstance(content, Markup) else escape(content)
    return Markup(f"<{name}{''.join(pairs)}>{inner}</{name}>")


def join(*parts: str) -> Markup:
    """Concatenates elements."""
    return Markup("").join(parts)


def drawing(width: float, height: float, label: str, *parts: str) -> Markup:
    """A complete SVG image with an accessible name."""
    return tag(
        "svg",
        join(*parts),
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=label,
        class_="chart",
    )


def text(x: float, y: float, content: str, class_: str = "", anchor: str = "start") -> Markup:
    """A text at a position."""
    return tag("text", content, x=f"{x:g}", y=f"{y:g}", class_=class_ or None, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("path", d=f"M{x1:g} {y1:g}L{x2:g} {y2:g}", class_=class_)


def polyline(points: list[tuple[float, float]], class_: str) -> Markup:
    """A line through `points`. Empty for fewer than two points."""
    if len(points) < 2:
        return Markup("")
    return tag("path", d="M" + "L".join(f"{x:g} {y:g}" for x, y in points), class_=class_)


def dot(x: float, y: float, radius: float, class_: str, hint: str) -> Markup:
    """A point with its value as a tooltip."""
    return tag(
        "circle", tag("title", hint), cx=f"{x:g}", cy=f"{y:g}", r=f"{radius:g}", class_=class_
    )


SMALLEST_SPAN = 1e-9  # values that differ by less are treated as equal


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values that cover `low`..`high`: steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if span < SMALLEST_SPAN:
        span = max(abs(high), 1.0)
    raw = span / max(1, wanted - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if last == first:
        last += 1
    return [round(index * step, 12) for index in range(first, last + 1)]


def whole_ticks(low: int, high: int, wanted: int = 6) -> list[int]:
    """Whole numbers within `low`..`high`, evenly spaced, at most about `wanted`."""
    step = max(1, round((high - low) / wanted))
    step = next(nice for nice in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if nice >= step)
    ticks = [value for value in range(low, high + 1) if value % step == 0]
    return ticks or [low]
