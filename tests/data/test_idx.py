import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkling.data.idx import read_idx, write_idx
from inkling.errors import DataError

ANY = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6))


@given(ANY)
def test_what_is_written_is_read(array: np.ndarray) -> None:
    assert np.array_equal(read_idx(write_idx(array), "x", array.ndim), array)


@given(ANY, st.integers(1, 40))
def test_a_byte_too_many_or_too_few_is_refused(array: np.ndarray, extra: int) -> None:
    raw = write_idx(array)
    with pytest.raises(DataError, match="too long"):
        read_idx(raw + bytes(extra), "x", array.ndim)
    if array.size:
        with pytest.raises(DataError, match="too short"):
            read_idx(raw[: -min(extra, array.size)], "x", array.ndim)


@given(st.binary(max_size=64))
def test_any_bytes_give_an_array_or_a_data_error(raw: bytes) -> None:
    with contextlib.suppress(DataError):  # and no other error
        assert read_idx(raw, "x", 3).dtype == np.uint8


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG....", "begins with 89504e47"),
        (struct.pack(">HBBI", 0, 0x0D, 1, 0), "type 0x0d"),
        (struct.pack(">HBBI", 0, 0x08, 1, 0), "has 1 dimensions, 3 were expected"),
        (struct.pack(">HBBI", 0, 0x08, 3, 5), "ends inside its header"),
        (struct.pack(">HBB3I", 0, 0x08, 3, 60000, 2**31, 2**31), "promises"),
    ],
)
def test_wrong_headers_are_named(raw: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        read_idx(raw, "train-images", 3)
