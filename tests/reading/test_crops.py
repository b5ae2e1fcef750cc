"""Crops: the ink of each part alone, where it stands in the image, how much it looks written."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.reading.detect.parts import Part
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.recognise.crops import (
    MARGIN,
    PATCH,
    box_of,
    crops_of_parts,
    find_candidates,
    find_crops,
    ink_score_of,
    own_ink,
    stack_ink,
    to_thumbnail,
)
from inkling.types import Box
from tests.reading.drawings import drawn_seven, drawn_zero, write_text
from tests.reading.maps import make_box, text_map

ndimage = pytest.importorskip("scipy.ndimage")  # the reference; the base extra lacks it


def owner_of(labels: np.ndarray, part: Part) -> np.ndarray:
    owner = np.zeros(int(labels.max()) + 1, np.uint8)
    owner[list(part.labels)] = 1
    return owner


@pytest.mark.parametrize("detail", [0.0, 1.5, 1.6])
@pytest.mark.parametrize("corner", [(20, 15), (0, 0), (1, 1), (34, 26)])
def test_a_part_has_its_own_ink_and_one_pixel_around(
    detail: float, corner: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    x, y = corner
    labels = np.zeros((30, 40), np.int32)
    labels[y : y + 4, x : x + 6] = 2 + (rng.random((4, 6)) > 0.3)
    writing = text_map(rng.random((30, 40)), rng.random((30, 40)), detail=detail)
    part = Part((3,), x, y, 6, 4, 10, 0.5, 1.0)
    ours = own_ink(writing, labels, part, owner_of(labels, part))
    near = ndimage.binary_dilation(labels == 3, np.ones((3, 3)))
    dark = np.minimum(writing.ink / 0.5, 1)
    if detail < 1.55:
        dark = (writing.prob + dark) / 2  # the map and the darkness weigh the same
    window = np.s_[max(0, y - 2) : y + 6, max(0, x - 2) : x + 8]
    np.testing.assert_allclose(ours, (dark * near)[window], atol=1e-6)


def test_each_part_stands_in_the_middle_of_a_field_as_large_as_the_largest() -> None:
    labels = np.zeros((120, 150), np.int32)
    labels[10:20, 10:14] = 1
    labels[50:70, 60:90] = 2
    writing = text_map((labels > 0) * 1.0)
    parts = [make_box(10, 10, 4, 10, label=1), make_box(60, 50, 30, 20, label=2)]
    fields = stack_ink(writing, labels, parts)
    assert fields.shape == (2, 20 + 4 + 2 * MARGIN, 30 + 4 + 2 * MARGIN)
    for field, (height, width) in zip(fields, ((10, 4), (20, 30)), strict=True):
        rows, columns = np.nonzero(field > 0.75)
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (height, width)
        assert abs(rows.mean() - (field.shape[0] - 1) / 2) <= 0.5
        assert abs(columns.mean() - (field.shape[1] - 1) / 2) <= 0.5


def test_a_large_part_is_shrunk_to_a_patch() -> None:
    labels = np.zeros((300, 300), np.int32)
    labels[20:276, 100:140] = 1
    fields = stack_ink(text_map(labels * 1.0), labels, [make_box(100, 20, 40, 256)])
    assert fields.shape[1] == PATCH + 2 * MARGIN
    assert fields.sum() == pytest.approx(256 * 40 * (64 / 260) ** 2, rel=0.1)


def test_a_crop_tells_all_that_is_known_of_its_part() -> None:
    labels = np.zeros((60, 80), np.int32)
    labels[10:30, 20:24] = 1
    labels[12:30, 50:53] = 2
    writing = text_map((labels > 0) * 0.8, (labels > 0) * 1.0, zoom=0.5)
    parts = [
        make_box(20, 10, 4, 20, label=1, level=0.8),
        make_box(50, 12, 3, 18, label=2, level=0.8, prob=0.6),
    ]
    crops = crops_of_parts(writing, labels, parts, [4, 7])
    assert [crop.box for crop in crops] == [Box(40, 20, 8, 40), Box(100, 24, 6, 36)]
    assert [(crop.contrast, crop.row, crop.area) for crop in crops] == [(0.8, 4, 80), (0.8, 7, 54)]
    made = normalise(stack_ink(writing, labels, parts))
    for index, crop in enumerate(crops):
        np.testing.assert_array_equal(crop.pixels, made.pixels[index])
        assert crop.stroke_width == pytest.approx(float(made.stroke_width[index]))
        assert crop.ink_score == ink_score_of(writing, parts[index])
    assert crops_of_parts(writing, labels, [], []) == []


@pytest.mark.parametrize(
    ("size", "prob", "ink_score"),
    [
        (15, 0.85, 0.0),
        (15, 1.0, 1.2),
        (30, 0.85, 0.5),  # no more for what is larger
        (20, 0.85, math.log(20 / 15)),
        (10, 0.85, math.log(10 / 15)),
        (1, 0.85, -1.5),  # and no less for what is smaller
        (15, 0.6, -2.0),
    ],
)
def test_an_ink_score_is_of_probability_and_size(size: int, prob: float, ink_score: float) -> None:
    writing = text_map(np.zeros((60, 100)))
    for w, h in ((size, 1), (1, size)):
        part = make_box(0, 0, w, h, prob=prob)
        assert ink_score_of(writing, part) == pytest.approx(ink_score, abs=1e-9)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 90), st.integers(1, 90))
def test_boxes_are_in_the_pixels_of_the_image(x: int, y: int, w: int, h: int) -> None:
    part = make_box(x, y, w, h)
    whole = text_map(np.zeros((2, 2)))
    assert box_of(part, whole) == Box(x, y, w, h)
    half = text_map(np.zeros((2, 2)), zoom=0.5)
    assert box_of(part, half) == Box(2 * x, 2 * y, 2 * w, 2 * h)
    near = replace(text_map(np.zeros((2, 2)), zoom=4.0), corner=(70, 30))
    corner = Box(70 + x // 4, 30 + y // 4, max(1, round(w / 4)), max(1, round(h / 4)))
    assert box_of(part, near) == corner


def test_an_image_of_the_right_size_keeps_its_pixels() -> None:
    zero = 255 - drawn_zero(28, 3)
    np.testing.assert_array_equal(to_thumbnail(zero), zero)
    np.testing.assert_array_equal(to_thumbnail(255 - zero), zero)
    assert to_thumbnail(np.stack([zero] * 3, axis=2)).shape == (28, 28)


def test_all_ink_of_a_labelled_image_is_its_digit() -> None:
    made = to_thumbnail(np.hstack([drawn_zero(), drawn_zero()]))  # 148 wide, 68 tall
    columns = np.flatnonzero(made.max(axis=0) > 128)
    rows = np.flatnonzero(made.max(axis=1) > 128)
    assert np.ptp(columns) + 1 == pytest.approx(20, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(20 * 68 / 148, abs=2)
    assert not to_thumbnail(np.full((50, 50), 255, np.uint8)).any()


def test_candidates_are_the_crops_and_what_they_may_be_cut_into() -> None:
    image = write_text("40")
    crops, candidates = find_crops(image), find_candidates(image)
    assert len(crops) == 2
    assert len(candidates) > len(crops)
    for crop, same in zip(crops, candidates, strict=False):
        np.testing.assert_array_equal(crop.pixels, same.pixels)
    assert {crop.row for crop in candidates} == {0}
    assert find_crops(drawn_seven())[0].box.h > 50
    assert find_candidates(np.full((40, 40), 255, np.uint8)) == []
