"""Evidence of lines: ridges of a known form, at any contrast, above the grain of the paper."""

import numpy as np
import pytest

from inkling.reading.tables.evidence import HALF, QUIETEST, _grain, line_evidence, ridge_height


def line(dark: float = 0.5, *, shape: tuple[int, int] = (96, 96), width: float = 1.5) -> np.ndarray:
    """A level line with the profile of a normal distribution."""
    rows = np.arange(shape[0])[:, None] - shape[0] // 2
    return np.repeat(dark * np.exp(-((rows / width) ** 2) / 2), shape[1], axis=1).astype(np.float32)


@pytest.mark.parametrize("width", [1.0, 2.0, 3.5])
def test_the_height_of_a_ridge_is_its_curvature_by_its_width(width: float) -> None:
    """A blurred normal profile has a known second derivative."""
    ridge = ridge_height(line(), width)
    spread = np.sqrt(1.5**2 + width**2)
    blurred = 0.5 * 1.5 / spread
    assert ridge[48, 48] == pytest.approx(blurred / spread**2 * width**2, rel=0.15)
    assert ridge[20, 48] < 1e-3
    np.testing.assert_allclose(ridge_height(line().T.copy(), width), ridge.T, atol=1e-5)


def test_a_slanted_line_is_a_ridge_too_and_a_light_one_is_none() -> None:
    rows, columns = np.mgrid[0:96, 0:96]
    for angle in np.radians((0, 30, 45, 70, 90)):
        across = (rows - 48) * np.cos(angle) - (columns - 48) * np.sin(angle)
        ink = (0.5 * np.exp(-((across / 1.5) ** 2) / 2)).astype(np.float32)
        assert ridge_height(ink, 2.0)[48, 48] == pytest.approx(
            ridge_height(line(), 2.0)[48, 48], rel=0.05
        )
    assert ridge_height(1 - line(), 2.0)[48, 48] < 1e-6
    assert ridge_height(np.full((40, 40), 0.4, np.float32), 2.0).max() < 1e-6


def test_a_ridge_of_five_deviations_of_grain_counts_one_half() -> None:
    rng = np.random.default_rng(0)
    for noise in (0.0, 0.02):
        ink = line(0.2) + rng.normal(0, noise, (96, 96)).astype(np.float32)
        ridge = ridge_height(ink, 2.0)
        ratio = ridge / (HALF * _grain(ridge))
        np.testing.assert_allclose(
            line_evidence(ink, (2.0,)), ratio**2 / (1 + ratio**2), rtol=1e-4, atol=1e-6
        )
        both = line_evidence(ink, (1.0, 2.0))
        np.testing.assert_allclose(
            both, np.maximum(line_evidence(ink, (1.0,)), line_evidence(ink, (2.0,)))
        )
    assert line_evidence(line(), (2.0,))[48].min() > 0.9
    assert line_evidence(line(0.05), (2.0,))[48].min() > 0.5  # a faint line on clean paper counts


def test_the_grain_is_measured_in_tiles() -> None:
    ridge = np.full((96, 144), 0.01, np.float32)
    ridge[:, 48:96] = 0.015
    grain = _grain(ridge)
    assert grain.shape == ridge.shape
    assert grain[48, 8] == pytest.approx(0.01, rel=0.01)
    assert grain[48, 72] == pytest.approx(0.015, rel=0.01)
    ridge[:, 48:96] = 0.03  # no tile counts more than twice the whole
    assert _grain(ridge)[48, 72] == pytest.approx(0.02, rel=0.01)
    ridge[:, 48:96] = 0.001  # nor less than half
    assert _grain(ridge)[48, 72] == pytest.approx(0.005, rel=0.02)
    assert _grain(np.zeros((96, 96), np.float32)).max() == pytest.approx(QUIETEST)
    assert _grain(np.full((20, 20), 0.01, np.float32)).shape == (20, 20)


@pytest.mark.parametrize(("inked", "grain"), [(0.38, 0.01), (0.42, 0.015)])
def test_two_fifths_of_a_tile_may_hold_lines(inked: float, grain: float) -> None:
    ridge = np.full((50, 40), 0.01, np.float32)
    ridge[: round(50 * inked)] = 0.015
    assert _grain(ridge)[25, 20] == pytest.approx(grain, rel=0.01)
