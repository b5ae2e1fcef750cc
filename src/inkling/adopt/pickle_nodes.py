"""The nodes of a parsed pickle, and the limited reader of its bytes."""

from dataclasses import dataclass, field
from typing import IO, Any

from inkling.errors import ModelError

MAX_BYTES = 1 << 30  # of one pickle, including its arrays


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle mentions."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Call:
    """A recorded call or object, with the `state` and `entries` that would be set on it."""

    function: Any
    arguments: tuple[Any, ...]
    state: Any = None
    items: list[Any] = field(default_factory=list)
    entries: dict[Any, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The dotted name of the callable; empty if it is not a name."""
        return str(self.function) if isinstance(self.function, Name) else ""


@dataclass(frozen=True, eq=False)
class Persistent:
    """A reference to data outside the pickle, such as the storage of a tensor."""

    key: Any


class LimitedReader:
    """Reads from `stream`, at most `limit` bytes in all. Raises `ModelError` beyond that."""

    def __init__(self, stream: IO[bytes], limit: int = MAX_BYTES) -> None:
        self.stream, self.left = stream, limit

    def read(self, size: int = -1) -> bytes:
        """Reads the next `size` bytes, or fewer at the end."""
        if size < 0 or size > self.left:
            self._refuse_beyond(size)
        return self._count(self.stream.read(min(size, self.left) if size >= 0 else self.left))

    def readline(self) -> bytes:
        """Reads up to the next line break."""
        return self._count(self.stream.readline(self.left + 1))

    def _refuse_beyond(self, size: int) -> None:
        if size > self.left:
            raise ModelError(
                f"a value in the pickle declares {size:,} bytes, more than inkling accepts; "
                "the file is damaged or hostile"
            )

    def _count(self, data: bytes) -> bytes:
        self.left -= len(data)
        if self.left < 0:
            raise ModelError("the pickle is too large for a digit model")
        return data
