"""Reads torch's two formats before the zip format: streams of pickles, and tar archives."""

import io
import struct
import tarfile
from pathlib import Path
from typing import IO, Any

from torch import Tensor

from inkling.adopt.pickle_nodes import Call, Persistent
from inkling.adopt.pickle_tree import read_pickle
from inkling.adopt.storage import Resolver, Storage, as_storage, dtype_of, view_tensor
from inkling.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
MAX_PICKLE = 256 << 20  # bytes


def is_legacy_stream(head: bytes) -> bool:
    """Whether a file starts with torch's magic number as a pickle."""
    return MAGIC.to_bytes(10, "little") in head[:32]


def is_legacy_tar(path: Path, head: bytes) -> bool:
    """Whether a file is the tar archive of torch before 0.2."""
    if head[257:262] != b"ustar":
        return False
    try:
        with tarfile.open(path) as archive:
            return {"storages", "tensors", "pickle"} <= set(archive.getnames())
    except tarfile.TarError:
        return False


def read_stream(path: Path) -> tuple[Any, Resolver]:
    """The pickle of a legacy file and a resolver that finds its storages."""
    with path.open("rb") as file:
        read_pickle(file, MAX_PICKLE)  # magic number
        read_pickle(file, MAX_PICKLE)  # protocol version
        system = read_pickle(file, MAX_PICKLE)
        tree = read_pickle(file, MAX_PICKLE)
        keys = read_pickle(file, MAX_PICKLE)
        big = isinstance(system, dict) and system.get("little_endian") is False
        known = {found.key: found for found in _storages_of(tree)}
        data = {}
        for key in keys:
            found = known.get(str(key))
            count = _number(file, "<q")
            if found is None or count > found.count or count < 0:
                raise ModelError(f"{path} is damaged: the storage {key} has an impossible size")
            data[found.key] = file.read(count * found.dtype.itemsize)
    return tree, Resolver(lambda key, _: _held(data, key), big)


def _held(data: dict[str, bytes], key: str) -> bytes:
    if key not in data:
        raise ModelError(f"the file refers to a storage {key} that it does not contain")
    return data[key]


def _storages_of(tree: Any) -> list[Storage]:
    """All storages that a pickle refers to."""
    found, seen, waiting = [], set(), [tree]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Persistent):
            if isinstance(value.key, tuple) and value.key[0] in ("storage", b"storage"):
                found.append(as_storage(value.key))
            else:
                waiting.append(value.key)
        elif isinstance(value, dict):
            waiting += [*value.values(), *value.keys()]
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += value
        elif isinstance(value, Call):
            waiting += [value.function, value.arguments, value.state, value.items, value.entries]
    return found


def read_tar(path: Path) -> tuple[Any, Resolver]:
    """The pickle of a tar archive with its tensors resolved."""
    with tarfile.open(path) as archive:
        storages, views = _tar_storages(_member(archive, "storages"))
        tensors = _tar_tensors(_member(archive, "tensors"), storages, views)
        tree = read_pickle(_member(archive, "pickle"), MAX_PICKLE)
    return tree, _TarResolver(tensors)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    member = archive.extractfile(name)
    if member is None:
        raise ModelError(f"its member {name} is not a file")
    return io.BytesIO(member.read())


def _tar_storages(file: IO[bytes]) -> tuple[dict[str, tuple[Any, bytes]], dict[str, Any]]:
    held = {}
    for _ in range(_count(read_pickle(file, MAX_PICKLE))):
        key, _, kind = read_pickle(file, MAX_PICKLE)
        dtype = dtype_of(str(kind))
        held[str(key)] = dtype, file.read(_number(file, "<q") * dtype.itemsize)
    views = {str(view[0]): view[1:] for view in read_pickle(file, MAX_PICKLE)}
    return held, views


def _tar_tensors(
    file: IO[bytes], storages: dict[str, tuple[Any, bytes]], views: dict[str, Any]
) -> dict[str, Tensor]:
    tensors = {}
    for _ in range(_count(read_pickle(file, MAX_PICKLE))):
        key, storage, _ = read_pickle(file, MAX_PICKLE)
        dimensions = _count(_number(file, "<i"), 16)
        file.read(4)  # the count was once written as 8 bytes
        shape = tuple(_number(file, "<q") for _ in range(dimensions))
        stride = tuple(_number(file, "<q") for _ in range(dimensions))
        offset = _number(file, "<q")
        root, start, _ = views.get(str(storage), (storage, 0, 0))
        if str(root) not in storages:
            raise ModelError(f"a tensor refers to a storage {root} that the file does not contain")
        dtype, data = storages[str(root)]
        tensors[str(key)] = view_tensor(data, dtype, offset + int(start), shape, stride)
    return tensors


class _TarResolver(Resolver):
    """Finds tensors by their number."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__(lambda key, _: _held({}, key))
        self.tensors = tensors

    def tensor(self, value: Any) -> Tensor | None:
        if isinstance(value, Persistent):
            return self.tensors.get(str(value.key))
        return super().tensor(value)


def _count(value: Any, most: int = 100_000) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ModelError("the file declares an impossible number of tensors")
    return value


def _number(file: IO[bytes], form: str) -> int:
    data = file.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise ModelError("the file is truncated")
    return struct.unpack(form, data)[0]
