"""When an hypothesis stands out, and which images are looked at."""

import numpy as np
import pytest

from inkling.data.evidence import SAMPLED_IMAGES, choose, read_digits, sample
from inkling.types import Digits


@pytest.mark.parametrize(
    ("accuracies", "chosen"),
    [
        ({"a": 0.6}, "a"),
        ({"a": 0.59}, None),
        ({"a": 0.1, "b": 0.9}, "b"),
        ({"a": 0.8, "b": 0.4}, "a"),  # half as often right
        ({"a": 0.8, "b": 0.41}, None),
        ({"a": 0.8, "b": 0.1, "c": 0.5}, None),
    ],
)
def test_an_hypothesis_must_stand_out(accuracies: dict[str, float], chosen: str | None) -> None:
    assert choose(accuracies) == chosen


@pytest.mark.parametrize(
    "count", [1, 2, SAMPLED_IMAGES - 1, SAMPLED_IMAGES, SAMPLED_IMAGES + 1, 60_000]
)
def test_a_sample_is_spread_from_the_first_image_to_the_last(count: int) -> None:
    places = sample(count)
    assert len(places) == min(count, SAMPLED_IMAGES)
    assert (places[0], places[-1]) == (0, count - 1)
    assert np.ptp(np.diff(places)) <= 1 if count > 1 else True


def test_the_bundled_network_reads_digits(few: Digits) -> None:
    assert (read_digits(few.images) == few.labels).mean() > 0.85
