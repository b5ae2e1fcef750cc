"""Ink of thumbnails: stacks are split as single images are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.reading.preprocess.thumbnail_ink import _edge_fraction, split_ink


def stack_of(height: int, width: int, seed: int, count: int = 3) -> np.ndarray:
    """Noise, some of it in two or three levels only."""
    rng = np.random.default_rng(seed)
    stack = rng.integers(0, 256, (count, height, width)).astype(np.uint8)
    stack[1] = np.where(stack[1] > 60, 220, 30)
    stack[2] = 40 + 60 * (stack[2] % 3)
    return stack


Stacks = st.builds(stack_of, st.integers(4, 40), st.integers(1, 40), st.integers(0, 2**16))


@settings(max_examples=60, deadline=None)
@given(Stacks)
def test_ink_and_background_are_split_as_one_image_at_a_time(stack: np.ndarray) -> None:
    split = split_ink(stack.astype(np.float32))
    for index, image in enumerate(stack.astype(np.float64)):
        low, high = image.min(), image.max()
        level, light, dark, count = (low + high) / 2, high, low, image.size
        for _ in range(3):
            above = image > level
            count = above.sum()
            light = image[above].mean() if above.any() else 0
            dark = image[~above].mean() if (~above).any() else 0
            level = (light + dark) / 2
        above = image > level
        depth = max(1, min(image.shape) // 14)
        edge = np.ones(image.shape, bool)
        edge[depth:-depth, depth:-depth] = False
        vote = 0.6 * count / image.size + 0.4 * above[edge].mean()
        if abs(vote - 0.5) < 1e-4 or np.abs(image - level).min() < 1e-2:
            continue  # rounding decides
        lighter = vote >= 0.5
        background = light if lighter else dark
        own = image[above == lighter]
        half = own[own >= background] if lighter else own[own <= background]
        base = half.mean() if half.size else 0
        near = (np.abs(own - base) < 0.05 * (high - low)).sum()
        assert bool(split.lighter[index, 0, 0]) is bool(lighter)
        np.testing.assert_allclose(split.background[index, 0, 0], background, rtol=1e-4, atol=1e-3)
        contrast = background - low if lighter else high - background
        np.testing.assert_allclose(split.contrast[index, 0, 0], contrast, rtol=1e-3, atol=1e-2)
        close = np.abs(np.abs(own - base) - 0.05 * (high - low)) < 1e-2
        if not close.any() and not (np.abs(own - background) < 1e-2).any():
            assert bool(split.flat[index]) is bool(near > 0.5 * own.size)


def random_masks(height: int, width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((4, height, width)) > np.array([0.2, 0.7, 0.97, 0.5])[:, None, None]


Masks = st.builds(random_masks, st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**16))


@settings(max_examples=60, deadline=None)
@given(Masks)
def test_the_border_of_each_mask_has_its_fraction(masks: np.ndarray) -> None:
    height, width = masks.shape[1:]
    depth = max(1, min(height, width) // 14)
    edge = np.ones((height, width), bool)
    edge[depth : height - depth, depth : width - depth] = False
    expected = [mask[edge].mean() for mask in masks]
    np.testing.assert_allclose(_edge_fraction(masks), expected, rtol=1e-5)
