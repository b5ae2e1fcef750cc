"""The map of writing: digits are on it, and what surrounds them is not."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.detect.components import find_components, ink_mask
from inkling.reading.detect.text_map import find_text, make_text_map
from inkling.reading.detect.text_map_network import (
    AREA,
    MULTIPLE,
    SMALL,
    network_input,
    network_shape,
    pad_input,
)
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.light import even_light
from inkling.types import Reading
from tests.reading.drawings import drawn_seven, drawn_zero, lit_from_side

Image = np.ndarray


def with_grain(image: Image) -> Image:
    noise = np.random.default_rng(3).normal(0, 3, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def ruled(image: Image) -> Image:
    lined = image.copy()
    for row in range(12, len(image), 36):
        lined[row : row + 2] = 120
    return lined


def squared(image: Image) -> Image:
    lined = ruled(image)
    for column in range(20, image.shape[1], 36):
        lined[:, column : column + 2] = 120
    return lined


def framed(image: Image) -> Image:
    lined = image.copy()
    height, width = lined.shape
    cv2.rectangle(lined, (8, 8), (width - 9, height - 9), 20, 3)
    return lined


def open_frame(image: Image) -> Image:
    lined = image.copy()
    lined[:, 6:10] = 40
    lined[-9:-5] = 40
    return lined


def on_desk(image: Image) -> Image:
    height, width = image.shape
    photo = np.full((height + 60, width + 60), 75, np.uint8)
    photo[20 : 20 + height, 30 : 30 + width] = image
    return photo[20:]


GROUNDS: list[Callable[[Image], Image]] = [
    lambda image: image,
    with_grain,
    ruled,
    squared,
    framed,
    open_frame,
    lit_from_side,
]


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("inverted", [False, True])
def test_the_digit_is_ink_and_its_ground_is_not(ground, inverted: bool) -> None:
    digit = drawn_zero(180, 10)
    image = with_grain(ground(digit))
    mask = ink_mask(make_text_map(255 - image if inverted else image))
    true = (digit < 128).astype(np.uint8)
    near = cv2.dilate(true, np.ones((7, 7), np.uint8))
    assert (mask & true).sum() > 0.8 * true.sum()
    assert (mask & ~near & 1).sum() < 0.1 * true.sum()


@pytest.mark.parametrize("ground", [*GROUNDS, on_desk])
def test_bare_paper_has_no_ink_but_specks(ground, reader: Reader) -> None:
    paper = with_grain(ground(np.full((150, 190), 235, np.uint8)))
    areas = find_components(make_text_map(paper)).areas
    assert areas.sum() < 0.002 * paper.size
    (reading,) = reader.read([paper])
    assert isinstance(reading, Reading)
    assert reading.verdict == "blank"


def test_a_wrong_guess_of_polarity_is_seen() -> None:
    image = with_grain(ruled(drawn_seven(200, 160, 9)))
    wrong = find_text(even_light(image, light_ink=True))
    right = make_text_map(image)
    assert not right.light.light_ink
    both = (wrong.prob > 0.5) & (right.prob > 0.5)
    assert both.sum() > 0.5 * (right.prob > 0.5).sum()


def test_a_large_image_keeps_its_outlines() -> None:
    digit = drawn_seven(800, 640, 48)
    writing = make_text_map(digit)
    assert writing.detail > 3
    mask, true = ink_mask(writing), digit < 128
    assert (mask & true).sum() / (mask | true).sum() > 0.93


@settings(max_examples=200)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_the_network_sees_any_shape_at_a_bounded_size(height: int, width: int) -> None:
    shape = network_shape(height, width)
    assert min(shape) >= 8
    if min(shape) > 8:
        assert 0.85 * SMALL < shape[0] * shape[1] < 1.15 * AREA
    padded = pad_input(np.zeros((2, *shape), np.float32)) if max(shape) < 1500 else None
    assert padded is None or all(side % MULTIPLE == 0 for side in padded.shape[1:])


def test_the_input_does_not_depend_on_contrast() -> None:
    strong = drawn_zero()
    faint = (200 + (strong.astype(int) - 200) // 5).astype(np.uint8)
    lights = [even_light(image) for image in (strong, faint)]
    images = [network_input(light.grey, light.ink, (100, 100)) for light in lights]
    assert np.abs(images[0] - images[1])[0].mean() < 0.05


def test_a_small_digit_on_a_large_sheet_is_looked_at_from_near() -> None:
    sheet = with_grain(np.full((700, 800), 235, np.uint8))
    digit = drawn_seven(60, 48, 4)
    sheet[420:480, 600:648] = np.minimum(sheet[420:480, 600:648], digit)
    writing = make_text_map(sheet)
    assert writing.detail < 1.5
    mask = ink_mask(writing)
    true = np.zeros_like(mask)
    true[420:480, 600:648] = digit < 128
    assert (mask & true).sum() > 0.8 * true.sum()
    assert mask.sum() < 2.5 * true.sum()  # strokes of 4 pixels, a pixel or so of soft edge around
    assert np.abs(np.subtract(cv2.boundingRect(mask), cv2.boundingRect(true))).max() <= 4


def test_ink_is_the_same_wherever_it_lies_on_a_large_sheet() -> None:
    """It is looked for around what may be written, and told in pixels of the whole sheet."""
    found = []
    for x, y in ((40, 30), (560, 400)):
        sheet = np.full((560, 760), 235, np.uint8)
        sheet[y : y + 120, x : x + 90] = drawn_seven(120, 90, 9)
        components = find_components(make_text_map(with_grain(sheet)))
        assert len(components.index) == 1
        left, top, width, height = components.boxes[0].tolist()
        mine = components.labels == components.index[0]
        assert cv2.boundingRect(mine.astype(np.uint8)) == (left, top, width, height)
        found.append((left - x, top - y, width, height))
    assert np.abs(np.subtract(*found)).max() <= 2
