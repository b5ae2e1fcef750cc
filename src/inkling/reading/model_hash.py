"""Stores and checks the SHA-256 of an ONNX model inside the model file.

The hash is a `metadata_props` entry of ONNX (field 14 of `ModelProto`), appended to the finished
file, so every ONNX tool still reads the file. It covers all bytes before it.
"""

import hashlib
from functools import cache
from pathlib import Path

from inkling.errors import ModelError

# Protobuf: field 14 with 74 bytes: field 1 with the key, field 2 with 64 hexadecimal digits.
HEAD = b"\x72\x4a\x0a\x06sha256\x12\x40"
LENGTH = len(HEAD) + 64
DAMAGED = "{} is missing or damaged. Install inkling again"
WEIGHTS = Path(__file__).parent / "weights"  # the bundled models


def with_hash(content: bytes) -> bytes:
    """The bytes of an ONNX file with the hash appended. Unchanged if it has one already."""
    return content if stored_hash(content) else content + HEAD + _digest(content)


def stored_hash(content: bytes) -> str | None:
    """The hash in an ONNX file, or None for a file without one."""
    end = content[-LENGTH:]
    return end[len(HEAD) :].decode("ascii", "replace") if end.startswith(HEAD) else None


def check_hash(content: bytes, path: Path) -> bool:
    """Whether the file has a hash. Raises `ModelError` if its bytes do not match it."""
    stored = stored_hash(content)
    if stored is None:
        return False
    if stored.encode() != _digest(content[:-LENGTH]):
        raise ModelError(f"{path} was altered: its bytes do not match its SHA-256. Export it again")
    return True


@cache
def check_bundled() -> None:
    """Checks the files of all bundled models, once per process. Raises `ModelError`."""
    for path in sorted(WEIGHTS.glob("*.onnx")):
        try:
            complete = check_hash(path.read_bytes(), path)
        except (OSError, ModelError) as error:
            raise ModelError(DAMAGED.format(path)) from error
        if not complete:  # a bundled file has a hash at its end: this one was cut off
            raise ModelError(DAMAGED.format(path))


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
