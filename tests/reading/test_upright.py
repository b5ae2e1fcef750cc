"""Straight 1s beside a row are found; sides of frames, rulings and stains are not."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from inkling.reading.detect.components import find_components
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.detect.upright import (
    _has_neighbour,
    _pen_width,
    _row_boxes,
    _standing,
    upright_strokes,
)
from tests.reading.drawings import write_text

TOP, TALL = 34, 56  # where the digits of write_text stand, in rows


def scene(
    stroke: tuple[int, int, int, int],
    dark: float = 0.8,
    text: str = " 94 3",
    sure: float = 1.0,
    top: int = 0,
) -> np.ndarray:
    """Whether a bar x y w h beside a row of which the map knows all else is found, (H, W).

    `sure` is what the map says of the row; `top` rows of the image are cut off.
    """
    ink = (245 - write_text(text)).astype(np.float32) / 245
    likely = (ink > 0.3).astype(np.uint8)
    x, y, w, h = stroke
    ink[y : y + h, x : x + w] = dark
    prob = likely.astype(np.float32) * np.float32(sure)
    return upright_strokes(ink[top:], prob[top:], likely[top:])


def test_a_straight_one_beside_a_row_is_found() -> None:
    found = scene((55, TOP + 2, 8, TALL - 4))
    rows, columns = np.nonzero(found)
    assert (columns.min(), columns.max() + 1) == (55, 63)
    assert np.ptp(rows) + 1 == TALL - 4


@pytest.mark.parametrize(
    ("broken", "changes"),
    [
        ("too tall: the side of a frame", {"stroke": (55, TOP - 8, 8, 72)}),
        ("too short: an accent", {"stroke": (55, TOP + 12, 8, 22)}),
        ("out of the image", {"stroke": (55, TOP - 4, 8, 50), "top": TOP - 4}),
        ("too pale: a stain", {"dark": 0.5}),
        ("too thin: a ruling", {"stroke": (55, TOP, 3, TALL)}),
        ("too broad: a bar", {"stroke": (33, TOP, 36, TALL)}),
        ("half below the row", {"stroke": (55, TOP + 28, 8, 50)}),
        ("far from the row", {"stroke": (20, TOP, 8, TALL), "text": "   94 3"}),
        ("beside one digit: a cell's side", {"text": " 9"}),
        ("beside what is hardly written", {"sure": 0.4}),
    ],
)
def test_what_is_no_one_is_left(broken: str, changes: dict[str, Any]) -> None:
    assert scene((55, TOP, 8, TALL)).any()
    assert not scene(**{"stroke": (55, TOP, 8, TALL)} | changes).any(), broken


def test_nothing_written_finds_nothing() -> None:
    empty = np.zeros((40, 60), np.float32)
    assert not upright_strokes(empty, empty, empty.astype(np.uint8)).any()


def test_a_stroke_that_the_map_lost_is_ink_again() -> None:
    image = write_text(" 945")
    cv2.rectangle(image, (56, TOP), (63, TOP + TALL - 2), 30, -1)
    paper = np.random.default_rng(0).normal(0, 4, image.shape)
    writing = make_text_map(np.clip(image + paper, 0, 255).astype(np.uint8))
    prob = writing.prob.copy()
    prob[:, 50:70] = 0
    found = find_components(replace(writing, prob=prob))
    assert any(50 <= x <= 60 and w < 14 and h > 38 for x, _, w, h in found.boxes.tolist())


ROW = np.array([[100, 40, 20, 60], [140, 40, 20, 60]])


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ((40, 40, 8, 60), True),
        ((32, 40, 8, 60), False),  # 60 pixels off: the height of the row
        ((33, 40, 8, 60), True),
        ((220, 40, 8, 60), False),
        ((219, 40, 8, 60), True),
        ((91, 40, 8, 60), True),
        ((60, 85, 8, 60), False),  # 15 of its rows are beside: a quarter
        ((60, 55, 8, 60), False),  # 45 are three quarters
        ((60, 54, 8, 60), True),
        ((60, 25, 8, 60), False),
        ((60, 26, 8, 60), True),
        ((124, 40, 8, 60), True),  # between two of them
    ],
)
def test_a_neighbour_is_near_and_beside(box: tuple[int, int, int, int], found: bool) -> None:
    assert _has_neighbour(box, ROW, 60.0) is found


def test_what_touches_its_neighbour_is_a_part_of_it() -> None:
    for x, found in ((92, False), (91, True), (120, False), (121, True), (110, False)):
        assert _has_neighbour((x, 40, 8, 60), ROW[:1], 60.0) is found


@pytest.mark.parametrize(
    ("box", "stands"),
    [
        ((10, 10, 8, 33), True),  # 0.55 of the row's height
        ((10, 10, 8, 32), False),
        ((10, 10, 8, 72), True),  # 1.2 of it
        ((10, 10, 8, 73), False),
        ((10, 10, 25, 40), True),  # 1.6 times as tall as wide
        ((10, 10, 26, 40), False),
        ((1, 1, 8, 60), True),
        ((0, 10, 8, 60), False),
        ((10, 0, 8, 60), False),
        ((191, 39, 8, 60), True),  # one pixel from the right and from below
        ((192, 10, 8, 60), False),
        ((10, 40, 8, 60), False),
    ],
)
def test_a_stroke_stands_inside_the_image_as_tall_as_the_row(
    box: tuple[int, int, int, int], stands: bool
) -> None:
    stats = np.array([(0, 0, 200, 100, 20000), (*box, box[2] * box[3])])
    assert _standing(stats, 60.0, (100, 200)) == ([1] if stands else [])


@pytest.mark.parametrize("width", [5, 8, 14])
def test_a_pen_is_as_wide_as_its_strokes(width: int) -> None:
    mask = np.zeros((120, 60), np.uint8)
    mask[10:110, 20 : 20 + width] = 1
    assert _pen_width(mask) == pytest.approx(width, rel=0.2)


def test_the_row_is_what_is_surely_written_and_tall() -> None:
    likely = np.zeros((100, 100), np.uint8)
    prob = np.zeros((100, 100), np.float32)
    for x, height, sure in ((5, 60, 0.56), (20, 60, 0.55), (35, 31, 0.9), (50, 30, 0.9)):
        likely[10 : 10 + height, x : x + 8] = 1
        prob[10 : 10 + height, x : x + 8] = 0.3
        prob[20, x] = sure
    assert _row_boxes(prob, likely)[:, 0].tolist() == [5, 35]  # above half the tallest
    assert len(_row_boxes(prob * 0, likely)) == 0
