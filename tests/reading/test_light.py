"""Light and polarity: the same ink, whatever the light, and whichever side is ink."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.preprocess.light import (
    WORK_SIDE,
    _close_and_restore,
    _closed_to_opened,
    _closing,
    _light_fractions,
    _lower_part,
    _thickness,
    even_light,
    grain,
    has_light_ink,
    paper_brightness,
    split_level,
    stroke_balance,
    to_grey,
)
from tests.reading.drawings import drawn_seven, drawn_zero, lit_from_side

ndimage = pytest.importorskip("scipy.ndimage")  # the reference; the base extra lacks it


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
    image = np.where(mask[..., None], np.array(colour), 245).astype(np.uint8)
    grey = to_grey(image).astype(int)
    assert grey[~mask].mean() - grey[mask].mean() > 90


# Ink and paper of one lightness each: positive channel weights leave 6 to 68 grey levels.
OPPOSED = [
    ((60, 150, 200), (220, 120, 50)),
    ((205, 90, 165), (75, 160, 70)),
    ((215, 100, 30), (80, 150, 60)),
]


@pytest.mark.parametrize(("ink", "paper"), OPPOSED)
def test_ink_as_light_as_its_coloured_paper_shows(
    ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    mask = drawn_seven() < 128
    grey = to_grey(np.where(mask[..., None], ink, paper).astype(np.uint8)).astype(int)
    assert abs(int(np.median(grey[mask])) - int(np.median(grey[~mask]))) > 75


def test_a_slight_colour_does_not_change_the_weights() -> None:
    """Dark blue ink on warm paper is darker in each channel: dark stays dark."""
    mask = drawn_seven() < 128
    image = np.where(mask[..., None], (40, 60, 150), (245, 235, 200)).astype(np.uint8)
    grey = to_grey(image).astype(int)
    assert grey[mask].max() < grey[~mask].min()


Greys = arrays(np.uint8, st.tuples(st.integers(3, 14), st.integers(3, 14)))


@settings(max_examples=60, deadline=None)
@given(Greys, st.sampled_from((3, 5, 9)))
def test_a_closing_is_that_of_an_image_without_end(grey: np.ndarray, window: int) -> None:
    far = np.pad(grey, 2 * window, mode="edge")
    closed = ndimage.grey_closing(far, (window, window))
    inner = closed[2 * window : -2 * window, 2 * window : -2 * window]
    np.testing.assert_array_equal(_closing(grey, window), inner)


def test_a_closing_restores_shadows_and_not_ink() -> None:
    """The corner of a shadow comes back; a stroke that was closed away whole does not."""
    grey = np.full((120, 120), 200, np.uint8)
    grey[60:, 60:] = 90
    cv2.line(grey, (60, 60), (119, 30), 90, 1)  # a corner sharper than the window
    grey[20:24, 20:50] = 10
    closed = _close_and_restore(grey, 15)
    assert (closed[20:24, 20:50] == 200).all()
    assert (closed[66:, 66:] == 90).all()
    restored = (closed == 90).sum()
    assert restored > (_closing(grey, 15) == 90).sum()
    small = grey[40:100, 40:100]
    np.testing.assert_array_equal(_close_and_restore(small, 15), _closing(small, 15))


def test_the_restored_outline_is_never_darker_than_the_image() -> None:
    rng = np.random.default_rng(0)
    grey = cv2.GaussianBlur(rng.integers(0, 256, (90, 100)).astype(np.uint8), (0, 0), 3)
    for window in (3, 9, 21):
        closed = _close_and_restore(grey, window)
        assert (closed >= grey).all()
        assert (closed <= _closing(grey, window)).all()


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
    closed, opened = _closing(small, 11), 255 - _closing(255 - small, 11)
    added = ((closed.astype(float) - small) ** 2).mean()
    taken = ((small - opened.astype(float)) ** 2).mean()
    expected = np.log((added + 0.5) / (taken + 0.5))
    assert _closed_to_opened(small, 0.1) == pytest.approx(expected, rel=1e-4)
    assert expected > 3
    assert _closed_to_opened(255 - small, 0.1) == pytest.approx(-expected, rel=1e-4)


def test_the_grain_of_paper_is_measured_where_no_ink_is() -> None:
    rng = np.random.default_rng(3)
    ink = rng.normal(0.1, 0.02, (200, 240)).astype(np.float32)
    ink[60:100, 60:80] = 1  # less than a third of a tile
    mean, noise = grain(ink)
    assert mean.shape == noise.shape == ink.shape
    assert np.abs(mean - 0.1).max() < 0.01
    assert np.abs(noise - 0.02).max() < 0.008
    low, deviation = _lower_part(rng.normal(5, 2, 4000).astype(np.float32))
    assert low == pytest.approx(5, abs=0.2)
    assert deviation == pytest.approx(2, abs=0.2)


def test_a_tile_is_bounded_by_the_whole() -> None:
    rng = np.random.default_rng(3)
    ink = rng.normal(1, 0.1, (200, 200)).astype(np.float32)
    ink[:50, :50] = rng.normal(9, 2, (50, 50))
    mean, noise = grain(ink)
    whole_mean, whole_noise = _lower_part(ink)
    assert mean[0, 0] == pytest.approx(1.5 * whole_mean, rel=1e-3)
    assert noise[0, 0] == pytest.approx(3 * whole_noise, rel=1e-3)
    ink[:50, :50] = 0
    mean, noise = grain(ink)
    whole_mean, whole_noise = _lower_part(ink)
    assert mean[0, 0] == pytest.approx(0.5 * whole_mean, rel=1e-3)
    assert noise[0, 0] == pytest.approx(0.7 * whole_noise, rel=1e-3)
    assert noise[-1, -1] == pytest.approx(0.1, rel=0.2)


def test_the_paper_is_what_is_left_without_ink() -> None:
    shade = np.linspace(240, 120, 300)[None].repeat(200, 0)
    photo = shade.copy()
    photo[60:140, 100:106] = 20
    photo[60:66, 100:150] = 20
    paper = paper_brightness(photo.astype(np.uint8))
    assert np.abs(paper - shade).max() < 14
    assert np.abs(paper - shade).mean() < 5


def test_thick_strokes_are_taken_away_whole() -> None:
    """The window grows until the ink stops growing."""
    for thick in (6, 20, 44):
        photo = np.full((256, 256), 220, np.uint8)
        photo[60:200, 128 - thick // 2 : 128 + thick // 2] = 30
        assert paper_brightness(photo).min() > 200, thick


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


def test_the_colour_of_the_ink_weighs_most() -> None:
    """Blue ink on white shows in red and green, of which it holds none."""
    mask = drawn_seven() < 128
    image = np.where(mask[..., None], np.array((20, 20, 240)), 245).astype(np.uint8)
    grey = to_grey(image).astype(float)
    strongest = np.array([225.0, 225.0, 5.0])
    weights = strongest + 0.05 * strongest.sum()
    weights /= weights.sum()
    assert grey[mask].mean() == pytest.approx(weights @ (20, 20, 240), abs=6)
    assert grey[~mask].mean() == pytest.approx(245, abs=2)


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
