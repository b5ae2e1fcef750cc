"""What is found beside digits and not read is never left out in silence."""

from dataclasses import replace

import numpy as np
import pytest

from inkling.reading.recognise.crops import Crop
from inkling.reading.results import _part_unwritten
from inkling.types import Box

READ = np.array([0.01] * 7 + [0.92, 0.0, 0.0, 0.01], np.float32)  # surely a 7
NONE = np.array([0.01] * 10 + [0.9], np.float32)


def crop(height: int, ink_score: float, contrast: float = 1.0) -> Crop:
    pixels = np.zeros((28, 28), np.uint8)
    return Crop(Box(0, 0, 20, height), pixels, 2.0, contrast, 0, ink_score, 100)


@pytest.mark.parametrize(
    ("height", "ink_score", "contrast", "probs", "kept", "unread"),
    [
        (40, -3.0, 0.5, READ, True, False),  # a sure digit among digits, though hardly on the map
        (40, -5.0, 1.0, READ, False, False),  # a shadow may look like one
        (90, -3.5, 1.0, READ, False, False),  # nor is it one of them if it is far taller
        (40, 0.3, 0.59, NONE, False, True),  # writing that is no digit
        (40, 0.3, 0.61, NONE, True, False),  # ink as dark as the digits
        (90, 0.3, 1.0, NONE, False, True),
        (10, 0.3, 1.0, NONE, False, False),  # a speck
        (40, -2.0, 1.0, NONE, False, False),  # a stain
    ],
)
def test_what_stands_beside_digits(
    height: int, ink_score: float, contrast: float, probs: np.ndarray, kept: bool, unread: bool
) -> None:
    other = crop(height, ink_score, contrast)
    read, left = _part_unwritten([(crop(40, 1.0), READ), (crop(42, 1.0), READ), (other, probs)])
    assert any(each is other for each, _ in read) is kept
    assert any(each is other for each in left) is unread


def test_where_nothing_is_read_nothing_is_unread() -> None:
    assert _part_unwritten([(crop(40, 0.3), NONE)]) == ([], [])


@pytest.mark.parametrize(("contrast", "kept"), [(0.01, False), (0.03, True)])
def test_what_is_too_pale_to_be_seen_is_no_ink(contrast: float, kept: bool) -> None:
    pale = replace(crop(40, 1.0), contrast=contrast)
    read, unread = _part_unwritten([(crop(40, 1.0), READ), (crop(42, 1.0), READ), (pale, READ)])
    assert any(each is pale for each, _ in read) is kept
    assert not unread
