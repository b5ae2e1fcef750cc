import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.evaluation.metrics import reliability_bins
from inkling.evaluation.report.charts.bars import balance_chart, probability_chart
from inkling.evaluation.report.charts.curves import Series, line_chart
from inkling.evaluation.report.charts.reliability import reliability_chart
from inkling.evaluation.report.charts.svg import AxisScale, nice_ticks, tag, whole_ticks

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(FINITE, FINITE, st.integers(2, 9))
def test_ticks_cover_their_values_in_even_round_steps(one: float, other: float, wanted: int):
    low, high = min(one, other), max(one, other)
    ticks = nice_ticks(low, high, wanted)
    span = max(high - low, 1e-9)
    assert 2 <= len(ticks) <= 2 * wanted + 3
    if high - low > 1e-6:
        assert ticks[0] <= low + 1e-6 * span
        assert ticks[-1] >= high - 1e-6 * span
        steps = np.diff(ticks)
        assert np.allclose(steps, steps[0], rtol=1e-6, atol=1e-9)
        assert re.match(r"^[125]\.?0*e", f"{steps[0]:.3e}")


@given(st.integers(0, 500), st.integers(0, 2000))
def test_whole_ticks_are_few_and_within(low: int, length: int) -> None:
    ticks = whole_ticks(low, low + length)
    assert 1 <= len(ticks) <= 14
    assert all(low <= tick <= low + length for tick in ticks)


def test_a_scale_is_straight_or_logarithmic() -> None:
    assert AxisScale(0, 10, 100, 200)(5) == 150
    assert AxisScale(1, 100, 0, 2, log=True)(10) == 1
    assert AxisScale(3, 3, 0, 2)(3) == 1


def test_what_goes_into_a_drawing_is_escaped() -> None:
    drawn = tag("text", "<script>", class_='"x', text_anchor=None)
    assert drawn == '<text class="&#34;x">&lt;script&gt;</text>'


@pytest.mark.parametrize("epochs", [1, 2, 80, 1200])
@pytest.mark.parametrize("log", [True, False])
def test_curves_of_any_length_are_valid_and_within(epochs: int, log: bool) -> None:
    values = np.linspace(0.5, 0.001, epochs)
    series = Series("loss", "training", tuple(enumerate(values.tolist(), start=1)))
    chart = line_chart("Loss <x>", [series], str, best_epoch=epochs, log=log)
    root = ElementTree.fromstring(chart)
    _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
    for circle in root.iter("circle"):
        assert 0 <= float(circle.attrib["cx"]) <= width
        assert 0 <= float(circle.attrib["cy"]) <= height
    assert len(list(root.iter("circle"))) == (epochs if epochs <= 60 else 1)
    assert root.attrib["aria-label"].startswith("Loss <x>: loss from 0.5")


def test_no_value_is_no_chart() -> None:
    assert line_chart("Loss", [], str) == ""


def test_bars_are_as_high_as_their_probabilities() -> None:
    probabilities = np.array([0.1, 0.65, 0.25])
    root = ElementTree.fromstring(probability_chart(probabilities, 0, 1, ("a", "bcd", "e")))
    heights = [float(bar.attrib["height"]) for bar in root.iter("rect")]
    assert heights == pytest.approx(44 * probabilities, abs=0.06)
    assert [bar.attrib["class"] for bar in root.iter("rect")] == ["label", "answer", "rest"]
    assert [name.text for name in root.iter("text")] == ["a", "bc", "e"]


def test_of_many_classes_the_probable_ones_are_drawn() -> None:
    probabilities = np.full(26, 0.01)
    probabilities[[3, 25]] = 0.5, 0.26
    letters = tuple("abcdefghijklmnopqrstuvwxyz")
    root = ElementTree.fromstring(probability_chart(probabilities, 25, 3, letters))
    names = [name.text for name in root.iter("text")]
    assert len(names) == 10
    assert {"d", "z"} <= set(names)


def test_reliability_draws_the_bins_that_have_answers() -> None:
    confidence = np.array([0.35, 0.9, 0.99, 0.99])
    bins = reliability_bins(confidence, np.array([True, False, True, True]))
    root = ElementTree.fromstring(reliability_chart(bins))
    assert len(list(root.iter("circle"))) == 3
    assert len(list(root.iter("rect"))) == 3
    assert "99%: 100.0% right of 2" in root.attrib["aria-label"]


def test_an_empty_class_has_a_bar_of_no_length() -> None:
    root = ElementTree.fromstring(balance_chart([0, 7], ("a", "b")))
    lengths = [float(bar.attrib["width"]) for bar in root.iter("rect")]
    assert lengths[0] == 0 < lengths[1]
