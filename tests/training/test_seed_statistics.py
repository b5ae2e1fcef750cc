import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inkling.training.seed_statistics import summarise


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_it_agrees_with_scipy(values: list[float]) -> None:
    summary = summarise(values)
    assert summary.mean == pytest.approx(np.mean(values))
    assert summary.sd == pytest.approx(np.std(values, ddof=1), abs=1e-9)
    assert summary.interval is not None
    low, high = summary.interval
    assert low <= summary.mean <= high
    if summary.sd and summary.sd > 1e-6:
        expected = stats.t.interval(0.95, len(values) - 1, summary.mean, stats.sem(values))
        assert summary.interval == pytest.approx(expected)
    assert summary.minimum <= summary.median <= summary.maximum


def test_one_value_has_no_spread() -> None:
    summary = summarise([0.5])
    assert (summary.sd, summary.interval, summary.n) == (None, None, 1)
    assert math.isclose(summary.mean, 0.5)


def test_nothing_has_no_summary() -> None:
    with pytest.raises(ValueError, match="at least one"):
        summarise([])
