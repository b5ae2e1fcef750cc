"""Readings survive the way through JSON: `from_json` is the inverse of `as_json`."""

import json
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from inkling.types import (
    Alternative,
    Box,
    Mark,
    MarkKind,
    Prediction,
    Reading,
    Rotation,
    Verdict,
)

PIXELS = st.integers(0, 10_000)
BOXES = st.builds(Box, PIXELS, PIXELS, PIXELS, PIXELS)
PROBS = st.floats(0, 1).map(lambda value: round(value, 6))
VERDICTS = st.sampled_from(get_args(Verdict))
LABELLED = st.one_of(
    st.integers(0, 9).map(lambda digit: (digit, str(digit))),
    st.text(min_size=1, max_size=5)
    .filter(lambda label: label not in "0123456789")
    .map(lambda label: (None, label)),
)


@st.composite
def alternatives(draw: st.DrawFn) -> Alternative:
    digit, label = draw(LABELLED)
    return Alternative(digit, draw(PROBS), label)


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    digit, label = draw(LABELLED)
    others = tuple(draw(st.lists(alternatives(), max_size=3)))
    doubts = tuple(draw(st.lists(st.text(), max_size=2)))
    return Prediction(digit, draw(PROBS), draw(BOXES), others, draw(VERDICTS), doubts, label)


READINGS = st.builds(
    Reading,
    image=st.text(),
    verdict=VERDICTS,
    text=st.text(),
    digits=st.lists(predictions(), max_size=3).map(tuple),
    lines=st.lists(st.lists(st.integers(0, 9), max_size=3).map(tuple), max_size=3).map(tuple),
    others=st.lists(st.builds(Mark, st.sampled_from(get_args(MarkKind)), BOXES), max_size=3).map(
        tuple
    ),
    rotation=st.sampled_from(get_args(Rotation)),
)


@given(READINGS)
def test_json_gives_the_same_reading(reading: Reading) -> None:
    assert Reading.from_json(json.loads(json.dumps(reading.as_json()))) == reading


@given(READINGS)
def test_an_older_service_may_leave_fields_out(reading: Reading) -> None:
    entry = reading.as_json()
    for key in ("lines", "others", "rotation"):
        del entry[key]
    found = Reading.from_json(entry)
    assert (found.lines, found.others, found.rotation) == ((), (), 0)
    assert found.digits == reading.digits
