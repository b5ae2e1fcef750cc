"""Straight 1s beside a row are found; sides of frames, rulings and stains are not."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from inkling.reading.detect.components import find_components
from inkling.reading.detect.text_map import make_text_map
from inkling.reading.detect.upright import upright_strokes
from tests.reading.pictures import write_text

TOP, TALL = 34, 56  # where the digits of write_text stand, in rows


def scene(
    stroke: tuple[int, int, int, int],
    dark: float = 0.8,
    text: str = " 94 3",
    sure: float = 1.0,
    top: int = 0,
) -> np.ndarray:
    """Whether a bar x y w h beside a row of which the map knows all else is found, (H, W).

    `sure` is what the map says of the row; `top` rows of the picture are cut off.
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
        ("out of the picture", {"stroke": (55, TOP - 4, 8, 50), "top": TOP - 4}),
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
    picture = write_text(" 945")
    cv2.rectangle(picture, (56, TOP), (63, TOP + TALL - 2), 30, -1)
    paper = np.random.default_rng(0).normal(0, 4, picture.shape)
    writing = make_text_map(np.clip(picture + paper, 0, 255).astype(np.uint8))
    prob = writing.prob.copy()
    prob[:, 50:70] = 0
    found = find_components(replace(writing, prob=prob))
    assert any(50 <= x <= 60 and w < 14 and h > 38 for x, _, w, h in found.boxes.tolist())
