"""Reads Parquet files of the Hugging Face hub, and tables of pixels, with pyarrow."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.formats.table_layout import INDEXES, LABELS
from inkling.data.options import Options
from inkling.data.part_names import read_name
from inkling.data.pixels import images_first, unflatten
from inkling.data.raw import FoundData, RawImages, RawPart, Role
from inkling.data.tree import File, Tree
from inkling.errors import DataError, ImageError, MissingExtraError
from inkling.reading.preprocess.photo import read_photo

MAX_COLUMNS = 13_000  # 64x64 in colour has 12,288 pixels
MAX_FOOTER = 16 << 20  # bytes; a million columns take more
MAX_BYTES = 4 << 30  # limit for all uncompressed columns
MAGIC = b"PAR1"
BATCH_ROWS = 1_000  # rows
IMAGE_COLUMNS = ("image", "img", "images", "png", "pixels", "data", "x", "picture", "features")


@dataclass(frozen=True)
class _Table:
    """The columns of a Parquet file. `image` is None for one column per pixel."""

    image: str | None
    label: str | None
    pixels: tuple[str, ...]
    classes: tuple[str, ...] | None
    rows: int


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds Parquet files. Shards of a part (`train-00000-of-00002.parquet`) belong together."""
    files = tree.with_suffix(".parquet")
    if not files:
        return None
    roles: dict[Role, list[File]] = {}
    for file in files:
        folder = " ".join(file.folders)
        role = read_name(file.name).role or read_name(folder).role or "all"
        roles.setdefault(role, []).append(file)
    tables = {file: _describe(file) for file in files}
    parts = []
    for role, members in roles.items():
        labelled = all(tables[file].label for file in members)
        count = sum(tables[file].rows for file in members)
        chunks = partial(_chunks, members, tables, options)
        parts.append(RawPart(role, members[0].label, chunks, labelled, count))
    if any(part.labelled for part in parts):
        parts = [part if part.labelled else replace(part, role="unlabelled") for part in parts]
    return FoundData("Parquet", tuple(parts), classes=tables[files[0]].classes)


def _open(file: File) -> Any:
    """Opens a file, and checks its limits before decoding."""
    try:
        import pyarrow
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("tables", "pyarrow") from error
    content = file.read()
    if content[:4] != MAGIC or content[-4:] != MAGIC:
        raise DataError(f"{file.label} is not a Parquet file: it does not start with PAR1")
    footer = int.from_bytes(content[-8:-4], "little")
    if footer > MAX_FOOTER:
        raise DataError(
            f"{file.label} has a footer of {footer:,} bytes, more than {MAX_FOOTER:,}: "
            f"too many columns (the limit is {MAX_COLUMNS:,})"
        )
    try:
        table = pq.ParquetFile(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"cannot read {file.label} as Parquet: {error}") from error
    meta = table.metadata
    if meta.num_columns > MAX_COLUMNS:
        raise DataError(
            f"{file.label} has {meta.num_columns:,} columns; the limit is {MAX_COLUMNS:,}"
        )
    size = sum(meta.row_group(group).total_byte_size for group in range(meta.num_row_groups))
    if size > MAX_BYTES:
        raise DataError(f"{file.label} unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}")
    return table


def _describe(file: File) -> _Table:
    table = _open(file)
    schema = table.schema_arrow
    names = schema.names
    label = next((name for name in names if name.lower() in LABELS), None)
    image = next((name for name in names if name.lower() in IMAGE_COLUMNS), None)
    if image is None:
        image = next((name for name in names if _is_image(schema.field(name).type)), None)
    pixels = tuple(
        name
        for name in names
        if name != label and name.lower() not in INDEXES and not name.startswith("__")
    )
    if image is None and len(pixels) < 16:
        raise DataError(
            f"{file.label} has the columns {', '.join(names[:10])}; expected 'image' and 'label', "
            "or a column per pixel"
        )
    return _Table(image, label, pixels, _classes(schema, label), table.metadata.num_rows)


def _is_image(kind: Any) -> bool:
    from pyarrow import types

    return types.is_binary(kind) or (
        types.is_struct(kind) and any(field.name == "bytes" for field in kind)
    )


def _classes(schema: Any, label: str | None) -> tuple[str, ...] | None:
    """The class names in the metadata of the hub."""
    text = (schema.metadata or {}).get(b"huggingface")
    if text is None or label is None:
        return None
    try:
        names = json.loads(text)["info"]["features"][label]["names"]
        return tuple(str(name) for name in names)
    except (ValueError, KeyError, TypeError):
        return None


def _chunks(files: list[File], tables: dict[File, _Table], options: Options) -> Iterator[RawImages]:
    import pyarrow

    for file in files:
        described, row = tables[file], 0
        columns = [described.image] if described.image else list(described.pixels)
        columns += [described.label] if described.label else []
        try:
            for batch in _open(file).iter_batches(BATCH_ROWS, columns=columns):
                yield _images(batch, described, file, row, options)
                row += len(batch)
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"cannot read {file.label}, after row {row}: {error}") from error


def _images(batch: Any, described: _Table, file: File, row: int, options: Options) -> RawImages:
    labels = None
    if described.label is not None:
        column = batch.column(described.label)
        if column.null_count:
            raise DataError(f"{file.label}, row {row + 1} or later: a label is missing")
        labels = np.array(column.to_pylist())
    if described.image is None:
        table = [batch.column(name).to_numpy(zero_copy_only=False) for name in described.pixels]
        return RawImages(unflatten(np.stack(table, axis=1), file.label, options), labels)
    values = batch.column(described.image).to_pylist()
    first = next((value for value in values if value is not None), None)
    if isinstance(first, list):
        return RawImages(_nested(values, file, row, options), labels)
    decoded = [_decode(value, file, row + place) for place, value in enumerate(values, start=1)]
    return RawImages(decoded, labels)


def _decode(value: Any, file: File, row: int) -> NDArray[np.uint8]:
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes):
        raise DataError(f"{file.label}, row {row}: there are no image bytes")
    try:
        return read_photo(content)
    except ImageError as error:
        raise DataError(f"{file.label}, row {row}: cannot read the image: {error}") from error


def _nested(values: list[Any], file: File, row: int, options: Options) -> NDArray:
    """Converts images from lists of numbers, flat or by row."""
    missing = next((place for place, value in enumerate(values, 1) if value is None), None)
    if missing is not None:
        raise DataError(f"{file.label}, row {row + missing}: the image is missing")
    try:
        array = np.array(values)
    except ValueError as error:
        raise DataError(
            f"{file.label}, row {row + 1} or later: images of different sizes"
        ) from error
    if array.dtype == object:
        raise DataError(f"{file.label}, row {row + 1} or later: a pixel is missing")
    return images_first(array, len(values), file.label, options)
