"""Digits as data sets store them: fitted into a few pixels, in two levels, enlarged."""

from dataclasses import replace

import numpy as np
import pytest

from inkling.reading.preprocess.thumbnails import preprocess_thumbnails, thumbnail_of
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_thumbnails import (
    LARGEST,
    MOST_INK,
    Fit,
    _fit_square,
    crop_fitted,
    fit_glyph,
    sample_fit,
)
from inkling.synthesis.negatives import NONE_LABEL

PLAIN = Fit(side=16, stretch=0.0, bits=False, margin=0, larger=1, way=0)


def fitted(source: GlyphSource, fit: Fit, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    images = (fit_glyph(source.mnist(), fit, rng) for _ in range(20))
    return next(image for image in images if image is not None)


@pytest.mark.parametrize(
    ("fit", "side"),
    [
        (PLAIN, 16),
        (replace(PLAIN, margin=2), 20),
        (replace(PLAIN, side=8, larger=5), 40),
        (replace(PLAIN, margin=1, larger=3, way=2), 54),
    ],
)
def test_an_image_has_the_size_of_its_fit(source: GlyphSource, fit: Fit, side: int) -> None:
    image = fitted(source, fit)
    assert image.shape == (side, side)
    assert image.dtype == np.uint8


def test_the_ink_fills_the_square_and_the_margin_is_empty(source: GlyphSource) -> None:
    for _ in range(10):
        image = fitted(source, replace(PLAIN, stretch=1.0)) > 100
        assert all(side.any() for side in (image[0], image[-1], image[:, 0], image[:, -1]))
        image = fitted(source, PLAIN) > 100
        assert (image[0].any() and image[-1].any()) or (image[:, 0].any() and image[:, -1].any())
        bordered = fitted(source, replace(PLAIN, margin=3))
        assert not bordered[:3].any()
        assert not bordered[:, -3:].any()


@pytest.mark.parametrize(("stretch", "width"), [(0.0, 5), (0.5, 10), (1.0, 20)])
def test_a_narrow_digit_is_stretched_more_or_less(stretch: float, width: int) -> None:
    square = _fit_square(np.ones((80, 20), np.float32), 20, stretch)
    inside = np.flatnonzero(square.any(axis=0))
    assert (len(inside), inside[0]) == (width, (20 - width) // 2)
    assert square.any(axis=1).all()


def test_bits_have_two_levels_and_their_means_seventeen(source: GlyphSource) -> None:
    assert set(np.unique(fitted(source, replace(PLAIN, bits=True)))) == {0, 255}
    means = fitted(source, replace(PLAIN, side=8, bits=True)).astype(float) * 16 / 255
    np.testing.assert_allclose(means, np.rint(means), atol=0.07)  # rounded to 8 bits
    assert 2 < len(np.unique(means)) <= 17


def test_a_black_square_is_no_digit(source: GlyphSource) -> None:
    rng = np.random.default_rng(0)
    fit = replace(PLAIN, side=8, stretch=1.0)
    for _ in range(60):
        image = fit_glyph(source.mnist(), fit, rng)
        assert image is None or 0 < (image > 127).mean() < MOST_INK


def test_sampled_fits_are_small_enough_to_be_thumbnails() -> None:
    rng = np.random.default_rng(3)
    fits = [sample_fit(rng) for _ in range(300)]
    assert all(fit.side * fit.larger <= LARGEST for fit in fits)
    for attribute in ("stretch", "bits", "side", "way"):
        assert len({getattr(fit, attribute) for fit in fits}) > 1


def test_crops_have_the_labels_of_their_glyphs(source: GlyphSource) -> None:
    def crop(image: np.ndarray) -> np.ndarray | None:
        small = thumbnail_of(image)
        made = None if small is None else preprocess_thumbnails(small[None])
        return made.pixels[0] if made is not None and made.plain[0] else None

    made = crop_fitted(source, 80, crop, 0.3, np.random.default_rng(4))
    assert made.images.shape == (80, 28, 28)
    assert 0.1 < (made.labels == NONE_LABEL).mean() < 0.5
    assert len(np.unique(made.labels)) > 7
    none = crop_fitted(source, 10, crop, 1.0, np.random.default_rng(5))
    assert none.labels.tolist() == [NONE_LABEL] * 10
