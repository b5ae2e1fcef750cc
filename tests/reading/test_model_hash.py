"""The hash in a model file: it covers every byte before it, and ONNX tools read the file still."""

from pathlib import Path

import onnxruntime
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inkling.errors import ModelError
from inkling.reading.model_hash import (
    LENGTH,
    WEIGHTS,
    check_bundled,
    check_hash,
    stored_hash,
    with_hash,
)


@settings(max_examples=50)
@given(st.binary(max_size=300), st.data())
def test_any_changed_byte_is_noticed(content: bytes, data: st.DataObject) -> None:
    assume(stored_hash(content) is None)
    hashed = with_hash(content)
    assert hashed[: len(content)] == content
    assert len(hashed) == len(content) + LENGTH
    assert with_hash(hashed) == hashed
    assert check_hash(hashed, Path("x"))
    assert not check_hash(content, Path("x"))
    assert stored_hash(content) is None
    place = data.draw(st.integers(0, len(hashed) - 1))
    altered = bytearray(hashed)
    altered[place] ^= 1
    if stored_hash(bytes(altered)) is None:
        assert len(content) <= place < len(content) + LENGTH - 64
    else:
        with pytest.raises(ModelError, match="was altered"):
            check_hash(bytes(altered), Path("x"))


def test_bundled_models_have_their_hash_where_onnx_keeps_it() -> None:
    check_bundled()
    paths = sorted(WEIGHTS.glob("*.onnx"))
    assert len(paths) == 6
    for path in paths:
        assert check_hash(path.read_bytes(), path)
        content = path.read_bytes()
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        assert session.get_modelmeta().custom_metadata_map["sha256"] == stored_hash(content)
