"""A bent patch made flat: known bends are undone, and the way back ends where it began."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.tables.chains import Chains
from inkling.reading.tables.flatten import ACROSS, ALONG, MESH, Flattening, _order, flatten, powers

SHAPE = (300, 400)
TERMS = ALONG * (ACROSS + 1)


def chains_of(curves: list, length: int, *, outlier: bool = False) -> Chains:
    """Chains whose points lie on y = curve(x), for x from 0 to `length`."""
    x = np.arange(0.0, length, 4)
    y = [curve(x) for curve in curves]
    if outlier:
        y[-1] = y[-1] + 12 * np.sin(x / 20)
    owner = np.repeat(np.arange(len(y)), len(x))
    start, stop = np.zeros(len(y)), np.full(len(y), float(length))
    level = np.array([each.mean() for each in y])
    return Chains(np.tile(x, len(y)), np.concatenate(y), owner, start, stop, level)


def none() -> Chains:
    empty = np.zeros(0)
    return Chains(empty, empty, empty.astype(np.int64), empty, empty, empty)


def test_powers_are_all_products() -> None:
    along, across = np.array([0.5, -0.3]), np.array([2.0, 0.7])
    terms = powers(along, across)
    assert terms.shape == (2, TERMS)
    expected = [along**a * across**b for a in range(1, ALONG + 1) for b in range(ACROSS + 1)]
    np.testing.assert_allclose(terms, np.stack(expected, axis=1))
    assert _order().tolist() == [a + b for a in range(1, ALONG + 1) for b in range(ACROSS + 1)]


@pytest.mark.parametrize("outlier", [False, True])
def test_bent_lines_become_straight(outlier: bool) -> None:
    curves = [lambda x, k=k: 40 + 35 * k + 14 * ((x - 200) / 200) ** 2 for k in range(7)]
    level = chains_of(curves, 400, outlier=outlier)
    made = flatten(level, none(), SHAPE)
    assert not made.upright.any()
    u, v = made.forward(level.x, level.y)
    np.testing.assert_allclose(u, level.x)
    for number in range(6 if outlier else 7):
        own = v[level.owner == number]
        assert np.ptp(own) < (2.5 if outlier else 1.0)


def test_upright_lines_become_straight_too() -> None:
    curves = [lambda y, k=k: 50 + 50 * k + 10 * np.sin(y / 100) for k in range(7)]
    upright = chains_of(curves, 300)
    made = flatten(none(), upright, SHAPE)
    assert not made.level.any()
    u, v = made.forward(upright.y, upright.x)
    np.testing.assert_allclose(v, upright.x)
    for number in range(7):
        assert np.ptp(u[upright.owner == number]) < 1.5


def test_straight_lines_need_no_bend() -> None:
    straight = chains_of([lambda x, k=k: np.full_like(x, 40.0 + 40 * k) for k in range(6)], 400)
    made = flatten(straight, none(), SHAPE)
    np.testing.assert_allclose(made.level, 0, atol=1e-9)


def bent(size: float, seed: int) -> Flattening:
    rng = np.random.default_rng(seed)
    level, upright = np.zeros(TERMS), np.zeros(TERMS)
    level[:8], upright[:8] = rng.normal(0, size, 8), rng.normal(0, size, 8)
    return Flattening(SHAPE, level, upright)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16))
def test_the_inverse_ends_where_it_began(seed: int) -> None:
    made = bent(0.01, seed)
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 400, 20), rng.uniform(0, 300, 20)
    back = made.backward(*made.forward(x, y))
    np.testing.assert_allclose(back[0], x, atol=0.1)
    np.testing.assert_allclose(back[1], y, atol=0.1)


def test_coordinates_are_relative_to_the_middle() -> None:
    level, upright = np.zeros(TERMS), np.zeros(TERMS)
    level[0], upright[0] = 0.1, 0.2  # the first term is the coordinate along the line
    made = Flattening(SHAPE, level, upright)
    u, v = made.forward(np.array([200.0, 300.0]), np.array([150.0, 50.0]))
    np.testing.assert_allclose(v, [150, 50 + 200 * 0.1 * 0.5])
    np.testing.assert_allclose(u, [200, 300 + 200 * 0.2 * -0.5])


def test_an_unbent_patch_is_shown_whole_as_it_is() -> None:
    made = Flattening(SHAPE, np.zeros(TERMS), np.zeros(TERMS))
    assert made.extent() == (0, 0, 401, 301)
    x, y = made.maps()
    assert x.shape == y.shape == (301, 401)
    np.testing.assert_allclose(x, np.arange(401)[None].repeat(301, 0), atol=1e-3)
    np.testing.assert_allclose(y, np.arange(301)[:, None].repeat(401, 1), atol=1e-3)


def test_maps_show_each_flat_pixel_where_it_lies() -> None:
    made = bent(0.01, 3)
    first_u, first_v, width, height = made.extent()
    x, y = made.maps()
    assert x.shape == (height, width)
    assert width > 400 - 20
    rng = np.random.default_rng(0)
    i, j = rng.integers(0, height, 40), rng.integers(0, width, 40)
    expected = made.backward(j + float(first_u), i + float(first_v))
    # Between nodes of the mesh the map is interpolated.
    assert MESH == 32
    np.testing.assert_allclose(x[i, j], expected[0], atol=0.6)
    np.testing.assert_allclose(y[i, j], expected[1], atol=0.6)


def test_a_map_that_runs_wild_shows_a_quarter_more_on_each_side_at_most() -> None:
    level, upright = np.zeros(TERMS), np.zeros(TERMS)
    level[0] = upright[0] = 5.0
    wild = Flattening(SHAPE, level, upright)
    left, top, width, height = wild.extent()
    assert (left, top) == (-100, -75)
    assert (width, height) == (601, 451)


def test_what_lies_far_outside_is_kept_within_bounds() -> None:
    flat = Flattening(SHAPE, np.zeros(TERMS), np.zeros(TERMS))
    far = max(SHAPE)
    x, y = flat.backward(np.array([5.0 * far, -5.0 * far]), np.array([-5.0 * far, 5.0 * far]))
    np.testing.assert_allclose(x, [2 * far, -far])
    np.testing.assert_allclose(y, [-far, 2 * far])


def test_the_corners_of_a_map_are_exact() -> None:
    """They are nodes of the mesh, from the first flat pixel to the last."""
    level, upright = np.zeros(TERMS), np.zeros(TERMS)
    level[1] = upright[1] = 0.25  # along times across: the bend grows towards the corners
    made = Flattening(SHAPE, level, upright)
    first_u, first_v, width, height = made.extent()
    x, y = made.maps()
    j, i = np.array([0, width - 1, 0, width - 1]), np.array([0, 0, height - 1, height - 1])
    expected = made.backward(j + float(first_u), i + float(first_v))
    np.testing.assert_allclose(x[i, j], expected[0], atol=0.02)
    np.testing.assert_allclose(y[i, j], expected[1], atol=0.02)
