"""Light and polarity: the same ink, whatever the light, and whichever side is ink."""

import cv2
import numpy as np
import pytest

from inkling.reading.preprocess.light import even_light, has_light_ink, to_grey
from tests.reading.pictures import drawn_seven, drawn_zero, lit_from_side


@pytest.mark.parametrize("draw", [drawn_seven, drawn_zero])
@pytest.mark.parametrize("shade", [lambda picture: picture, lit_from_side])
def test_polarity_is_seen_under_any_light(draw, shade) -> None:
    picture = shade(draw())
    assert not has_light_ink(picture)
    assert has_light_ink(255 - picture)


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


@pytest.mark.parametrize("colour", [(220, 40, 40), (40, 60, 200), (30, 140, 60), (235, 200, 40)])
def test_coloured_ink_shows(colour: tuple[int, int, int]) -> None:
    mask = drawn_seven() < 128
    picture = np.where(mask[..., None], np.array(colour), 245).astype(np.uint8)
    grey = to_grey(picture).astype(int)
    assert grey[~mask].mean() - grey[mask].mean() > 90
