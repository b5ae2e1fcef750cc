"""Ink to parts: specks, stains, frames and rules are no digits; parts stand in reading order."""

import numpy as np
import pytest

from inkling.reading.detect.parts import Part
from inkling.reading.detect.segments import (
    MOST,
    MOST_SPECKS,
    _along_edge,
    _is_loose_rule,
    _lies_outside,
    _part_specks,
    _specks_by_line,
    image_size,
    segment,
)
from tests.reading.maps import make_box, text_map

LABELS = np.zeros((200, 300), np.int32)
MAIN = make_box(100, 60, 40, 80)


def drawn(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (200, 300)) -> np.ndarray:
    ink = np.zeros(shape, np.float32)
    for x, y, w, h in boxes:
        ink[y : y + h, x : x + w] = 1
    return ink


def test_parts_stand_in_reading_order_with_their_lines() -> None:
    ink = drawn((150, 20, 20, 40), (100, 22, 20, 40), (90, 120, 20, 40), (160, 118, 20, 40))
    found = segment(text_map(ink))
    assert [(part.x, part.y) for part in found.parts] == [
        (100, 22),
        (150, 20),
        (90, 120),
        (160, 118),
    ]
    assert found.rows == (0, 0, 1, 1)
    assert [len(line) for line in found.strokes] == [2, 2]
    for part in found.parts:
        own = np.isin(found.labels, part.labels)
        assert own.sum() == part.area == own[part.y : part.bottom, part.x : part.right].sum()


def test_strokes_above_each_other_are_joined_before_strokes_beside_each_other() -> None:
    bar, body, piece = (100, 30, 30, 5), (102, 38, 24, 45), (128, 50, 5, 16)
    found = segment(text_map(drawn(bar, body, piece, (180, 30, 30, 53))))
    assert len(found.strokes[0]) == 3  # the bar and its body, the piece, the other digit
    assert len(found.parts) == 2


def test_nothing_has_no_parts() -> None:
    found = segment(text_map(drawn()))
    assert (found.parts, found.rows, found.strokes, found.specks) == ((), (), (), ())


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "part"),
        ({"w": 10, "h": 11}, "part"),  # 0.13 of the main part's 80 pixels is 10.4
        ({"w": 10, "h": 10}, "speck"),
        ({"w": 4, "h": 4}, "speck"),  # 0.04 of it is 3.2
        ({"w": 3, "h": 3}, "dust"),
        ({"w": 20, "h": 20, "area": 33}, "part"),  # 0.01 of the main part's area is 32
        ({"w": 20, "h": 20, "area": 32}, "speck"),
        ({"level": 0.36}, "part"),
        ({"level": 0.35}, "dust"),
    ],
)
def test_how_large_and_dark_a_part_must_be(changes: dict, kind: str) -> None:
    box = {"x": 200, "y": 80, "w": 30, "h": 60, "label": 2} | changes
    other = make_box(box.pop("x"), box.pop("y"), box.pop("w"), box.pop("h"), **box)
    parts, specks = _part_specks([other, MAIN], LABELS)
    assert (other in parts, other in specks) == (kind == "part", kind == "speck")
    assert MAIN in parts


def test_of_a_large_image_what_is_tiny_is_a_speck() -> None:
    labels = np.zeros((900, 1000), np.int32)
    small = [make_box(400, 400, 12, size, label=size) for size in (20, 21)]
    parts, specks = _part_specks([make_box(100, 100, 30, 60), *small], labels)
    assert [part.h for part in parts] == [60, 21]
    assert [speck.h for speck in specks] == [20]


def test_the_main_part_is_the_one_with_most_ink() -> None:
    pale, dark = make_box(60, 60, 60, 60, level=0.3), make_box(200, 60, 30, 50, level=1.0, label=2)
    assert _part_specks([pale, dark], LABELS)[0] == [dark]


def test_many_specks_are_a_texture() -> None:
    specks = [make_box(3 + 6 * k, 20, 5, 5, label=k + 2) for k in range(41)]
    assert len(specks) - 1 == MOST_SPECKS
    assert _part_specks([MAIN, *specks[:-1]], LABELS)[1] == specks[:-1]
    assert _part_specks([MAIN, *specks], LABELS)[1] == []


def test_the_largest_parts_are_kept() -> None:
    labels = np.zeros((1200, 1200), np.int32)
    parts = [make_box(50 + 50 * (k % 21), 50 + 50 * (k // 21), 30, 30, label=k + 1, area=500 + k)
             for k in range(MOST + 5)]  # fmt: skip
    kept, _ = _part_specks(parts, labels)
    assert [part.area for part in kept] == [500 + k for k in range(MOST + 4, 4, -1)]


@pytest.mark.parametrize(
    ("shape", "size"), [((100, 300), 300), ((100, 400), 400), ((100, 500), 400), ((500, 100), 400)]
)
def test_the_size_of_a_long_strip_is_bounded(shape: tuple[int, int], size: int) -> None:
    assert image_size(shape) == size


@pytest.mark.parametrize(
    ("part", "loose"),
    [
        (make_box(90, 30, 60, 3, label=2), True),
        (make_box(90, 150, 60, 3, label=2), True),
        (make_box(90, 136, 60, 3, label=2), False),  # it touches the main ink
        (make_box(90, 142, 60, 3, label=2), True),  # 2 rows off; 0.02 of its height is 1.6
        (make_box(90, 141, 60, 3, label=2), False),
        (make_box(100, 30, 48, 3, label=2), False),  # no wider than 1.2 times it
        (make_box(100, 30, 49, 3, label=2), True),
        (make_box(90, 20, 60, 18, label=2, area=180), False),  # as tall as 0.3 of its width
        (make_box(90, 20, 60, 17, label=2, area=180), True),
        (make_box(90, 30, 60, 13, label=2, area=720), False),  # 12 thick: no more than 5 times
        (make_box(90, 30, 60, 13, label=2, area=719), True),
    ],
)
def test_a_loose_rule_is_flat_wide_and_apart(part: Part, loose: bool) -> None:
    assert _is_loose_rule(part, MAIN) is loose
    assert not _is_loose_rule(MAIN, MAIN)


@pytest.mark.parametrize(
    ("part", "edge"),
    [
        (make_box(0, 50, 20, 100), True),  # to 0.1 of the shorter side
        (make_box(0, 50, 21, 100), True),  # 100 pixels lie farther in: less than 0.08 of them
        (make_box(0, 50, 22, 100), False),
        (make_box(280, 50, 20, 100), True),
        (make_box(278, 50, 22, 100), False),
        (make_box(50, 0, 100, 20), True),
        (make_box(50, 0, 100, 22), False),
        (make_box(50, 180, 100, 20), True),
        (make_box(50, 178, 100, 22), False),
        (make_box(1, 50, 10, 100), False),  # it does not touch the edge
        (make_box(50, 1, 100, 10), False),
        (make_box(50, 189, 100, 10), False),
        (make_box(289, 50, 10, 100), False),
    ],
)
def test_what_lies_thin_along_an_edge_is_a_frame(part: Part, edge: bool) -> None:
    labels = LABELS.copy()
    labels[part.y : part.bottom, part.x : part.right] = 1
    assert _along_edge(part, labels) is edge


@pytest.mark.parametrize(("inside", "frame"), [(8, True), (9, False)])
def test_a_frame_of_several_sides_lies_near_the_edges(inside: int, frame: bool) -> None:
    labels = np.zeros((200, 300), np.int32)
    labels[0, :60] = labels[:40, 0] = 1  # 99 pixels along two sides
    labels[100, 100 : 100 + inside] = 1
    part = make_box(0, 0, 300, 200, area=100)
    assert _lies_outside(part, labels, 20) is frame
    assert _along_edge(part, labels) is frame


def test_what_lies_within_the_margin_is_outside_on_every_side() -> None:
    for y, x in ((19, 150), (180, 150), (100, 19), (100, 280)):
        labels = np.zeros((200, 300), np.int32)
        labels[y, x] = 1
        assert _lies_outside(make_box(x, y, 1, 1), labels, 20), (y, x)
    for y, x in ((20, 150), (179, 150), (100, 20), (100, 279)):
        labels = np.zeros((200, 300), np.int32)
        labels[y, x] = 1
        assert not _lies_outside(make_box(x, y, 1, 1), labels, 20), (y, x)


@pytest.mark.parametrize(
    ("speck", "line"),
    [
        (make_box(142, 130, 6, 6), 0),  # beside the foot of the last digit
        (make_box(150, 132, 6, 6), 0),
        (make_box(200, 132, 6, 6), 0),  # its middle is 63 pixels off; 0.8 heights are 64
        (make_box(201, 132, 6, 6), None),
        (make_box(120, 20, 6, 6), None),  # 37 rows above the digit, 0.8 of half its height is 32
        (make_box(120, 27, 6, 6), 0),
        (make_box(142, 100, 40, 6), None),  # no smaller than half the digit
        (make_box(142, 100, 39, 6), 0),
        (make_box(150, 250, 6, 6), 1),
    ],
)
def test_a_speck_belongs_to_the_stroke_close_beside_it(speck: Part, line: int | None) -> None:
    lines = [(MAIN,), (make_box(100, 200, 40, 80, label=2),)]
    found = _specks_by_line([speck], lines)
    assert [list(each) for each in found] == [[speck] if k == line else [] for k in range(2)]
