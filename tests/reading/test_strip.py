"""Lines as strips: level, upright and of one height, wherever and however they stood."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.detect.segments import segment
from inkling.reading.detect.text_map import TextMap, make_text_map
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.lattice import line_height
from inkling.reading.recognise.strip import (
    DIGIT,
    HEIGHT,
    LONGEST,
    MARGIN,
    Strip,
    _straighten,
    cut_strip,
)
from inkling.types import Reading
from tests.reading.drawings import write_text


def strip_of(image: np.ndarray) -> tuple[Strip, TextMap, float]:
    writing = make_text_map(image)
    segments = segment(writing)
    strokes = max(segments.strokes, key=len)
    return cut_strip(writing, segments.labels, strokes), writing, line_height(strokes)


def rows_of_ink(strip: Strip) -> np.ndarray:
    return np.flatnonzero(strip.pixels.max(axis=1) > 128)


def test_the_line_is_of_one_height_whatever_the_image() -> None:
    widths = []
    for zoom in (0.6, 1.0, 3.0):
        image = cv2.resize(write_text("4027"), None, fx=zoom, fy=zoom)
        strip, _, _ = strip_of(image)
        tall = np.ptp(rows_of_ink(strip)) + 1
        assert strip.pixels.shape[0] == HEIGHT
        assert DIGIT - 2 <= tall <= DIGIT + 3
        widths.append(strip.pixels.shape[1])
    assert max(widths) - min(widths) <= 5


def test_a_climbing_line_becomes_level() -> None:
    level, _, _ = strip_of(write_text("402713"))
    height, width = write_text("402713").shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 8, 1)
    turned = cv2.warpAffine(write_text("402713"), turn, (width, height), borderValue=245)
    strip, _, _ = strip_of(turned)
    assert np.ptp(rows_of_ink(strip)) <= np.ptp(rows_of_ink(level)) + 4


@settings(max_examples=20)
@given(st.floats(-0.5, 0.5), st.floats(0.5, 2.0))
def test_columns_are_those_of_the_ink(lean: float, zoom: float) -> None:
    image = write_text("1011")
    shear = np.array([[zoom, lean, 60.0], [0, zoom, 0.0]])
    size = int(image.shape[1] * zoom + 140), int(image.shape[0] * zoom)
    leaning = cv2.warpAffine(image, shear, size, borderValue=245)
    strip, writing, _ = strip_of(leaning)
    rows, columns = np.nonzero(writing.ink > 0.6)
    found = np.array(
        [strip.column_of(x, y) for x, y in zip(columns.tolist(), rows.tolist(), strict=True)]
    )
    inked = np.flatnonzero(strip.pixels.max(axis=0) > 60)
    assert abs(found.min() - inked[0]) < 3
    assert abs(found.max() - inked[-1]) < 3


@pytest.mark.parametrize("height", [-40, 40])
def test_a_curved_line_becomes_level(height: int) -> None:
    image = write_text("4027130582")
    image = cv2.copyMakeBorder(image, 60, 60, 0, 0, cv2.BORDER_CONSTANT, value=245)
    columns = np.arange(image.shape[1], dtype=np.float32)
    rows = np.arange(image.shape[0], dtype=np.float32)[:, None]
    arc = height * np.sin(columns / columns[-1] * 2 * np.pi).astype(np.float32)
    x, y = np.broadcast_arrays(columns[None], rows + arc[None])
    curved = cv2.remap(image, x.copy(), y.copy(), cv2.INTER_LINEAR, borderValue=245.0)
    level, _, _ = strip_of(image)
    strip, _, _ = strip_of(curved)
    assert np.ptp(rows_of_ink(strip)) <= np.ptp(rows_of_ink(level)) + 4
    assert abs(strip.pixels.shape[1] - level.pixels.shape[1]) < 30


def test_ground_is_left_on_both_sides() -> None:
    strip, _, _ = strip_of(write_text("77"))
    inked = np.flatnonzero(strip.pixels.max(axis=0) > 128)
    assert abs(inked[0] - MARGIN) <= 2
    assert abs(strip.pixels.shape[1] - 1 - inked[-1] - MARGIN) <= 2


@pytest.mark.parametrize("shape", [(3, 3), (3, 40), (40, 3), (12, 900)])
def test_any_mark_makes_a_strip(shape: tuple[int, int]) -> None:
    image = np.full((120, 1000), 250, np.uint8)
    image[40 : 40 + shape[0], 30 : 30 + shape[1]] = 20
    writing = make_text_map(image)
    segments = segment(writing)
    for strokes in segments.strokes:
        strip = cut_strip(writing, segments.labels, strokes)
        assert strip.pixels.shape[0] == HEIGHT
        assert 1 <= strip.pixels.shape[1] <= LONGEST
        assert strip.pixels.max() > 60


def test_a_long_row_is_read_whole() -> None:
    text = "".join(map(str, np.random.default_rng(0).integers(0, 10, 40)))
    answer = Reader.load().read([write_text(text, 30)])[0]
    assert isinstance(answer, Reading)
    assert len(answer.text) == 40
    assert sum(a == b for a, b in zip(answer.text, text, strict=True)) >= 37


def test_an_upright_line_keeps_its_pixels_between_its_margins() -> None:
    """Its middle lies in the middle of the strip; the ends of its ink are margins away."""
    ink = np.zeros((20, 70), np.float32)
    ink[0:20, 10:13] = ink[0:20, 30:33] = ink[0:20, 57:60] = 1
    pixels, matrix = _straighten(ink)
    assert pixels.shape == (HEIGHT, 49 + 1 + 2 * MARGIN)
    columns, rows = np.flatnonzero(pixels.max(axis=0)), np.flatnonzero(pixels.max(axis=1))
    assert (columns[0], columns[-1]) == (MARGIN, MARGIN + 49)
    assert (rows[0], rows[-1]) == (6, 25)
    np.testing.assert_array_equal(pixels[6:26, MARGIN:-MARGIN], 255 * ink[:, 10:60])
    np.testing.assert_allclose(matrix @ (10, 0, 1), (MARGIN, 6))


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.3, 0.3), st.integers(4, 10))
def test_a_slope_is_taken_off_as_if_the_line_were_a_digit_longer(slope: float, count: int) -> None:
    ink = np.zeros((200, 40 * count), np.float32)
    for k in range(count):
        top = round(80 + slope * 40 * k)
        ink[top : top + 20, 40 * k + 10 : 40 * k + 13] = 1
    rows, columns = np.nonzero(ink)
    y, x = rows - rows.mean(), columns - columns.mean()
    expected = (y * x).mean() / ((x**2).mean() + DIGIT**2)
    pixels, matrix = _straighten(ink)
    assert -matrix[1, 0] == pytest.approx(expected)
    np.testing.assert_allclose(matrix @ (columns.mean(), rows.mean(), 1.0), (
        matrix[0] @ (columns.mean(), rows.mean(), 1.0), (HEIGHT - 1) / 2
    ))  # fmt: skip
    assert pixels.shape[0] == HEIGHT


def test_a_steep_line_is_taken_off_in_part_and_faint_ink_is_still_a_line() -> None:
    ink = np.zeros((300, 320), np.float32)
    for k in range(8):
        ink[30 * k : 30 * k + 20, 40 * k + 10 : 40 * k + 13] = 1
    assert -_straighten(ink)[1][1, 0] == pytest.approx(0.4)
    assert -_straighten(ink[:, ::-1].copy())[1][1, 0] == pytest.approx(-0.4)
    assert _straighten(0.2 * ink)[0].max() > 40


def test_a_line_has_a_greatest_length() -> None:
    ink = np.zeros((20, LONGEST + 100), np.float32)
    ink[5:15, 3:6] = ink[5:15, -6:-3] = 1
    assert _straighten(ink)[0].shape == (HEIGHT, LONGEST)
