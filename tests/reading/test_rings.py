"""Circles around digits are left out; digits with holes stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.detect.parts import Part
from inkling.reading.detect.rings import _hole, _lies_in, without_rings
from inkling.reading.pipeline import Reader
from inkling.types import Reading
from tests.reading.drawings import write_text
from tests.reading.maps import make_box


def parts_of(mask: np.ndarray) -> tuple[list[Part], np.ndarray]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    boxes = [[int(value) for value in row] for row in stats]
    return [
        Part((k,), x, y, w, h, area, 1.0, 1.0) for k, (x, y, w, h, area) in enumerate(boxes) if k
    ], np.asarray(labels, np.int32)


def circle(axes: tuple[int, int] = (40, 40), start: int = 0, width: int = 5) -> np.ndarray:
    mask = np.zeros((160, 160), np.uint8)
    cv2.ellipse(mask, (80, 80), axes, 0, start, 360, 1, width)
    return mask


def stroke(height: int, width: int = 8, x: int = 80, y: int = 80) -> np.ndarray:
    mask = np.zeros((160, 160), np.uint8)
    mask[y - height // 2 : y + height // 2, x - width // 2 : x + width // 2] = 1
    return mask


@pytest.mark.parametrize(
    ("mask", "left"),
    [
        (circle() | stroke(50), 1),
        (circle(start=13) | stroke(50), 1),  # not quite closed
        (circle(start=60) | stroke(50), 2),  # open: it may be a C
        (circle(), 1),  # a zero
        (circle() | stroke(12), 2),  # a zero with a point in it
        (circle((24, 40)) | stroke(50), 2),  # a narrow zero with a stroke in it
        (circle() | stroke(50, x=150), 2),  # beside it
        (circle(width=22) | stroke(30), 2),  # a thick blot
    ],
)
def test_a_circle_around_a_digit_is_left_out(mask: np.ndarray, left: int) -> None:
    parts, labels = parts_of(mask)
    kept = without_rings(parts, labels)
    assert len(kept) == left
    assert all(part in parts for part in kept)


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        ((30, 30, 20, 40), True),
        ((10, 30, 20, 40), False),  # at the left side of the ring
        ((11, 30, 20, 40), True),
        ((70, 30, 20, 40), False),  # its right side
        ((69, 30, 20, 40), True),
        ((30, 10, 20, 40), False),  # its top
        ((30, 11, 20, 40), True),
        ((30, 50, 20, 40), False),  # its bottom
        ((30, 49, 20, 40), True),
        ((30, 30, 20, 20), False),  # 0.25 of its height
        ((30, 30, 20, 21), True),
        ((30, 12, 20, 68), False),  # 0.85 of it
        ((30, 12, 20, 67), True),
    ],
)
def test_a_digit_lies_within_its_ring(box: tuple[int, int, int, int], inside: bool) -> None:
    assert _lies_in(make_box(*box), make_box(10, 10, 80, 80)) is inside


@given(st.integers(10, 60), st.integers(2, 6))
def test_the_hole_of_a_circle_is_what_it_encloses(radius: int, width: int) -> None:
    mask = np.zeros((160, 160), np.uint8)
    cv2.circle(mask, (80, 80), radius, 1, width)
    parts, labels = parts_of(mask)
    filled = np.zeros_like(mask)
    cv2.circle(filled, (80, 80), radius, 1, -1)
    box = np.s_[parts[0].y : parts[0].bottom, parts[0].x : parts[0].right]
    np.testing.assert_array_equal(_hole(parts[0], labels), ((filled | mask) & (1 - mask))[box] > 0)


def test_circled_digits_are_read_as_digits() -> None:
    """Reported: circled digits were refused."""
    image = write_text("4 7 2", 44)
    for x in (42, 130, 218):
        cv2.circle(image, (x, 45), 38, 30, 3, cv2.LINE_AA)
    answer = Reader.load().read([image])[0]
    assert isinstance(answer, Reading)
    assert answer.text.replace(" ", "") == "472"
