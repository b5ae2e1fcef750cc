"""Images of any size to 28x28: the size and place of the ink, and what is no ink."""

import numpy as np
import pytest

from inkling.data.fit import _fit_light, dark_ink, fit_images, fit_photo, place_ink
from tests.reading.drawings import drawn_seven, drawn_zero


def bar(height: int, width: int, box: tuple[int, int, int, int], grey: int = 255) -> np.ndarray:
    image = np.zeros((height, width), np.uint8)
    x, y, w, h = box
    image[y : y + h, x : x + w] = grey
    return image


def extent(image: np.ndarray) -> tuple[float, float, int, int]:
    """Centre of mass down and across, and the height and width of what is at least half inked."""
    rows, columns = np.nonzero(image >= 128)
    mass = image.astype(float)
    y, x = (float((grid * mass).sum() / mass.sum()) for grid in np.indices(image.shape))
    return y, x, int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


@pytest.mark.parametrize(
    ("height", "width", "box", "tall", "wide"),
    [
        (60, 50, (10, 5, 10, 40), 20, 5),
        (60, 50, (5, 30, 40, 20), 10, 20),
        (16, 16, (4, 2, 4, 10), 20, 8),
        (10, 10, (2, 1, 4, 8), 18, 9),  # of so few pixels the soft edge is a part
        (20, 64, (2, 4, 60, 12), 4, 20),
        (64, 64, (0, 0, 64, 64), 20, 20),
    ],
)
def test_ink_is_twenty_pixels_and_in_the_middle(
    height: int, width: int, box: tuple[int, int, int, int], tall: int, wide: int
) -> None:
    placed = place_ink(bar(height, width, box).astype(np.float32))
    y, x, found_tall, found_wide = extent(placed)
    assert (y, x) == pytest.approx((13.5, 13.5), abs=0.3)
    assert found_tall == pytest.approx(tall, abs=1.5)
    assert found_wide == pytest.approx(wide, abs=1.5)


def test_the_heavy_side_is_nearer_to_the_middle() -> None:
    """The centre of mass is in the middle, not that of the box."""
    image = bar(60, 60, (20, 10, 20, 20))
    image[30:50, 28:32] = 255
    rows = np.nonzero(place_ink(image.astype(np.float32)) >= 128)[0]
    assert 13.5 - rows.min() < rows.max() - 13.5 - 2


def test_faint_ink_does_not_count_for_the_size() -> None:
    image = bar(60, 60, (20, 20, 10, 20))
    for grey, tall in ((50, 20), (52, 10)):  # a fifth of the darkest is 51
        smeared = image.copy()
        smeared[40:60, 20:30] = grey
        assert extent(place_ink(smeared.astype(np.float32)))[2] == pytest.approx(tall, abs=1.5)


def test_images_of_the_right_size_stay_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28)).astype(np.uint8)
    assert fit_images(images) is images
    assert fit_images(images, "whole") is images


def test_by_the_whole_rule_images_are_padded_to_a_square() -> None:
    image = np.full((56, 28), 100, np.uint8)
    image[:, :2] = 200  # the left edge goes on to the left
    made = fit_images(image[None], "whole")[0]
    assert made.shape == (28, 28)
    np.testing.assert_allclose(made[:, :7], 200, atol=1)
    np.testing.assert_allclose(made[:, 9:], 100, atol=1)
    flat = fit_images(image.T[None], "whole")[0]
    np.testing.assert_array_equal(flat, made.T)
    small = np.full((1, 10, 8), 30, np.uint8)
    assert (fit_images(small, "whole") == 30).all()


@pytest.mark.parametrize(("contrast", "empty"), [(23, True), (24, False)])
def test_too_little_contrast_is_no_ink(contrast: int, empty: bool) -> None:
    for background in (0, 40):
        image = np.full((40, 40), background, np.uint8)
        image[10:30, 18:22] = background + contrast
        assert (not _fit_light(image).any()) is empty


def test_a_background_is_taken_off_and_ink_stretched() -> None:
    image = np.full((40, 40), 100, np.uint8)
    image[10:30, 12:28] = 255
    made = _fit_light(image)
    assert made.max() == 255
    assert made[0, 0] == 0
    half = np.full((40, 40), 55, np.uint8)
    half[10:30, 12:28] = 155  # half of what is left above the background
    assert _fit_light(half)[13, 13] == pytest.approx(127.5, abs=1)
    bright = np.full((40, 40), 250, np.uint8)  # a background is at most 127
    assert int(_fit_light(bright).max()) == pytest.approx(245, abs=2)


@pytest.mark.parametrize(
    ("edge", "middle", "dark"),
    [(255, 0, True), (128, 255, True), (127, 255, False), (0, 255, False)],
)
def test_dark_ink_has_a_light_border(edge: int, middle: int, dark: bool) -> None:
    images = np.full((3, 20, 20), middle, np.uint8)
    images[:, [0, -1]] = images[:, :, [0, -1]] = edge
    assert dark_ink(images) is dark
    assert not dark_ink(np.zeros((0, 28, 28), np.uint8))


def test_photos_and_small_files_of_either_polarity() -> None:
    for image in (drawn_zero(28, 3), drawn_zero(60, 6), drawn_zero(120, 10), drawn_seven(200, 160)):
        light, dark = fit_photo(255 - image), fit_photo(image)
        assert np.abs(light.astype(int) - dark.astype(int)).mean() < 3
        _, _, tall, wide = extent(dark)
        if image.shape[0] > 28:
            assert max(tall, wide) == pytest.approx(20, abs=2)
        colour = fit_photo(np.stack([image] * 3, axis=2))
        assert np.abs(colour.astype(int) - dark.astype(int)).mean() < 3


def test_the_rule_decides_over_photos() -> None:
    """A small digit on a large sheet: alone by its ink, with its sheet by the whole."""
    sheet = np.full((200, 200), 245, np.uint8)
    sheet[20:80, 20:80] = drawn_zero(60, 6)
    assert extent(fit_photo(sheet))[2] > 16
    assert extent(fit_photo(sheet, "whole"))[2] < 10
    small = np.full((64, 64), 245, np.uint8)
    small[4:34, 4:34] = drawn_zero(30, 4)
    assert extent(fit_photo(small))[2] == pytest.approx(20, abs=2)
