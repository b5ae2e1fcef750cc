"""The brightness and the grain of paper, measured beside ink."""

import cv2
import numpy as np
import pytest

from inkling.reading.preprocess.paper import (
    _close_and_restore,
    _lower_part,
    grain,
    paper_brightness,
)
from inkling.reading.preprocess.pixels import closing


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
    assert restored > (closing(grey, 15) == 90).sum()
    small = grey[40:100, 40:100]
    np.testing.assert_array_equal(_close_and_restore(small, 15), closing(small, 15))


def test_the_restored_outline_is_never_darker_than_the_image() -> None:
    rng = np.random.default_rng(0)
    grey = cv2.GaussianBlur(rng.integers(0, 256, (90, 100)).astype(np.uint8), (0, 0), 3)
    for window in (3, 9, 21):
        closed = _close_and_restore(grey, window)
        assert (closed >= grey).all()
        assert (closed <= closing(grey, window)).all()


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
