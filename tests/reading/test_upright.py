"""Straight 1s beside a row are found; sides of frames, rulings and stains are not."""

import cv2
import numpy as np
import pytest

from inkling.reading.reader import Reader
from inkling.reading.upright import upright_strokes
from tests.reading.pictures import write_text

TOP, TALL = 38, 46  # where write_text's digits stand, in rows


def scene(stroke: tuple[int, int, int, int], dark: float = 0.8, text: str = " 94 3") -> np.ndarray:
    """Whether a bar x y w h beside a row of which the map knows all else is found, (H, W)."""
    ink = (245 - write_text(text)).astype(np.float32) / 245
    likely = (ink > 0.3).astype(np.uint8)
    odds = likely.astype(np.float32)
    x, y, w, h = stroke
    ink[y : y + h, x : x + w] = dark
    return upright_strokes(ink, odds, likely)


def test_a_straight_one_beside_a_row_is_found() -> None:
    found = scene((55, TOP + 2, 6, TALL - 4))
    rows, columns = np.nonzero(found)
    assert (columns.min(), columns.max() + 1) == (55, 61)
    assert np.ptp(rows) + 1 == TALL - 4


@pytest.mark.parametrize(
    ("stroke", "dark", "text"),
    [
        ((55, 12, 6, 96), 0.8, " 94 3"),  # the side of a frame
        ((55, 0, 6, 70), 0.8, " 94 3"),  # a line that leaves the picture
        ((55, TOP, 6, TALL), 0.3, " 94 3"),  # a stain
        ((55, TOP, 2, TALL), 0.8, " 94 3"),  # a thin ruling
        ((36, TOP, 32, TALL), 0.8, " 94 3"),  # a bar
        ((55, TOP + 34, 6, 30), 0.8, " 94 3"),  # half below the row
        ((20, TOP, 6, TALL), 0.8, "   94 3"),  # far from the row
        ((55, TOP, 6, TALL), 0.8, " 9"),  # beside one digit it may be a cell's side
    ],
)
def test_what_is_no_one_is_left(stroke: tuple[int, int, int, int], dark: float, text: str) -> None:
    assert not scene(stroke, dark, text).any()


def test_nothing_written_finds_nothing() -> None:
    empty = np.zeros((40, 60), np.float32)
    assert not upright_strokes(empty, empty, empty.astype(np.uint8)).any()


def test_a_leading_one_close_to_the_edge_is_read() -> None:
    picture = write_text(" 945")[:, 50:]
    cv2.rectangle(picture, (6, TOP), (11, TOP + TALL - 2), 30, -1)
    rng = np.random.default_rng(0)
    paper = np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    answer = Reader.load().read([paper])[0]
    assert getattr(answer, "text", answer) == "1945"
