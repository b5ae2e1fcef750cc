"""A parquet column of images as a source, as bytes or as structs of the Hugging Face hub."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.errors import DataError, ImageError, MissingExtraError
from inkling.scale.chunk import CHUNK_BYTES, CHUNK_IMAGES, Batch, Entry, group
from inkling.scale.contents import Loaded
from inkling.scale.places import is_address, open_store, stamp_of, store_error

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema
    from pyarrow.parquet import ParquetFile

PREFERRED = "image"  # the column to use, if several have bytes
# Largest row group, in bytes of the column, that each worker reads again up to its own rows. That
# takes 25 to 31 ms for 56 MB, and 2,048 images take 600 ms. Workers waited for a driver that sent
# the rows: 4,100 images/s by two of them, beside 5,300 from a tar file (docs/log.d/scale.md).
READ_AGAIN = 64 << 20
MOST_LISTED = 100_000  # columns or row groups of a file; 200,000 columns took 750 MB of memory
MOST_NAMED = 20  # columns that an error lists


def is_parquet(path: str) -> bool:
    """Whether a path or address names a parquet file."""
    return path.lower().endswith(".parquet")


@dataclass(frozen=True)
class Rows:
    """`count` images of a row group, from `first` on; each worker reads its own."""

    path: str
    column: str
    row_group: int
    first: int
    count: int

    def load(self) -> Sequence[Path | bytes | ImageError]:
        """The bytes. Raises `DataError`."""
        out: list[bytes | ImageError] = []
        before = self.first  # rows that are still to be left out
        with _open(self.path) as file:
            for batch in file.iter_batches(
                self.count, row_groups=[self.row_group], columns=[self.column]
            ):
                own = batch.slice(before, self.count - len(out))
                before = max(0, before - batch.num_rows)
                out.extend(_images(own))
                if len(out) == self.count:
                    break
        return out


@dataclass(frozen=True)
class ParquetSource:
    """The rows of a parquet file; an image is called `file.parquet#row`, from 0.

    Row groups of up to `READ_AGAIN` bytes (8 MB at an address) are read by the workers, larger
    ones by the driver, once and in a stream: a worker would have to read all rows before its own.
    """

    path: str
    column: str | None = None  # None: found in the schema

    def batches(self) -> Iterator[Batch]:
        """The images. Raises `DataError` if the file is damaged or has no column of bytes."""
        stamp = stamp_of(self.path)
        with _open(self.path) as file:
            column = _column(file.schema_arrow, self.column, self.path)
            total = max(1, file.metadata.num_rows)
            row = 0
            for index in range(file.num_row_groups):
                rows, size = file.metadata.row_group(index).num_rows, _size(file, index, column)
                if size <= (CHUNK_BYTES if is_address(self.path) else READ_AGAIN):
                    count = _rows_of_a_chunk(rows, size)
                    for first in range(0, rows, count):
                        names = [
                            Entry(f"{self.path}#{row + k}", stamp, 0, None)
                            for k in range(min(count, rows - first))
                        ]
                        row += len(names)
                        content = Rows(self.path, column, index, first, len(names))
                        yield Batch(names, content, row / total)
                    continue
                for batch in file.iter_batches(CHUNK_IMAGES, row_groups=[index], columns=[column]):
                    for entries in group(self._entries(_images(batch), row, stamp)):
                        row += len(entries)
                        yield Batch(entries, _loaded(entries), row / total)

    def _entries(
        self, images: Sequence[bytes | ImageError], row: int, stamp: str
    ) -> Iterator[Entry]:
        for k, image in enumerate(images):
            size = len(image) if isinstance(image, bytes) else 0
            yield Entry(f"{self.path}#{row + k}", stamp, size, image)


def _size(file: ParquetFile, index: int, column: str) -> int:
    """Bytes of a column of a row group, once decompressed."""
    group = file.metadata.row_group(index)
    columns = [group.column(k) for k in range(group.num_columns)]
    return sum(one.total_uncompressed_size for one in columns if one.path_in_schema == column)


def _rows_of_a_chunk(rows: int, size: int) -> int:
    """How many of a row group's images one worker reads, given their size together."""
    return max(1, min(CHUNK_IMAGES, math.ceil(rows * CHUNK_BYTES / max(size, 1))))


def _loaded(entries: list[Entry]) -> Loaded:
    return Loaded(tuple(entry.at for entry in entries if isinstance(entry.at, (bytes, ImageError))))


@contextmanager
def _open(path: str) -> Iterator[ParquetFile]:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError as error:
        raise MissingExtraError("tables", "pyarrow") from error
    opened = partial(ParquetFile, thrift_container_size_limit=MOST_LISTED)
    try:
        if is_address(path):
            store, inner = open_store(path)
            with store.open_input_file(inner) as stream, opened(stream) as file:
                yield file
        else:
            with opened(path) as file:
                yield file
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is not a parquet file, or is damaged: {error}") from error
    except OSError as error:
        if "size limit" in str(error):  # of Thrift, the format of the footer
            raise DataError(
                f"{path} has over {MOST_LISTED:,} columns or row groups. Write it in larger row "
                "groups, with the images in one column"
            ) from error
        if is_address(path):
            raise store_error(path, error) from error
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _column(schema: Schema, wanted: str | None, path: str) -> str:
    """The column of image bytes, dotted where it is a field. Raises `DataError`."""
    found = [name for name in schema.names if _bytes_of(schema, name)]
    if wanted is not None:
        if wanted not in found:
            raise DataError(
                f"{path} has no column of image bytes called {wanted!r}; it has: {_list(found)}"
            )
        return _bytes_of(schema, wanted)
    if not found:
        raise DataError(f"{path} has no column of image bytes, only: {_list(schema.names)}")
    return _bytes_of(schema, PREFERRED if PREFERRED in found else found[0])


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return (", ".join(names[:MOST_NAMED]) or "none") + more


def _bytes_of(schema: Schema, name: str) -> str:
    """`name`, or `name.bytes` for the hub's struct; empty if the column has no bytes."""
    from pyarrow import types

    kind = schema.field(name).type
    if types.is_binary(kind) or types.is_large_binary(kind):
        return name
    if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        inner = kind.field("bytes").type
        return f"{name}.bytes" if types.is_binary(inner) or types.is_large_binary(inner) else ""
    return ""


def _images(batch: RecordBatch) -> list[bytes | ImageError]:
    from pyarrow import StructArray

    column = batch.column(0)
    if isinstance(column, StructArray):
        column = column.field("bytes")
    missing = ImageError("the row has no image")
    return [missing if image is None else image for image in column.to_pylist()]
