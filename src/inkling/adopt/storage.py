"""Builds tensors from a checkpoint's storages and views, with all bounds checked."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inkling.adopt.pickle_nodes import Call
from inkling.errors import ModelError

MAX_NUMBERS = 1 << 29  # numbers in one tensor; 2 GB as float32
DTYPES: dict[str, torch.dtype] = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
}
READ_BYTES = Callable[[str, int], bytes]  # key, bytes wanted -> the storage's bytes


@dataclass(frozen=True)
class Storage:
    """A block of `count` numbers of one type. `key` identifies its bytes."""

    key: str
    dtype: torch.dtype
    count: int
    start: int = 0  # offset of a view into a larger storage, in numbers

    @property
    def bytes(self) -> int:
        """Its size in bytes."""
        return self.count * self.dtype.itemsize


def dtype_of(name: str) -> torch.dtype:
    """The type of a storage or tensor class, such as `torch.cuda.FloatStorage`."""
    plain = name.rpartition(".")[2].removesuffix("Storage").removesuffix("Tensor")
    if plain not in DTYPES:
        raise ModelError(f"it has numbers of the type {name}, which inkling does not support")
    return DTYPES[plain]


def view_tensor(
    data: bytes, dtype: torch.dtype, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
) -> Tensor:
    """A copy of the view into `data`. Raises `ModelError` if it is out of bounds."""
    numbers = [offset, *shape, *stride]
    whole = all(isinstance(number, int) and number >= 0 for number in numbers)
    if not whole or len(shape) != len(stride) or math.prod(shape) > MAX_NUMBERS:
        raise ModelError(f"a tensor has an impossible shape {shape}")
    if math.prod(shape) == 0:
        return torch.zeros(shape, dtype=dtype)
    last = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
    if (last + 1) * dtype.itemsize > len(data):
        raise ModelError(f"a tensor of shape {shape} reaches beyond its {len(data):,} bytes")
    count = len(data) // dtype.itemsize
    flat = torch.frombuffer(bytearray(data), dtype=dtype, count=count)
    return flat.as_strided(shape, stride, offset).clone()


class Resolver:
    """Converts recorded calls that describe tensors and arrays into tensors."""

    def __init__(self, read_bytes: READ_BYTES, big_endian: bool = False) -> None:
        self.read_bytes, self.big_endian = read_bytes, big_endian

    def tensor(self, value: Any) -> Tensor | None:
        """The tensor that `value` describes, or None if it is something else."""
        if isinstance(value, Tensor):
            return value.detach() if value.layout == torch.strided else None
        if not isinstance(value, Call):
            return None
        maker = _MAKERS.get(value.name)
        try:
            return maker(self, value) if maker else None
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, RuntimeError) as error:
            raise ModelError(f"a tensor in the file is damaged: {error}") from error

    def from_storage(self, call: Call) -> Tensor:
        """`_rebuild_tensor(storage, offset, size, stride, ...)`, in all its versions."""
        storage, offset, shape, stride = call.arguments[:4]
        if isinstance(storage, Call):  # a TypedStorage around a storage
            storage = storage.arguments[0]
        found = as_storage(storage.key)
        data = self._swapped(self.read_bytes(found.key, found.bytes), found.dtype)
        if len(data) < found.bytes:
            raise ModelError(f"the storage {found.key} is truncated: the file is damaged")
        return view_tensor(
            data, found.dtype, found.start + int(offset), _ints(shape), _ints(stride)
        )

    def _swapped(self, data: bytes, dtype: torch.dtype) -> bytes:
        if not self.big_endian or dtype.itemsize == 1:
            return data
        return np.frombuffer(data, f"u{dtype.itemsize}").byteswap().tobytes()

    def wrapped(self, call: Call) -> Tensor | None:
        """`_rebuild_parameter(tensor, ...)`."""
        return self.tensor(call.arguments[0])

    def from_numpy(self, call: Call) -> Tensor | None:
        """`numpy`'s own reconstruction; None for an array of objects."""
        array = read_array(call)
        return None if array is None else torch.tensor(array)


def as_storage(key: Any) -> Storage:
    """The storage that a persistent id names: ('storage', class, key, location, count, ...)."""
    kind, type_name, name, _, count, *view = key
    if kind not in ("storage", b"storage"):
        raise ModelError("a tensor refers to something that is not a storage")
    dtype = dtype_of(str(type_name))
    if view and view[0]:
        return Storage(_text(name), dtype, int(count), int(view[0][1]))
    return Storage(_text(name), dtype, int(count))


def read_array(call: Call) -> NDArray[Any] | None:
    """The array of a pickled `numpy` array; None if it holds Python objects."""
    state = call.state
    if not isinstance(state, tuple) or len(state) != 5:
        return None
    _, shape, kind, fortran, data = state
    dtype = _numpy_dtype(kind)
    if dtype is None:
        return None
    content = as_bytes(data)
    flat = np.frombuffer(content, dtype)
    array = flat.reshape(_ints(shape), order="F" if fortran else "C")
    return array.astype(dtype.newbyteorder("="))


def _numpy_dtype(call: Any) -> np.dtype[Any] | None:
    """The type that `numpy.dtype('f4', ...)` with its state stands for; None for objects."""
    if not isinstance(call, Call) or not call.name.endswith("dtype"):
        return None
    code = _text(call.arguments[0])
    if len(code) > 4 or code[:1] not in "fiub":
        return None
    order = _text(call.state[1]) if isinstance(call.state, tuple) else "="
    return np.dtype(code).newbyteorder(">" if order == ">" else "<" if order == "<" else "=")


def as_bytes(value: Any) -> bytes:
    """The bytes of a value, including those that Python 2 or protocol 2 stored as text."""
    if isinstance(value, Call) and value.name == "_codecs.encode":
        value = value.arguments[0]
    if isinstance(value, str):
        return value.encode("latin1")
    if not isinstance(value, bytes | bytearray):
        raise ModelError("an array in the file has no bytes")
    return bytes(value)


def _text(value: Any) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


def _ints(values: Any) -> tuple[int, ...]:
    """The numbers of a size or stride, with or without `torch.Size`."""
    if isinstance(values, Call):
        values = values.arguments[0] if values.arguments else values.items
    return tuple(int(value) for value in values)


_MAKERS: Mapping[str, Callable[[Resolver, Call], Tensor | None]] = {
    "torch._utils._rebuild_tensor": Resolver.from_storage,
    "torch._utils._rebuild_tensor_v2": Resolver.from_storage,
    "torch._utils._rebuild_parameter": Resolver.wrapped,
    "torch._utils._rebuild_parameter_with_state": Resolver.wrapped,
    "torch._tensor._rebuild_from_type_v2": lambda resolver, call: resolver.tensor(
        Call(call.arguments[0], tuple(call.arguments[2]))
    ),
    "torch._utils._rebuild_device_tensor_from_numpy": Resolver.wrapped,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": Resolver.wrapped,
    "torch._utils._rebuild_xla_tensor": Resolver.wrapped,
    "numpy.core.multiarray._reconstruct": Resolver.from_numpy,
    "numpy._core.multiarray._reconstruct": Resolver.from_numpy,
}
