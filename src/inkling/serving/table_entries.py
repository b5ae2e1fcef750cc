"""The tables of images that were read, for `/v1/read?table=true`."""

from collections.abc import Sequence
from typing import Any

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.reading.tables.read_tables import TableOptions, open_for_tables, read_tables_of

Entry = dict[str, Any] | ImageError


def add_tables(
    reader: Reader, contents: Sequence[bytes], entries: Sequence[Entry], options: TableOptions
) -> list[Entry]:
    """Each entry with the `tables` of its image, largest first, as in `inkling read --table`.

    The entry of an image that could not be read stays as it is.
    """
    return [
        entry if isinstance(entry, ImageError) else _with_tables(reader, content, entry, options)
        for content, entry in zip(contents, entries, strict=True)
    ]


def _with_tables(
    reader: Reader, content: bytes, entry: dict[str, Any], options: TableOptions
) -> Entry:
    try:
        photo = open_for_tables(content, entry["image"])
    except ImageError as error:
        return error
    tables = read_tables_of(photo, reader.network, options)
    size = {"size": [photo.width, photo.height]}
    return {**entry, **size, "tables": [table.as_json() for table in tables]}
