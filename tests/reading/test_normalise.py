"""The normaliser: MNIST's geometry from any size, MNIST's own images unchanged."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.preprocess.normalise import (
    THICKEST,
    THINNEST,
    _change_width,
    _dilate,
    _edges,
    _erode,
    _gain,
    _resampling,
    _scale_to_longest,
    normalise,
    stroke_width,
)
from tests.reading.drawings import drawn_seven, mnist_test

ndimage = pytest.importorskip("scipy.ndimage")  # the reference; the base extra lacks it


def ink_of(image: np.ndarray) -> np.ndarray:
    return (1 - image.astype(np.float32) / 245).clip(0, 1)


def centre_of_mass(pixels: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[0:28, 0:28] + 0.5
    return float((rows * pixels).sum() / pixels.sum()), float(
        (columns * pixels).sum() / pixels.sum()
    )


@pytest.mark.parametrize("height", [40, 90, 200, 640])
def test_every_size_ends_at_twenty_pixels_and_centred(height: int) -> None:
    seven = ink_of(drawn_seven(height, round(height * 0.8), max(2, height // 14)))
    pixels = normalise(seven[None]).pixels[0]
    rows = np.flatnonzero((pixels > 100).any(axis=1))
    assert 18 <= rows[-1] - rows[0] + 1 <= 21
    assert np.abs(np.array(centre_of_mass(pixels.astype(float))) - 14).max() < 0.6


def test_one_shape_gives_one_image_at_any_size() -> None:
    small, large = (
        normalise(ink_of(drawn_seven(size, round(size * 0.8), size // 12))[None]).pixels[0]
        for size in (96, 480)
    )
    difference = np.abs(small.astype(int) - large.astype(int))
    assert difference.mean() < 6


@settings(max_examples=40)
@given(st.floats(1, 30), st.floats(0, np.pi))
def test_stroke_width_is_measured(width: float, angle: float) -> None:
    rows, columns = np.mgrid[-130:130, -130:130]
    along = rows * np.sin(angle) + columns * np.cos(angle)
    across = columns * np.sin(angle) - rows * np.cos(angle)
    outside = np.maximum(np.abs(across) - width / 2, np.abs(along) - 100)
    stroke = np.clip(0.5 - outside, 0, 1).astype(np.float32)
    measured = float(stroke_width(stroke[None])[0])
    # The two ends are outline too: 200 long, they take a fraction of width / 200.
    assert abs(measured - width / (1 + width / 200)) < 0.3 + 0.17 * width


@pytest.mark.parametrize("thick", [1, 3, 8, 20, 34])
def test_hairlines_and_markers_come_near_mnist(thick: int) -> None:
    made = normalise(ink_of(drawn_seven(200, 160, thick))[None])
    after = float(stroke_width(made.pixels.astype(np.float32) / 255)[0])
    assert THINNEST - 0.5 < after < THICKEST + 0.8


def test_a_stack_gives_what_each_gives_alone() -> None:
    stack = np.stack([ink_of(drawn_seven(60, 60, thick)) for thick in (1, 2, 4, 9, 15)])
    together = normalise(stack).pixels
    for index in range(len(stack)):
        np.testing.assert_array_equal(
            together[index], normalise(stack[index : index + 1]).pixels[0]
        )


def test_ink_at_the_border_is_the_same_in_every_stack() -> None:
    """A thick stroke is thinned from outside too, also beside an image whose strokes grow."""
    thick, thin = np.zeros((2, 24, 24), np.float32)
    thick[:, 2:14] = 1
    thin[4:20, 11] = 1
    together = normalise(np.stack([thick, thin])).pixels
    np.testing.assert_array_equal(together[0], normalise(thick[None]).pixels[0])
    inside = normalise(np.pad(thick, 3)[None]).pixels[0]
    np.testing.assert_allclose(together[0].astype(int), inside, atol=1)


def test_no_ink_stays_empty() -> None:
    assert not normalise(np.zeros((3, 20, 30), np.float32)).pixels.any()
    assert normalise(np.zeros((0, 20, 30), np.float32)).pixels.shape == (0, 28, 28)


@settings(max_examples=60)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_any_noise_fits_the_field(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).random((2, height, width), np.float32)
    made = normalise(noise)
    assert made.pixels.shape == (2, 28, 28)
    assert np.isfinite(made.stroke_width).all()


Stacks = arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(0, 1, width=16),
)
CROSS = ndimage.generate_binary_structure(2, 1)


@given(Stacks)
def test_strokes_grow_and_thin_as_grey_morphology_has_it(ink: np.ndarray) -> None:
    for square in (False, True):
        shape = np.ones((3, 3)) if square else CROSS
        grown = [ndimage.grey_dilation(i, footprint=shape, mode="constant", cval=0) for i in ink]
        thinned = [ndimage.grey_erosion(i, footprint=shape, mode="constant", cval=1) for i in ink]
        np.testing.assert_array_equal(_dilate(ink.copy(), square), grown)
        np.testing.assert_allclose(_erode(ink.copy(), square), thinned, atol=1e-6)


@given(Stacks, st.lists(st.sampled_from((-2.5, -1.0, -0.4, 0.0, 0.01, 0.5, 1.0, 2.25)), min_size=3))
def test_a_width_is_changed_by_whole_steps_and_a_fraction(
    ink: np.ndarray, radii: list[float]
) -> None:
    radius = np.array(radii[: len(ink)], np.float32)
    change = radius.max() > 0 or radius.min() < 0
    reach = max(int(np.ceil(radius.max())), 1) if change else 0
    changed = _change_width(ink, radius)
    for image, by, ours in zip(ink, radius.tolist(), changed, strict=True):
        expected = np.pad(image, reach)
        done = 0
        while abs(by) > done + 0.02:
            shape = np.ones((3, 3)) if done % 2 else CROSS
            step = ndimage.grey_dilation if by > 0 else ndimage.grey_erosion
            moved = step(expected, footprint=shape, mode="constant", cval=0 if by > 0 else 1)
            fraction = min(abs(by) - done, 1)
            expected = (1 - fraction) * expected + fraction * moved
            done += 1
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def edges_of(profile: list[float]) -> tuple[float, float]:
    """First and last edge of one profile, counted along it."""
    inked = [k for k, value in enumerate(profile) if value >= 0.5]
    if not inked:
        return 0, len(profile)
    first, last = inked[0], inked[-1]
    before = profile[first - 1] if first > 0 else 0
    after = profile[last + 1] if last + 1 < len(profile) else 0
    return first - before, last + 1 + after


@given(arrays(np.float32, (4, 7), elements=st.sampled_from((0, 0.2, 0.4, 0.5, 0.8, 1.0))))
def test_edges_lie_where_half_the_ink_is_and_count_what_is_outside(profiles: np.ndarray) -> None:
    expected = [edges_of(profile.tolist()) for profile in profiles]
    np.testing.assert_allclose(_edges(profiles), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("rows", "columns", "scale"),
    [
        ((2, 12), (0, 4), 2.0), ((0, 4), (3, 43), 0.5), ((0, 20), (0, 8), 1.0),
        ((0, 20.9), (0, 8), 1.0), ((0, 21.1), (0, 8), 20 / 21.1), ((0, 19.1), (0, 8), 1.0),
        ((0, 18.9), (0, 8), 20 / 18.9), ((3, 3), (5, 5), 20.0),
    ],
)  # fmt: skip
def test_the_longer_side_becomes_twenty_pixels(
    rows: tuple[float, float], columns: tuple[float, float], scale: float
) -> None:
    found = _scale_to_longest(np.array([rows], np.float32), np.array([columns], np.float32))
    np.testing.assert_allclose(found, [scale], rtol=1e-5)


@given(st.integers(1, 80), st.floats(0.2, 6), st.integers(0, 2**16))
def test_a_line_is_resampled_by_triangles_around_its_centre(
    length: int, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    profile = rng.random((1, length)).astype(np.float32)
    edges = np.array([[0, length]], np.float32)
    factor = np.array([1.0 if abs(scale - 1) < 0.1 else scale], np.float32)
    scale = float(factor[0])
    matrix = _resampling(profile, edges, factor)[0]
    at = np.arange(length) + 0.5
    centre = float((profile[0] @ at) / max(profile[0].sum(), 1e-6))
    centre = min(max(centre, length - 14 / scale), 14 / scale)
    if scale == 1:
        centre = round(centre - 14) + 14
        if abs((centre - 14) % 1 - 0.5) < 1e-3:
            return
    support = max(1, 0.75 / scale)
    for column in range(28):
        source = (column + 0.5 - 14) / scale + centre
        weights = np.maximum(1 - np.abs(at - source) / support, 0) / support
        np.testing.assert_allclose(matrix[column], weights, atol=2e-3)


def test_a_faint_image_is_lifted_to_full_ink_at_most_four_times() -> None:
    levels = np.array([0.1, 0.175, 0.35, 0.7, 1.0, 0.0], np.float32)
    images = np.zeros((6, 28, 28), np.float32)
    images[:, 10:18, 10:14] = levels[:, None, None]
    np.testing.assert_allclose(_gain(images), [4, 4, 2, 1, 1, 4], rtol=1e-5)
    uneven = np.zeros((1, 28, 28), np.float32)
    uneven[0, 0, :2] = (0.6, 0.2)  # its ink-weighted mean is 0.5
    np.testing.assert_allclose(_gain(uneven), [0.7 / 0.5], rtol=1e-5)


def test_intermediate_measurements_are_reported() -> None:
    bar = np.zeros((2, 60, 60), np.float32)
    bar[0, 10:50, 28:32] = 1
    bar[1, 10:50, 28:32] = 0.25  # fainter ink is stretched to full first
    made = normalise(bar)
    np.testing.assert_allclose(made.scale, [0.5, 0.5], rtol=0.03)
    np.testing.assert_allclose(made.stroke_width, [2.0, 2.0], rtol=0.2)
    np.testing.assert_array_equal(made.pixels[0], made.pixels[1])


@pytest.mark.mnist
def test_mnist_itself_stays_about_as_it_is(mnist_folder: Path) -> None:
    images, _ = mnist_test(mnist_folder)
    made = normalise(images[:2000].astype(np.float32) / 255)
    assert (made.scale == 1).mean() > 0.98
    shifts = [
        min(
            np.abs(np.roll(after.astype(int), shift, axis) - before.astype(int)).mean()
            for axis in (0, 1)
            for shift in (-1, 0, 1)
        )
        for before, after in zip(images, made.pixels, strict=False)
    ]
    assert np.median(shifts) < 2  # grey levels of 255, up to one pixel of shift
