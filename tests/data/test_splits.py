import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.data.splits import split_digits, stratified_split
from inkling.errors import DataError
from inkling.types import Digits

LABELS = st.lists(st.integers(0, 9), min_size=20, max_size=300).map(np.array)


@given(LABELS, st.data(), st.integers(0, 2**31 - 1))
def test_a_split_is_a_partition_by_fractions(labels: np.ndarray, data, seed: int) -> None:
    classes, counts = np.unique(labels, return_counts=True)
    held_out = data.draw(st.integers(0, len(labels) - len(classes)))
    keep, held = stratified_split(labels, held_out, seed)
    assert len(held) == held_out
    assert np.array_equal(np.sort(np.concatenate([keep, held])), np.arange(len(labels)))
    assert set(labels[keep]) == set(labels)
    if held_out <= len(labels) // 2 and counts.min() > 2:
        fraction = counts * held_out / len(labels)
        got = np.array([(labels[held] == label).sum() for label in classes])
        assert (np.abs(got - fraction) < 1.000001).all()


def test_the_seed_decides(scans: Digits) -> None:
    first, again, other = (stratified_split(scans.labels, 300, seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_many_to_hold_out(few: Digits) -> None:
    with pytest.raises(DataError, match="cannot hold out 400 of 400"):
        split_digits(few, 400, 0)
    assert split_digits(few, 0, 0).validation is None
