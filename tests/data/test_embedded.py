"""scikit-learn's scans as 28x28: their centre of mass in the middle, their ink unchanged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.embedded import _enlarge, embedded_digits
from inkling.types import Digits


@given(st.integers(0, 5), st.integers(0, 5), st.integers(2, 8), st.integers(2, 8))
def test_a_scan_is_enlarged_around_its_centre_of_mass(x: int, y: int, w: int, h: int) -> None:
    scan = np.zeros((8, 8), np.float32)
    scan[y : y + h, x : x + w] = 16
    made = _enlarge(scan).astype(float)
    rows, columns = np.indices(made.shape)
    assert (rows * made).sum() / made.sum() == pytest.approx(13.5, abs=0.35)
    assert (columns * made).sum() / made.sum() == pytest.approx(13.5, abs=0.35)
    inside = (min(h, 8 - y)) * (min(w, 8 - x)) * 2.5**2
    assert made.sum() / 255 == pytest.approx(inside, rel=0.25)


def test_the_scans_are_those_of_scikit_learn(scans: Digits) -> None:
    from sklearn.datasets import load_digits

    _, labels = load_digits(return_X_y=True)
    assert len(scans) == 1797
    np.testing.assert_array_equal(scans.labels, labels)
    assert embedded_digits().sha256() == scans.sha256()
