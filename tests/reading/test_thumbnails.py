"""Digits cropped to their ink, as user code does it: small, soft, enlarged, or a cell's frame."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.thumbnails import (
    Thumbnails,
    _away,
    _is_centred,
    _is_framed,
    _reaches_all_sides,
    _span,
    inverse_crops,
    is_thumbnail,
    preprocess_thumbnails,
    thumbnail_of,
)
from inkling.types import Box, Reading
from tests.reading.drawings import Image, drawn_seven, drawn_zero
from tests.reading.test_thumbnail_ink import Masks


def tight(digit: Image) -> Image:
    """Cut at the bounding box of the ink."""
    x, y, w, h = cv2.boundingRect((digit < 128).astype(np.uint8))
    return digit[y : y + h, x : x + w]


def soft_one(width: int, height: int = 20) -> Image:
    """A light 1 whose soft edge alone reaches the sides of its crop."""
    stroke = np.zeros((height, 41), np.uint8)
    stroke[:, 19:22] = 255
    one = cv2.GaussianBlur(stroke, (0, 0), 1.0)
    left = (41 - width) // 2
    return np.ascontiguousarray(one[:, left : left + width])


@pytest.mark.parametrize("width", [5, 7, 9])
def test_a_soft_one_is_tight_and_read(width: int, reader: Reader) -> None:
    one = soft_one(width)
    assert preprocess_thumbnails(one[None]).tight.all()
    (reading,) = reader.read([one])
    assert isinstance(reading, Reading)
    assert (reading.verdict, reading.text) == ("digits", "1")


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(
    ("digit", "text"), [(drawn_zero(60, 6), "0"), (drawn_seven(70, 60, 5), "7")]
)
def test_an_enlarged_crop_is_read_and_fills_its_box(
    digit: Image, text: str, invert: bool, scale: int, reader: Reader
) -> None:
    crop = cv2.resize(tight(digit), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    crop = np.asarray(255 - crop if invert else crop, np.uint8)
    (reading,) = reader.read([crop])
    assert isinstance(reading, Reading)
    assert (reading.verdict, reading.text) == ("digits", text)
    box, (height, width) = reading.digits[0].box, crop.shape
    assert box.w > 0.9 * width
    assert box.h > 0.9 * height
    assert Box(max(box.x, 0), max(box.y, 0), box.w, box.h) == box


@pytest.mark.parametrize("sides", [(0, 1), (0, 2), (1, 2), (2, 3)])
def test_a_frame_along_two_sides_is_no_tight_digit(sides: tuple[int, int]) -> None:
    cell = np.zeros((28, 28), np.uint8)
    parts = (np.s_[1], np.s_[-2], np.s_[:, 0], np.s_[:, -1])
    for side in sides:
        cell[parts[side]] = 230
    cell[6:22, 13:15] = 230  # a 1 in the cell
    assert not preprocess_thumbnails(cell[None]).tight.any()


def test_which_images_are_reduced_to_thumbnails() -> None:
    def shape(height: int, width: int) -> tuple[int, ...] | None:
        made = thumbnail_of(np.zeros((height, width), np.uint8))
        return None if made is None else made.shape

    assert shape(28, 20) == (28, 20)  # one already
    assert shape(112, 80) == (28, 20)
    assert shape(320, 200) == (28, 18)
    assert shape(100, 128) == (22, 28)
    assert shape(100, 140) is None  # wide enough for two digits
    assert shape(321, 200) is None
    colour = thumbnail_of(np.zeros((80, 60, 3), np.uint8))
    assert colour is not None
    assert colour.shape == (28, 21)


def test_a_span_is_centred_up_to_a_fifth_of_the_side() -> None:
    spans = np.array([[4, 12], [0, 12], [0, 11], [8, 12], [9, 11]])  # off by 0, 4, 4.5, 4, 4.5
    assert _is_centred(spans, 20).tolist() == [True, True, False, True, False]


@settings(max_examples=60, deadline=None)
@given(Masks)
def test_spans_and_sides_are_those_of_each_mask(masks: np.ndarray) -> None:
    sides = [m[0].any() and m[-1].any() and m[:, 0].any() and m[:, -1].any() for m in masks]
    np.testing.assert_array_equal(_reaches_all_sides(masks), sides)
    profiles = masks.any(axis=2)
    for (first, length), profile in zip(_span(profiles), profiles, strict=True):
        places = np.flatnonzero(profile)
        if places.size:
            assert (first, length) == (places[0], places[-1] - places[0] + 1)


@pytest.mark.parametrize(("covered", "framed"), [(16, False), (17, True)])
def test_ink_along_two_sides_is_a_frame(covered: int, framed: bool) -> None:
    for rows, columns in (
        (np.s_[0, :covered], np.s_[-1, :covered]),
        (np.s_[1, :covered], np.s_[:covered, 0]),
        (np.s_[:covered, -2], np.s_[-2, :covered]),
        (np.s_[:covered, 1], np.s_[:covered, -1]),
    ):
        inked = np.zeros((1, 20, 20), bool)
        inked[0][rows] = True
        assert not _is_framed(inked)[0]
        inked[0][columns] = True
        assert bool(_is_framed(inked)[0]) is framed
    inked = np.zeros((1, 20, 20), bool)
    inked[0, 2] = inked[0, :, 2] = inked[0, -3] = True  # too far in
    assert not _is_framed(inked)[0]


def test_the_distance_from_the_background_is_zero_to_one() -> None:
    grey = np.array([[[200, 100, 0]], [[50, 150, 250]], [[7, 7, 7]]], np.float32)
    lighter = np.array([True, False, True])[:, None, None]
    np.testing.assert_allclose(_away(grey, lighter), [[[0, 0.5, 1]], [[0, 0.5, 1]], [[0, 0, 0]]])


@pytest.mark.parametrize(
    ("shape", "may"),
    [
        ((28, 28), True), ((40, 40), True), ((41, 20), False), ((20, 41), False), ((8, 3), True),
        ((7, 7), False), ((8, 1), True), ((1, 8), True), ((8, 0), False), ((28, 28, 3), False),
        ((28,), False),
    ],
)  # fmt: skip
def test_which_shapes_are_thumbnails(shape: tuple[int, ...], may: bool) -> None:
    assert is_thumbnail(shape) is may


def square(contrast: int, size: int = 10, shape: tuple[int, int] = (28, 28)) -> np.ndarray:
    """Dark ink in the middle of a light thumbnail."""
    image = np.full(shape, 230, np.uint8)
    top, left = (shape[0] - size) // 2, (shape[1] - size) // 2
    image[top : top + size, left : left + size] = 230 - contrast
    return image


def test_a_plain_thumbnail_has_one_dark_thing_on_a_flat_background() -> None:
    for contrast, plain in ((47, False), (48, True), (200, True)):
        assert bool(preprocess_thumbnails(square(contrast)[None]).plain[0]) is plain
        assert bool(preprocess_thumbnails(255 - square(contrast)[None]).plain[0]) is plain
    for rows in (np.s_[0:10], np.s_[18:28]):
        image = square(200)
        image[rows, 12:16] = 30  # it reaches one side: still plain
        assert preprocess_thumbnails(image[None]).plain[0]
    shaded = np.linspace(120, 250, 28, dtype=np.uint8)[None].repeat(28, 0).copy()
    shaded[10:18, 10:18] = 20
    assert not preprocess_thumbnails(shaded[None]).plain[0]


def test_a_box_and_a_contrast_are_measured() -> None:
    image = np.full((30, 24), 200, np.uint8)
    image[5:20, 7:11] = 50
    made = preprocess_thumbnails(np.stack([image, 255 - image]))
    assert made.boxes.tolist() == [[7, 5, 4, 15]] * 2
    np.testing.assert_allclose(made.contrast, [150 / 200, 150 / 200], rtol=1e-5)
    assert made.size == (24, 30)
    dark = (image // 5).astype(np.uint8)  # on dark paper contrast is as if on 56
    contrast = preprocess_thumbnails(dark[None]).contrast
    np.testing.assert_allclose(contrast, 30 / 56, rtol=1e-5)


def test_ink_in_the_middle_that_reaches_two_sides_is_tight() -> None:
    """A 1 fitted into a square, but not the ruling beside a cell."""
    stack = np.full((3, 28, 28), 230, np.uint8)
    stack[0, :, 12:16] = stack[1, :, 16:22] = stack[2, :, 18:22] = 30
    for side_by_side in (stack, stack.transpose(0, 2, 1)):
        made = preprocess_thumbnails(np.ascontiguousarray(side_by_side))
        assert made.tight.tolist() == [True, True, False]
        assert made.plain.tolist() == [True, True, False]
    shaded = stack[:1] - np.linspace(0, 90, 28, dtype=np.uint8)[:, None]
    assert not preprocess_thumbnails(shaded.clip(30)).tight[0]  # on a background that is not flat


@pytest.mark.parametrize("way", [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC])
def test_a_digit_of_few_pixels_is_read_enlarged(way: int, reader: Reader) -> None:
    """Its strokes have soft edges as wide as the rest of the background."""
    small = cv2.resize(tight(drawn_zero(120, 20)), (9, 12), interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 0, 0, 2, 1, cv2.BORDER_CONSTANT, value=255)
    for image in (small, cv2.resize(small, None, fx=16, fy=16, interpolation=way)):
        thumb = thumbnail_of(np.asarray(image, np.uint8))
        assert thumb is not None
        assert preprocess_thumbnails(thumb[None]).tight[0]
        (reading,) = reader.read([np.asarray(image, np.uint8)])
        assert isinstance(reading, Reading)
        assert (reading.verdict, reading.text) == ("digits", "0")


def test_both_polarities_of_a_crop() -> None:
    stack = np.stack([square(200), 255 - square(200)])
    made, inverse = preprocess_thumbnails(stack), inverse_crops(stack)
    assert made.light_ink.tolist() == [False, True]
    np.testing.assert_array_equal(inverse[0], inverse[1])
    assert made.pixels[0, 14, 14] > 200
    assert inverse[0, 14, 14] < 50
    assert inverse[0, 4, 14] > 200


@pytest.mark.parametrize(("width", "slim"), [(14, True), (15, False)])
def test_a_slim_image_is_half_as_wide_as_it_is_tall(width: int, slim: bool) -> None:
    assert preprocess_thumbnails(np.full((1, 28, width), 30, np.uint8)).slim is slim


def test_less_contrast_is_asked_of_a_slim_crop() -> None:
    for contrast, tight in ((23, False), (24, True)):
        slim = np.full((28, 10), 200, np.uint8)
        slim[:, 4:7] = 200 - contrast
        assert bool(preprocess_thumbnails(slim[None]).tight[0]) is tight


def test_boxes_are_put_back_into_the_images_that_were_reduced() -> None:
    made = preprocess_thumbnails(np.stack([square(200), square(200)]))
    assert made.at_sizes(np.array([[28, 28], [28, 28]])) is made
    back: Thumbnails = made.at_sizes(np.array([[28, 28], [112, 84]]))
    assert back.boxes.tolist() == [[9, 9, 10, 10], [36, 27, 40, 30]]
    assert back.plain.tolist() == [True, False]  # reduced, and not cropped to the ink


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ((41, 30), (28, 20)), ((320, 320), (28, 28)), ((321, 320), None), ((320, 1), (28, 1)),
        ((100, 130), (22, 28)), ((100, 131), None), ((41, 20), (28, 14)), ((40, 20), (40, 20)),
    ],
)  # fmt: skip
def test_small_images_are_reduced(shape: tuple[int, int], made: tuple[int, int] | None) -> None:
    found = thumbnail_of(np.zeros(shape, np.uint8))
    assert (None if found is None else found.shape) == made


def test_a_reduced_image_is_the_mean_of_its_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 84)).astype(np.uint8)
    made = thumbnail_of(image)
    means = image.reshape(28, 4, 21, 4).mean(axis=(1, 3))
    assert made is not None
    np.testing.assert_allclose(made, np.rint(means), atol=1)
