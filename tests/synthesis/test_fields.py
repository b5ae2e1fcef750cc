import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.synthesis.fields import (
    FIELD,
    UNIT,
    Glyph,
    centre_mask,
    measure_edge,
    measure_spine,
    stroke_width,
    thin,
    trace,
)
from inkling.types import Digits


def disc(radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:FIELD, :FIELD] - (FIELD - 1) / 2
    return ((np.hypot(rows, columns) <= radius) * 255).astype(np.uint8)


@pytest.mark.parametrize("radius", [6, 15, 30])
def test_edge_of_a_disc_is_its_radius_less_the_distance(radius: int) -> None:
    edge = measure_edge(disc(radius))
    rows, columns = np.mgrid[:FIELD, :FIELD] - (FIELD - 1) / 2
    true = (radius - np.hypot(rows, columns)) / UNIT
    near = np.abs(true) < 0.5 * radius / UNIT  # the middle of a disc is a ridge, which is blurred
    assert np.abs(edge - true)[near].max() < 1.2 / UNIT


def test_mask_is_centred_and_one_unit_long() -> None:
    ink = np.zeros((28, 28), np.uint8)
    ink[3:23, 5:9] = 255
    x, y, w, h = cv2.boundingRect((centre_mask(ink) > 127).astype(np.uint8))
    assert abs(h - UNIT) <= 1
    assert abs(w / h - 4 / 20) < 0.03
    assert abs(x + w / 2 - FIELD / 2) <= 1
    assert abs(y + h / 2 - FIELD / 2) <= 1
    assert not centre_mask(np.zeros((28, 28), np.uint8)).any()


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_thinning_keeps_ink_inside_and_pieces_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((48, 48), np.uint8)
    for start, end in rng.integers(6, 42, (3, 2, 2)).tolist():
        cv2.line(mask, start, end, 1, int(rng.integers(2, 7)))
    spine = thin(mask[None])[0]
    assert not (spine & ~mask).any()
    assert cv2.connectedComponents(spine)[0] == cv2.connectedComponents(mask)[0]
    assert spine.sum() <= mask.sum()


def test_a_dot_does_not_vanish() -> None:
    dot = np.zeros((1, 9, 9), np.uint8)
    for side in (1, 2, 3, 4):
        dot[0, 2 : 2 + side, 3 : 3 + side] = 1
        assert 1 <= thin(dot).sum() <= 2


def test_thinning_leaves_a_bar_one_pixel_thin() -> None:
    mask = np.zeros((1, 40, 40), np.uint8)
    mask[0, 5:35, 16:23] = 1
    spine = thin(mask)[0]
    assert (spine[10:30].sum(axis=1) == 1).all()


def test_thinning_many_at_once_changes_nothing(few: Digits) -> None:
    masks = np.stack([(centre_mask(image) > 127) for image in few.images[:6]]).astype(np.uint8)
    together = thin(masks)
    for mask, spine in zip(masks, together, strict=True):
        np.testing.assert_array_equal(thin(mask[None])[0], spine)


def test_stroke_width_is_measured() -> None:
    sheet = np.zeros((FIELD, FIELD), np.uint8)
    cv2.line(sheet, (52, 20), (52, 84), 255, 1)
    spine = measure_spine(sheet)
    glyph = Glyph(1, (0.12 / 2 - spine).astype(np.float32), spine)
    assert stroke_width(glyph) == pytest.approx(0.12, abs=0.02)


def test_traced_digits_can_be_inked_again_from_their_spines(few: Digits) -> None:
    masks = np.stack([centre_mask(image) for image in few.images[:40]])
    agreement = []
    for glyph, mask, label in zip(
        trace(masks, few.labels[:40]), masks, few.labels[:40], strict=True
    ):
        again, ink = glyph.spine < stroke_width(glyph) / 2, mask > 127
        assert glyph.label == label
        agreement.append((again & ink).sum() / (again | ink).sum())  # intersection over union
    assert np.mean(agreement) > 0.65
