"""Polarity: which side of an image is the ink."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.preprocess.pixels import closing
from inkling.reading.preprocess.polarity import (
    _closed_to_opened,
    _light_fractions,
    _thickness,
    has_light_ink,
    split_level,
    stroke_balance,
)
from tests.reading.drawings import drawn_seven, drawn_zero, lit_from_side


@pytest.mark.parametrize("draw", [drawn_seven, drawn_zero])
@pytest.mark.parametrize("shade", [lambda image: image, lit_from_side])
def test_polarity_is_seen_under_any_light(draw, shade) -> None:
    image = shade(draw())
    assert not has_light_ink(image)
    assert has_light_ink(255 - image)


def test_a_dark_desk_beside_the_sheet_has_no_vote() -> None:
    photo = np.full((200, 260), 70, np.uint8)
    photo[20:180, 30:230] = 235
    photo[60:160, 90:170] = drawn_seven(100, 80)
    assert not has_light_ink(photo)


@pytest.mark.parametrize("desk", [15, 60, 110])
def test_there_may_be_less_of_a_sheet_than_of_its_desk(desk: int) -> None:
    photo = np.full((300, 260), desk, np.uint8)
    photo[90:230, 60:200] = 235
    photo[110:210, 90:170] = drawn_seven(100, 80)
    assert not has_light_ink(photo)


@given(arrays(np.float32, 30, elements=st.floats(0, 255, width=16)))
def test_a_split_level_lies_midway_between_the_means(values: np.ndarray) -> None:
    low, high = float(values.min()), float(values.max())
    level = (low + high) / 2
    for _ in range(4):
        if not (values > level).any() or (values > level).all():
            break
        level = (values[values > level].mean() + values[values <= level].mean()) / 2
    assert split_level(values, low, high) == pytest.approx(level, abs=0.5)


def test_how_much_of_an_image_and_its_edge_is_light() -> None:
    values = np.full((42, 70), 50, np.float32)
    values[:21] = 200
    fraction, edge, flat = _light_fractions(values)
    assert fraction == pytest.approx(0)
    assert edge == pytest.approx(0)
    assert flat
    values = np.full((42, 70), 50, np.float32)
    values[3:-3, 3:-3] = 200  # all but an edge three deep, a fourteenth of the shorter side
    fraction, edge, flat = _light_fractions(values)
    assert fraction == pytest.approx(36 * 64 / (42 * 70) - 0.5)
    assert edge == -0.5
    assert flat
    values[3:-3, 3:-3] = np.linspace(110, 255, 64)
    assert not _light_fractions(values)[2]


@pytest.mark.parametrize(("spread", "flat"), [(0.09, True), (0.12, False)])
def test_a_background_is_flat_by_its_deviation(spread: float, flat: bool) -> None:
    values = np.zeros((40, 40), np.float32)
    values[::2] = 100 + 100 * spread
    values[1::2] = 100 - 100 * spread
    values[18:22, 10:30] = 0
    _, _, found = _light_fractions(values)
    low, high = np.percentile(values, [1, 99])
    assert (values[values > 50].std() < 0.1 * (high - low)) == flat
    assert found is flat


def test_how_thick_the_smaller_side_is() -> None:
    values = np.full((100, 80), 200, np.float32)
    values[20:60, 30:42] = 10  # 12 thick: 6 from its outline, of 80
    assert _thickness(values) == pytest.approx(6 / 80, abs=0.01)
    assert _thickness(255 - values) == pytest.approx(6 / 80, abs=0.01)


def test_dark_strokes_are_closed_and_light_ones_opened() -> None:
    small = np.full((60, 100), 200, np.uint8)
    small[30:33, 10:90] = 50
    closed, opened = closing(small, 11), 255 - closing(255 - small, 11)
    added = ((closed.astype(float) - small) ** 2).mean()
    taken = ((small - opened.astype(float)) ** 2).mean()
    expected = np.log((added + 0.5) / (taken + 0.5))
    assert _closed_to_opened(small, 0.1) == pytest.approx(expected, rel=1e-4)
    assert expected > 3
    assert _closed_to_opened(255 - small, 0.1) == pytest.approx(-expected, rel=1e-4)


@pytest.mark.parametrize("ground", [40, 128, 220])
def test_thin_strokes_say_which_side_is_ink(ground: int) -> None:
    image = np.full((600, 800), ground, np.uint8)
    for x in range(300, 500, 40):
        cv2.line(image, (x, 250), (x + 10, 320), 255 if ground < 128 else 10, 3)
    balance = stroke_balance(image)
    assert balance > 3 if ground < 128 else balance < -3
    assert stroke_balance(255 - image) == pytest.approx(-balance, abs=1e-6)


def test_thick_strokes_and_small_images_say_nothing() -> None:
    assert stroke_balance(np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)) == 0
    thick = np.full((600, 800), 200, np.uint8)
    thick[200:400, 300:360] = 20
    assert stroke_balance(thick) == 0
    assert stroke_balance(np.full((600, 800), 90, np.uint8)) == 0
