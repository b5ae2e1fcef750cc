"""Opens checkpoint files of all supported formats as data, without executing anything."""

import io
import pickle
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from inkling.adopt.legacy import is_legacy_stream, is_legacy_tar, read_stream, read_tar
from inkling.adopt.pickle_tree import read_pickle
from inkling.adopt.storage import Resolver
from inkling.errors import ModelError

MAX_FILE = 2 << 30  # bytes
MAX_PICKLE = 64 << 20  # bytes; limit for the pickle in a zip, without the tensors
MAX_RATIO = 20  # greatest compression ratio; a higher one is a zip bomb
LOCAL_HEADER = b"PK\x03\x04"
HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True, eq=False)
class Opened:
    """The content of a file: a `tree` of dictionaries, lists and calls, and access to its tensors.

    `code` is the text of a TorchScript program; it is read as text only.
    """

    form: str
    tree: Any
    resolver: Resolver
    code: str = ""


def open_checkpoint(path: Path) -> Opened:
    """Opens `path`. Raises `ModelError` if it is not a checkpoint of a known format."""
    _check_size(path)
    with path.open("rb") as file:
        head = file.read(512)
    if zipfile.is_zipfile(path) and head[:2] == b"PK":
        return _open_zip(path)
    if head.startswith(LOCAL_HEADER):
        raise ModelError(f"{path} is a zip file whose end is missing. Download it again")
    if head.startswith(HDF5):
        raise ModelError(
            f"{path} is an HDF5 file, as Keras writes it; save the weights as .npz or "
            ".safetensors and adopt that file"
        )
    if _is_safetensors(head, path):
        return _open_safetensors(path)
    if head.startswith(b"version https://git-lfs"):
        raise ModelError(f"{path} is a Git LFS pointer, not the file. Fetch it with 'git lfs pull'")
    if path.suffix.lower() == ".onnx":
        raise ModelError(
            f"{path} is an ONNX model, not a checkpoint; 'inkling evaluate' and 'inkling read "
            "--model' take ONNX files that inkling exported"
        )
    return _open_pickle(path, head)


def _check_size(path: Path) -> None:
    if not path.exists():
        raise ModelError(f"there is no file {path}")
    if path.is_dir():
        raise ModelError(f"{path} is a folder. Name the checkpoint file in it")
    size = path.stat().st_size
    if size == 0:
        raise ModelError(f"{path} is empty")
    if size > MAX_FILE:
        raise ModelError(f"{path} has {size / 1e9:.1f} GB, more than a digit classifier needs")


def _is_safetensors(head: bytes, path: Path) -> bool:
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 0 < length <= path.stat().st_size - 8


def _open_safetensors(path: Path) -> Opened:
    try:
        return Opened("safetensors", dict(load_file(path)), Resolver(_no_storage))
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path} is a damaged safetensors file: {error}") from error


def _no_storage(key: str, _: int) -> bytes:
    raise ModelError(f"the file refers to a storage {key} that it does not contain")


def _open_zip(path: Path) -> Opened:
    try:
        with zipfile.ZipFile(path) as archive:
            names = _check_members(archive, path)
            if any(name.endswith(".npy") for name in names):
                return _open_npz(path)
            root = _root_of(names, path)
            if f"{root}constants.pkl" in names:
                return _open_torchscript(archive, root, names)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ModelError(f"{path} is a damaged zip file: {error}") from error
    tree = _load_weights_only(path)
    if tree is not None:
        return Opened("torch zip", tree, Resolver(_no_storage))
    with zipfile.ZipFile(path) as archive:
        tree, resolver = _read_zip_pickle(archive, root, "data.pkl", "data/")
    return Opened("torch zip with pickled objects", tree, _keep_open(path, root, resolver))


def _check_members(archive: zipfile.ZipFile, path: Path) -> set[str]:
    """The names of the members. Raises `ModelError` if the archive unpacks to too many bytes."""
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if total > MAX_FILE or total > MAX_RATIO * path.stat().st_size + (1 << 20):
        raise ModelError(f"{path} unpacks to {total / 1e9:.1f} GB, more than inkling accepts")
    return {entry.filename for entry in entries}


def _root_of(names: set[str], path: Path) -> str:
    """The folder in the archive with `data.pkl`, with a slash at the end."""
    roots = [name.removesuffix("data.pkl") for name in names if name.endswith("data.pkl")]
    if "model.json" in names or "config.json" in names:
        raise ModelError(
            f"{path} is a Keras archive; save the weights as .npz or .safetensors and adopt "
            "that file"
        )
    if not roots:
        raise ModelError(f"{path} is a zip file without a checkpoint: it has no data.pkl")
    return min(roots, key=len)


def _load_weights_only(path: Path) -> Any | None:
    """The result of torch's restricted loader; None if it refuses the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError, RuntimeError, ValueError, TypeError, KeyError, EOFError, OSError,
        AttributeError, IndexError, AssertionError, NotImplementedError, UnicodeDecodeError,
    ):  # fmt: skip
        return None


def _read_zip_pickle(
    archive: zipfile.ZipFile, root: str, name: str, folder: str
) -> tuple[Any, Resolver]:
    if archive.getinfo(root + name).file_size > MAX_PICKLE:
        raise ModelError(f"its {name} is too large for a digit model")
    tree = read_pickle(io.BytesIO(archive.read(root + name)), MAX_PICKLE)
    big = f"{root}byteorder" in archive.namelist() and archive.read(f"{root}byteorder") == b"big"
    return tree, Resolver(_no_storage, big)


def _keep_open(path: Path, root: str, resolver: Resolver, folder: str = "data/") -> Resolver:
    """A resolver that reads storages from the archive's `folder`."""

    def read(key: str, _: int) -> bytes:
        with zipfile.ZipFile(path) as archive:
            try:
                return archive.read(f"{root}{folder}{key}")
            except (KeyError, zipfile.BadZipFile) as error:
                raise ModelError(f"the storage {key} is missing or damaged: {error}") from error

    return Resolver(read, resolver.big_endian)


def _open_torchscript(archive: zipfile.ZipFile, root: str, names: set[str]) -> Opened:
    path = Path(str(archive.filename))
    tree, resolver = _read_zip_pickle(archive, root, "data.pkl", "data/")
    constants, _ = _read_zip_pickle(archive, root, "constants.pkl", "constants/")
    texts = sorted(name for name in names if name.startswith(f"{root}code/"))
    code = "\n".join(
        archive.read(name).decode("utf-8", "replace") for name in texts if name.endswith(".py")
    )
    held = _keep_open(path, root, resolver)
    if constants:
        frozen = _keep_open(path, root, resolver, "constants/")
        found = [frozen.tensor(value) for value in constants]
        tree = {"model": tree, "constants": [value for value in found if value is not None]}
    return Opened("TorchScript", tree, held, code)


def _open_npz(path: Path) -> Opened:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: torch.tensor(file[name]).float() for name in file.files}
    except (ValueError, TypeError, OSError, EOFError) as error:
        raise ModelError(
            f"{path} holds something other than plain arrays, which inkling does not read: {error}"
        ) from error
    return Opened("npz", arrays, Resolver(_no_storage))


def _open_pickle(path: Path, head: bytes) -> Opened:
    if is_legacy_tar(path, head):
        tree, resolver = read_tar(path)
        return Opened("torch tar (before 0.2)", tree, resolver)
    if is_legacy_stream(head):
        tree = _load_weights_only(path)
        if tree is not None:
            return Opened("torch legacy (before 1.6)", tree, Resolver(_no_storage))
        tree, resolver = read_stream(path)
        return Opened("torch legacy (before 1.6) with pickled objects", tree, resolver)
    if not _looks_pickled(head):
        raise ModelError(
            f"{path} is not a checkpoint of a known form: inkling adopts torch files, TorchScript, "
            "safetensors, .npz and pickles"
        )
    with path.open("rb") as file:
        return Opened("pickle", read_pickle(file), Resolver(_no_storage))


def _looks_pickled(head: bytes) -> bool:
    return head[:1] == b"\x80" or head[:1] in b"(]}ciI" or head[:2] in (b"cc", b"cn", b"ct")
