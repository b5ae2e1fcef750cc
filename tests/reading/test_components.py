"""Connected ink, beside a count pixel by pixel; which strokes are added to it and which are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.detect.components import MOST, find_components, ink_mask
from inkling.reading.detect.text_map import INK_PROB
from tests.reading.maps import text_map

ndimage = pytest.importorskip("scipy.ndimage")  # the reference; the base extra lacks it

LEVELS = (0.0, 0.2, INK_PROB, 0.3, 0.55, 0.56, 0.9)


def expected(ink: np.ndarray, prob: np.ndarray) -> list[tuple]:
    """Box, area, darkness and probability of each component of a plain map, from the top left."""
    labels, count = ndimage.label(prob > INK_PROB, structure=np.ones((3, 3)))
    found = []
    for label in range(1, count + 1):
        rows, columns = np.nonzero(labels == label)
        level, surest = ink[rows, columns].mean(), prob[rows, columns].max()
        if len(rows) >= 3 and level > 0 and surest > np.float32(0.55):
            x, y = columns.min(), rows.min()
            box = (x, y, np.ptp(columns) + 1, np.ptp(rows) + 1)
            found.append((*box, len(rows), float(level), float(surest)))
    return sorted(found)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float32, (10, 12), elements=st.sampled_from(LEVELS).map(np.float32)),
    st.integers(0, 120),
    st.integers(0, 90),
)
def test_components_are_those_that_are_counted(patch: np.ndarray, left: int, top: int) -> None:
    """The patch lies anywhere in a larger image: only its surroundings are searched."""
    prob = np.zeros((100, 132), np.float32)
    prob[top : top + 10, left : left + 12] = patch
    ink = prob * np.float32(0.5)
    found = find_components(text_map(ink, prob))
    rows = zip(found.boxes.tolist(), found.areas.tolist(), found.levels, found.probs, strict=True)
    ours = sorted((*box, area, float(level), float(prob)) for box, area, level, prob in rows)
    truth = expected(ink, prob)
    assert [each[:5] for each in ours] == [each[:5] for each in truth]
    assert np.allclose([each[5:] for each in ours], [each[5:] for each in truth], atol=1e-6)
    for label, (x, y, w, h), area in zip(found.index, found.boxes, found.areas, strict=True):
        own = found.labels == label
        assert own.sum() == area == own[y : y + h, x : x + w].sum()


@pytest.mark.parametrize(("surest", "kept"), [(0.5499, 0), (0.55, 0), (0.5501, 1)])
def test_a_component_must_be_surely_written_somewhere(surest: float, kept: int) -> None:
    prob = np.zeros((20, 20), np.float32)
    prob[5:8, 5:8] = 0.3
    prob[6, 6] = surest
    assert len(find_components(text_map(prob)).index) == kept


def test_only_the_largest_components_are_kept() -> None:
    prob = np.zeros((4 * 24, 4 * 24), np.float32)
    for k in range(24 * 24):
        y, x = divmod(k, 24)
        prob[4 * y, 4 * x : 4 * x + 3] = 1
    prob[1, :3] = prob[93, 92:95] = 1  # two larger ones, first and last
    found = find_components(text_map(prob))
    assert len(found.index) == MOST
    assert sorted(found.areas)[-2:] == [6, 6]
    assert (np.diff(found.index) > 0).all()


def test_faint_probability_on_paper_without_ink_is_no_component() -> None:
    prob = np.zeros((20, 20), np.float32)
    prob[5:9, 5:9] = 1
    assert len(find_components(text_map(np.zeros_like(prob), prob)).index) == 0


def corner(
    bar: int, *, known: int = 24, left: int = 20, dark: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """An upright stroke of `known` rows that the map knows, and a bar at its foot that it lost."""
    ink = np.zeros((60, 80), np.float32)
    ink[20 : 20 + known, left : left + 3] = 0.8
    prob = (ink > 0).astype(np.float32)
    ink[20 + known : 23 + known, left : left + bar] = dark
    return ink, prob


@pytest.mark.parametrize(
    ("why", "added", "changes", "noise"),
    [
        ("shorter than what is known", True, {"bar": 10}, 0.0),
        ("as long", True, {"bar": 24}, 0.0),
        ("one pixel longer", False, {"bar": 25}, 0.0),
        ("grain as strong as is allowed", True, {"bar": 10}, 0.02),
        ("grained paper", False, {"bar": 10}, 0.021),
        ("it runs out of the image on the left", False, {"bar": 10, "left": 0}, 0.0),
        ("it runs out of the image on the right", False, {"bar": 10, "left": 70}, 0.0),
        ("as dark as paper", False, {"bar": 10, "dark": 0.3}, 0.0),
        ("most of the shape is unknown", False, {"bar": 12, "known": 12, "thick": True}, 0.0),
    ],
)
def test_a_straight_stroke_that_the_map_lost(
    why: str, added: bool, changes: dict, noise: float
) -> None:
    thick = changes.pop("thick", False)
    ink, prob = corner(**changes)
    if thick:
        ink[35:39, 20:32] = 0.8
    mask = ink_mask(text_map(ink, prob, detail=1.0, noise=noise))
    lost = (ink > 0.1) & (prob == 0)
    assert (mask[prob > 0] == 1).all()
    assert bool((mask[lost] == 1).all()) is added, why
    assert mask[~lost & (prob == 0)].sum() == 0
    if not added:
        assert mask[lost].sum() == 0, why


@pytest.mark.parametrize(("fraction", "whole"), [(0.44, False), (0.46, True)])
def test_so_much_of_a_shape_must_be_known(fraction: float, whole: bool) -> None:
    ink = np.zeros((40, 140), np.float32)
    ink[20, 20:120] = 1
    prob = np.zeros_like(ink)
    known = round(100 * fraction)
    prob[20, 20 : 20 + known // 2] = prob[20, 120 - (known - known // 2) : 120] = 1
    # The gap must not be longer than the known part: its two ends make the known part 100 long.
    mask = ink_mask(text_map(ink, prob, detail=1.0))
    assert bool(mask[20, 70]) is whole


@pytest.mark.parametrize(("detail", "by_ink"), [(1.5, False), (1.6, True)])
def test_of_a_larger_image_darkness_draws_the_outline(detail: float, by_ink: bool) -> None:
    """The map saw a small copy: it is a pixel too wide on each side."""
    ink = np.zeros((60, 60), np.float32)
    ink[20:40, 28:34] = 0.9
    prob = np.zeros_like(ink)
    prob[19:41, 27:35] = 0.9
    mask = ink_mask(text_map(ink, prob, detail=detail, noise=0.1))
    np.testing.assert_array_equal(mask, (ink if by_ink else prob) > 0.3)


@pytest.mark.parametrize(("dark", "is_ink"), [(0.41, False), (0.43, True)])
def test_ink_is_what_is_dark_beside_likely_ink(dark: float, is_ink: bool) -> None:
    ink = np.zeros((80, 80), np.float32)
    ink[20:60, 20:60] = 1
    prob = ink.copy()
    ink[30:50, 60:62] = dark  # beside the likely ink, within reach
    ink[30:50, 70:72] = 1  # too far from it
    mask = ink_mask(text_map(ink, prob, detail=4.0, noise=0.1))
    assert bool(mask[40, 60]) is is_ink
    assert not mask[:, 66:].any()


def test_a_plain_map_and_an_empty_one_are_taken_as_they_are() -> None:
    ink, prob = corner(10)
    np.testing.assert_array_equal(ink_mask(text_map(ink, prob)), prob > INK_PROB)
    assert not ink_mask(text_map(ink, np.zeros_like(prob), detail=2.0)).any()
