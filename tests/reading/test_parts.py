"""Parts: what is measured of a label's pixels, and of two parts taken together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkling.reading.detect.components import Components
from inkling.reading.detect.parts import make_part, parts_of_components, union
from tests.reading.maps import make_box, text_map


@given(arrays(np.int32, (9, 13), elements=st.integers(0, 4)), st.integers(0, 2**16))
def test_a_part_is_what_its_pixels_are_and_a_union_is_both(labels: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    writing = text_map(rng.random(labels.shape), rng.random(labels.shape))
    parts = [make_part(writing, labels, label) for label in (1, 2)]
    for label, part in enumerate(parts, 1):
        rows, columns = np.nonzero(labels == label)
        if part is None:
            assert not len(rows)
            continue
        assert part.labels == (label,)
        assert (part.x, part.y) == (columns.min(), rows.min())
        assert (part.right, part.bottom) == (columns.max() + 1, rows.max() + 1)
        assert part.area == len(rows)
        assert part.size == max(part.w, part.h)
        np.testing.assert_allclose(part.level, writing.ink[rows, columns].mean(), rtol=1e-5)
        np.testing.assert_allclose(part.prob, writing.prob[rows, columns].max())
    one, other = parts
    if one and other:
        both = make_part(writing, np.minimum(labels, 1) * (labels < 3), 1)
        joined = union(one, other)
        assert both is not None
        assert joined.labels == (1, 2)
        assert (joined.x, joined.y, joined.w, joined.h) == (both.x, both.y, both.w, both.h)
        assert (joined.area, joined.prob) == (both.area, both.prob)
        np.testing.assert_allclose(joined.level, both.level, rtol=1e-5)


def test_there_is_one_part_for_each_component() -> None:
    found = Components(
        np.zeros((4, 4), np.int32),
        np.array([2, 5]),
        np.array([[1, 2, 3, 4], [5, 6, 7, 8]]),
        np.array([9, 10]),
        np.array([0.5, 0.25]),
        np.array([0.75, 1.0]),
    )
    one, other = parts_of_components(found)
    assert (one.labels, one.x, one.y, one.w, one.h) == ((2,), 1, 2, 3, 4)
    assert (one.area, one.level, one.prob) == (9, 0.5, 0.75)
    assert (other.labels, other.size, other.right, other.bottom) == ((5,), 8, 12, 14)


def test_darker_ink_counts_by_its_area() -> None:
    joined = union(make_box(0, 0, 2, 2, level=1.0), make_box(8, 1, 6, 2, level=0.5, label=2))
    assert (joined.x, joined.y, joined.w, joined.h) == (0, 0, 14, 3)
    assert joined.level == (4 * 1.0 + 12 * 0.5) / 16
