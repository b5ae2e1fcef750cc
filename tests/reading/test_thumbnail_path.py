"""The fast path for thumbnails, and when the slow path overrules it."""

import pytest

from inkling.reading.thumbnail_path import overrules
from inkling.types import Box, Prediction, Reading, Verdict


@pytest.mark.parametrize(
    ("confidences", "verdict", "several"),
    [
        ((0.9, 0.95), "digits", True),
        ((0.89, 0.95), "digits", False),
        ((0.95, 0.95), "unsure", False),
        ((0.99,), "digits", False),
        ((), "blank", True),
        ((0.4, 0.4), "not-a-digit", True),
    ],
)
def test_when_the_slow_path_overrules_a_refusal(
    confidences: tuple[float, ...], verdict: Verdict, several: bool
) -> None:
    digits = tuple(
        Prediction(1, confidence, Box(9 * k, 0, 4, 20), (), "digits", (), "1")
        for k, confidence in enumerate(confidences)
    )
    reading = Reading("x", verdict, "1" * len(digits), digits, (tuple(range(len(digits))),))
    assert overrules(reading) is several
