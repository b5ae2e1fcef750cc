"""The interpreter reads what `pickle` writes, and runs nothing."""

import contextlib
import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from inkling.adopt.checkpoint_file import open_checkpoint
from inkling.adopt.named_tensors import collect_tensors
from inkling.adopt.pickle_nodes import Call, Name
from inkling.adopt.pickle_tree import read_pickle
from inkling.errors import ModelError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


def _decoded(value: Any) -> Any:
    """Bytes below protocol 3 are stored as a call to `_codecs.encode`."""
    if isinstance(value, Call) and value.name == "_codecs.encode":
        return value.arguments[0].encode("latin1")
    if isinstance(value, Call) and value.name.endswith("builtin__.bytes"):
        return b""
    if isinstance(value, list | tuple):
        return type(value)(_decoded(part) for part in value)
    if isinstance(value, dict):
        return {key: _decoded(part) for key, part in value.items()}
    return value


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_is_what_pickle_reads(value: Any, protocol: int) -> None:
    stream = io.BytesIO(pickle.dumps(value, protocol) + b"rest")
    assert _decoded(read_pickle(stream)) == value
    assert stream.read() == b"rest"


class Writes:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"echo written > {self.path}",)


class Makes(Writes):
    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


class Evaluates(Writes):
    def __reduce__(self) -> Any:
        return eval, (f"__import__('pathlib').Path({str(self.path)!r}).touch()",)


class SetsState(Writes):
    """Python would set the state on what the call gives."""

    def __reduce__(self) -> Any:
        code = f"__import__('pathlib').Path({str(self.path)!r}).touch()"
        return exec, (code,), {"a": 1}


HOSTILE = [Writes, Makes, Evaluates, SetsState]


def _hand_written(path: Path) -> list[bytes]:
    """The other instructions that call: INST, OBJ, NEWOBJ, STACK_GLOBAL."""
    command = f"echo written > {path}".encode()
    text = b"X" + struct.pack("<I", len(command)) + command
    return [
        b"(S'" + command + b"'\nios\nsystem\n.",
        b"(cos\nsystem\n" + text + b"o.",
        b"\x80\x02cos\nsystem\n" + text + b"\x85\x81.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93" + text + b"\x85R.",
    ]


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pickle_writes_nothing(kind: type, protocol: int, tmp_path: Path) -> None:
    target = tmp_path / "written"
    content = pickle.dumps({"model": kind(target)}, protocol)
    tree = read_pickle(io.BytesIO(content))
    assert isinstance(tree["model"], Call)
    assert not target.exists()
    with contextlib.suppress(AttributeError):  # None takes no state
        pickle.loads(content)  # noqa: S301 - shows that it would
    assert target.exists()


def test_every_calling_instruction_is_only_written_down(tmp_path: Path) -> None:
    target = tmp_path / "written"
    for content in _hand_written(target):
        tree = read_pickle(io.BytesIO(content))
        assert isinstance(tree, Call)
        assert tree.function in (Name("os", "system"), Name("posix", "system"))
        assert not target.exists()


@pytest.mark.parametrize("form", ["zip", "legacy", "plain", "torchscript"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_weights_beside_a_hostile_object_are_read(kind: type, form: str, tmp_path: Path) -> None:
    target, path = tmp_path / "written", tmp_path / "model.pt"
    net = nn.Linear(784, 10)
    content = OrderedDict([("weights", net.state_dict()), ("evil", kind(target))])
    if form == "plain":
        arrays = {"W1": net.weight.detach().numpy().T, "b1": net.bias.detach().numpy()}
        path.write_bytes(pickle.dumps({"evil": kind(target), **arrays}))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form != "legacy")
    if form == "torchscript":
        with zipfile.ZipFile(path, "a") as archive:
            root = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            hostile = pickle.dumps((kind(target),))
            archive.writestr(root.replace("data.pkl", "constants.pkl"), hostile)
            code = f"open({str(target)!r}, 'w')"
            archive.writestr(root.replace("data.pkl", "code/__torch__.py"), code)
    tensors = collect_tensors(open_checkpoint(path)).tensors
    assert not target.exists()
    assert sorted(value.ndim for value in tensors.values()) == [1, 2]


def test_deep_nesting_and_references_to_itself_end() -> None:
    deep = b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b"."
    read_pickle(io.BytesIO(deep))
    keys = b"\x80\x02}" + b"(" * 50_000 + b"t" * 50_000 + b"Ns."
    assert len(read_pickle(io.BytesIO(keys))) == 1
    itself: list[Any] = []
    itself.append(itself)
    found = read_pickle(io.BytesIO(pickle.dumps(itself)))
    assert found[0] is found


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x8e" + struct.pack("<Q", 3 << 30) + b"short",  # BINBYTES8 of 3 GB
        b"\x80\x02T" + struct.pack("<i", 2**31 - 1) + b"short",
        b"\x80\x02cos\n",
        b"\x80\x02h\x07.",
        b"\x80\x02t.",
        b"\x80\x02R.",
        b"\x80",
    ],
)
def test_damaged_and_oversized_pickles_are_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        read_pickle(io.BytesIO(content))


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_plain_error(content: bytes) -> None:
    with contextlib.suppress(ModelError):  # any other error fails the test
        read_pickle(io.BytesIO(b"\x80\x02" + content + b"."))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(200 << 20))
    with pytest.raises(ModelError, match="unpacks to"):
        open_checkpoint(path)


@pytest.mark.parametrize(
    ("shape", "stride", "offset"),
    [((784, 10), (10, 1), 1), ((1 << 20, 1 << 20), (0, 0), 0), ((10, -1), (1, 1), 0)],
)
def test_a_view_outside_its_storage_is_refused(
    shape: tuple[int, int], stride: tuple[int, int], offset: int, tmp_path: Path
) -> None:
    path = tmp_path / "model.pt"
    storage, marker = ("storage", torch.FloatStorage, "0", "cpu", 7840), object()

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return storage if obj is marker else None

    class Tensor:
        def __reduce__(self) -> Any:
            from torch._utils import _rebuild_tensor_v2

            return _rebuild_tensor_v2, (marker, offset, shape, stride, False, OrderedDict())

    stream = io.BytesIO()
    Pickler(stream, 2).dump({"weight": Tensor(), "object": OrderedDict, "other": Path})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", stream.getvalue())
        archive.writestr("archive/data/0", bytes(4 * 7840))
    with pytest.raises(ModelError, match=r"shape|beyond"):
        collect_tensors(open_checkpoint(path))
