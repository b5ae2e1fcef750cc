"""Even light: the ink does not depend on the light."""

import cv2
import numpy as np
import pytest

from inkling.reading.preprocess.channels import to_grey
from inkling.reading.preprocess.light import WORK_SIDE, even_light
from inkling.reading.preprocess.polarity import has_light_ink
from tests.reading.drawings import drawn_seven, lit_from_side


def test_shading_leaves_no_ink() -> None:
    rng = np.random.default_rng(1)
    paper = lit_from_side(np.clip(235 + rng.normal(0, 2, (150, 200)), 0, 255).astype(np.uint8))
    light = even_light(paper)
    assert float(np.percentile(light.ink, 99)) < 0.06


def test_ink_is_as_dark_in_the_shade() -> None:
    light = even_light(lit_from_side(drawn_seven(200, 160, 10)))
    top = light.ink[38:44, 45:115].max(axis=0)  # along the bar of the 7
    assert top.min() > 0.7 * top.max()


@pytest.mark.parametrize(("middle", "axes"), [((330, 200), (190, 260)), ((200, 240), (150, 200))])
def test_the_bends_of_a_shadow_are_no_ink(middle: tuple[int, int], axes: tuple[int, int]) -> None:
    photo = np.full((480, 400), 235, np.float32)
    photo[150:270, 200:290] = drawn_seven(120, 90, 9)
    shadow = cv2.ellipse(np.zeros((480, 400), np.float32), middle, axes, 0, 0, 360, 1.0, -1)
    photo *= 1 - 0.5 * cv2.GaussianBlur(shadow, (0, 0), 3)
    ink = even_light(photo.astype(np.uint8)).ink
    assert float(np.percentile(ink, 98)) < 0.2
    assert float(np.percentile(ink, 99.7)) > 0.8  # the digit's own


@pytest.mark.parametrize("shape", [(2, 2), (2, 90), (90, 2), (1, 1), (3, 3), (63, 65)])
def test_small_images_have_light_too(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    light = even_light(grey)
    assert light.ink.shape == shape
    assert np.isfinite(light.ink).all()
    assert to_grey(np.stack([grey] * 3, axis=2)).shape == shape
    assert isinstance(has_light_ink(grey), bool)


def test_a_known_polarity_is_taken_as_it_is() -> None:
    seven = drawn_seven()
    for light_ink in (False, True):
        light = even_light(seven, light_ink=light_ink)
        assert light.light_ink is light_ink
        np.testing.assert_array_equal(light.grey, 255 - seven if light_ink else seven)
    assert even_light(seven, zoom=0.5).zoom == 0.5
    large = even_light(drawn_seven(1600, 1280, 100), zoom=0.5)
    assert max(large.ink.shape) == WORK_SIDE
    assert large.zoom == 0.25


def test_on_dark_paper_contrast_is_as_if_on_grey() -> None:
    light = even_light((drawn_seven() // 8), light_ink=False)
    assert light.ink.max() == pytest.approx((245 // 8 - 30 // 8) / 56, abs=0.04)
