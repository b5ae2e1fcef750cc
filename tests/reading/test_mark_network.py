"""What the network of marks is shown of a part and of its line; drawn marks are known."""

import numpy as np
import pytest

from inkling.reading.detect.parts import Part
from inkling.reading.recognise.mark_network import (
    CLASSES,
    DIGIT,
    HEIGHT,
    WIDTH,
    _ink_of,
    _measure_line,
    _own_part,
    classify_marks,
    mark_windows,
)
from tests.reading.maps import make_box, text_map


def scene(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (160, 400)) -> tuple:
    labels = np.zeros(shape, np.int32)
    for label, (x, y, w, h) in enumerate(boxes, 1):
        labels[y : y + h, x : x + w] = label
    parts = [make_box(*box, label=label) for label, box in enumerate(boxes, 1)]
    return text_map((labels > 0) * 1.0), labels, parts


def extent(window: np.ndarray) -> tuple[float, float, float, float]:
    """Middle x, middle y, width and height of what is inked."""
    rows, columns = np.nonzero(window > 127)
    return (
        (columns.min() + columns.max() + 1) / 2,
        (rows.min() + rows.max() + 1) / 2,
        np.ptp(columns) + 1,
        np.ptp(rows) + 1,
    )


def test_a_part_stands_in_the_middle_of_its_window_at_the_scale_of_its_line() -> None:
    boxes = [(50, 40, 24, 60), (100, 40, 24, 60), (150, 40, 24, 60)]
    windows = mark_windows(*scene(*boxes))
    assert windows.shape == (3, 2, HEIGHT, WIDTH)
    for own, _ in windows:
        x, y, w, h = extent(own)
        assert x == pytest.approx(WIDTH / 2, abs=1)
        assert y == pytest.approx(HEIGHT / 2, abs=1)
        assert w == pytest.approx(24 * DIGIT / 60, abs=1)
        assert h == pytest.approx(DIGIT, abs=1)
    assert (windows[1, 1] > 127).sum() == pytest.approx(3 * (windows[1, 0] > 127).sum(), rel=0.1)
    # The neighbours stand a third of a window's width aside: 50 pixels of the image.
    columns = np.flatnonzero((windows[1, 1] > 127).any(axis=0))
    assert np.ptp(columns) + 1 == pytest.approx(124 / 3, abs=1.5)


def test_a_mark_keeps_its_place_below_the_middle() -> None:
    boxes = [(50, 40, 24, 60), (100, 40, 24, 60), (82, 94, 6, 6)]
    own = mark_windows(*scene(*boxes))[2, 0]
    x, y, w, h = extent(own)
    assert x == pytest.approx(WIDTH / 2, abs=1)
    assert y == pytest.approx(HEIGHT / 2 + 27 / 3, abs=1)
    assert (w, h) == pytest.approx((2, 2), abs=1)


def climbing(slope: float) -> tuple:
    boxes = [(50 + 40 * k, round(150 + slope * 40 * k), 20, 40) for k in range(5)]
    return scene(*boxes, shape=(340, 400))


@pytest.mark.parametrize("slope", [-0.3, 0.0, 0.2])
def test_a_climbing_line_is_turned_level(slope: float) -> None:
    writing, labels, parts = climbing(slope)
    line = _measure_line(writing, labels, parts)
    xs = np.array([60 + 40 * k for k in range(5)], float) / 2
    away = xs - xs.mean()
    expected = slope * (away**2).sum() / ((away**2).sum() + DIGIT**2)
    assert line.slope == pytest.approx(expected, abs=0.01)
    assert line.scale == pytest.approx(0.5)
    assert line.corner == (50, min(part.y for part in parts))
    windows = mark_windows(writing, labels, parts)
    _, y, _, _ = extent(windows[2, 0])
    assert y == pytest.approx(HEIGHT / 2, abs=1)
    tall = [extent(windows[2, 1])[3], extent(windows[2, 0])[3]]
    assert tall[0] < tall[1] + 4


@pytest.mark.parametrize(("slope", "taken"), [(0.6, True), (0.9, False)])
def test_a_line_that_seems_too_steep_is_taken_as_level(slope: float, taken: bool) -> None:
    line = _measure_line(*climbing(slope))
    assert (line.slope > 0) is taken
    assert abs(line.slope) < 0.6


def test_small_parts_do_not_say_where_the_line_runs() -> None:
    writing, labels, parts = scene((50, 40, 24, 60), (100, 40, 24, 60), (200, 94, 6, 6))
    line = _measure_line(writing, labels, parts)
    assert line.slope == pytest.approx(0)
    assert line.middle[1] == pytest.approx(30 / 3)
    assert line.middle[0] == pytest.approx((62 + 112) / 2 / 3 - 50 / 3)


def test_the_ink_of_a_part_is_its_own_and_at_most_full() -> None:
    labels = np.array([[0, 1, 1, 2], [0, 1, 2, 2]], np.int32)
    writing = text_map([[0, 0.2, 0.9, 0.9], [0.5, 0.5, 0.5, 0.5]])
    part = Part((1,), 1, 0, 2, 2, 3, 0.5, 1.0)
    np.testing.assert_allclose(_ink_of(writing, labels, part), [[0.4, 1], [1, 0]])


def test_a_part_keeps_its_place_in_the_line() -> None:
    writing, labels, parts = scene((50, 40, 20, 40), (100, 50, 20, 30))
    line = _measure_line(writing, labels, parts)
    field = _own_part(writing, labels, parts[1], line)
    assert field.shape == line.ink.shape == (20, 35)
    rows, columns = np.nonzero(field > 0.5)
    assert (columns.min(), columns.max()) == (25, 34)
    assert (rows.min(), rows.max()) == (5, 19)


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ((140, 96, 9, 9), "point"),
        ((140, 66, 24, 7), "minus"),
        ((140, 40, 3, 60), "ruling"),  # a thin line among bars
    ],
)
def test_drawn_marks_are_known(mark: tuple[int, int, int, int], kind: str) -> None:
    boxes = [(50, 40, 9, 60), (96, 40, 9, 60), mark, (196, 40, 9, 60)]
    probs = classify_marks(*scene(*boxes))
    assert probs.shape == (4, len(CLASSES))
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)
    assert CLASSES[int(probs[2].argmax())] == kind
