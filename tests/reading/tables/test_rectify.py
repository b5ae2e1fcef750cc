"""The view in which a tilted grid is level and upright, from known cameras."""

import cv2
import numpy as np
import pytest

from inkling.reading.tables.rectify import Patch, _beside, _core, _extent, rectify, vanishing_point
from inkling.reading.tables.segments import Pieces

SHAPE = (300, 400)


def pieces_between(starts: np.ndarray, stops: np.ndarray) -> Pieces:
    """Pieces from points to points, in the coordinates that `rectify` takes."""
    ahead = stops - starts
    angle = np.arctan2(ahead[:, 1], ahead[:, 0]) % np.pi
    return Pieces((starts + stops) / 2, angle, np.linalg.norm(ahead, axis=1))


def seen_grid(camera: np.ndarray) -> tuple[Pieces, Pieces]:
    """The lines of a grid of 5 by 5 over -0.6 to 0.6 as a camera (3, 3) sees them."""
    ends = np.linspace(-0.6, 0.6, 5)

    def project(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        points = camera @ np.stack([x, y, np.ones(len(x))])
        return (points[:2] / points[2]).T

    ones = np.full(5, 0.6)
    across = pieces_between(project(-ones, ends), project(ones, ends))
    down = pieces_between(project(ends, -ones), project(ends, ones))
    return across, down


CAMERAS = {
    "from above": np.eye(3),
    "turned": np.array([[np.cos(0.2), -np.sin(0.2), 0], [np.sin(0.2), np.cos(0.2), 0], [0, 0, 1]]),
    "leaning back": np.array([[1.0, 0, 0], [0, 1, 0], [0, 0.25, 1]]),
    "leaning aside": np.array([[1.0, 0, 0.1], [0.05, 1, 0], [0.2, -0.1, 1]]),
}


@pytest.mark.parametrize("name", CAMERAS)
def test_lines_become_level_and_upright(name: str) -> None:
    across, down = seen_grid(CAMERAS[name])
    patch = rectify(across, down, SHAPE, 500)
    assert max(patch.shape) in (500, 501)
    half = max(SHAPE) / 2
    middle = np.array([SHAPE[1], SHAPE[0]]) / 2
    for pieces, wanted in ((across, 0.0), (down, np.pi / 2)):
        for centre, angle, length in zip(pieces.middle, pieces.angle, pieces.length, strict=True):
            step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
            ends = np.stack([centre - step, centre + step]) * half + middle
            seen = cv2.perspectiveTransform(ends[None], patch.to_patch)[0]
            found = np.arctan2(*(seen[1] - seen[0])[::-1]) % np.pi
            off = abs((found - wanted + np.pi / 2) % np.pi - np.pi / 2)
            assert np.degrees(off) < 1.5


def test_lines_that_meet_have_a_vanishing_point() -> None:
    across, down = seen_grid(CAMERAS["leaning back"])
    point = vanishing_point(down)
    # Of y to infinity the camera shows (0, 1 / 0.25).
    np.testing.assert_allclose(point[:2] / point[2], [0, 4], atol=0.4)
    level = vanishing_point(across)
    assert abs(level[2]) < 0.02
    assert abs(level[0]) > 0.999


def test_a_vanishing_point_is_never_too_near() -> None:
    angles = np.radians([60.0, 75, 90, 105, 120])
    middle = np.stack([-np.cos(angles), -np.sin(angles)], axis=1) * 0.5  # they meet in the middle
    point = vanishing_point(Pieces(middle, angles, np.ones(5)))
    assert np.linalg.norm(point[:2]) / max(abs(point[2]), 1e-9) >= 1.3 - 1e-6


def test_longer_pieces_weigh_more() -> None:
    angle = np.array([0.0, 0.0, 0.3])
    middle = np.array([[0.0, -0.5], [0, 0.5], [0, 0]])
    long = vanishing_point(Pieces(middle, angle, np.array([1.0, 1.0, 0.01])))
    assert abs(np.arctan2(long[1], long[0])) % np.pi < 0.02


def test_two_directions_beside_a_direction() -> None:
    point = np.array([2.0, -1.0, 2.0]) / 3
    basis = _beside(point)
    np.testing.assert_allclose(point @ basis, 0, atol=1e-12)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)


def test_the_core_is_steady_in_the_middle() -> None:
    v1, v2 = np.array([4.0, 0.4, 1.0]), np.array([0.2, 5.0, 1.0])
    middle = np.array([0.1, -0.2])
    core = _core(v1 / np.linalg.norm(v1), v2 / np.linalg.norm(v2), middle)
    assert core[2] @ (*middle, 1) == pytest.approx(1)
    for vanishing, zero in ((v1, 1), (v2, 0)):
        seen = core @ vanishing
        assert seen[2] == pytest.approx(0, abs=1e-9)
        assert seen[zero] == pytest.approx(0, abs=1e-9)
    step = 1e-6
    origin, right, below = (
        core @ (middle[0] + dx, middle[1] + dy, 1) for dx, dy in ((0, 0), (step, 0), (0, step))
    )
    # Right stays right, and below stays below, in units of the image.
    assert (right[:2] / right[2] - origin[:2] / origin[2])[0] > 0
    assert (below[:2] / below[2] - origin[:2] / origin[2])[1] > 0


def test_parallel_families_have_their_horizon_at_infinity() -> None:
    core = _core(np.array([1.0, 0, 0]), np.array([0.0, 1, 0]), np.zeros(2))
    np.testing.assert_allclose(core, np.eye(3), atol=1e-12)


def test_what_is_shown_is_what_is_neither_too_near_nor_too_far() -> None:
    low, high = _extent(np.eye(3), np.array([0.0, 0.0, 1.0]), SHAPE)
    np.testing.assert_allclose(low, [0, 0])
    np.testing.assert_allclose(high, [400, 300])
    depth = np.array([0.01, 0.0, 1.0])  # 2.6 at 160 pixels from the left
    low, high = _extent(np.array([[1.0, 0, 0], [0, 1, 0], depth]), depth, SHAPE)
    assert low[0] == pytest.approx(0)
    assert high[0] == pytest.approx(150 / 2.5, rel=0.03)


def test_a_patch_shows_an_image_and_nothing_outside() -> None:
    image = np.ones((30, 40), np.float32)
    seen = Patch(np.array([[2.0, 0, 10], [0, 2, 20], [0, 0, 1]]), (100, 110)).warp(image)
    assert seen.shape == (100, 110)
    rows, columns = np.nonzero(seen > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 78, 10, 88)
