"""The formats of an output file: CSV, JSON Lines, parquet and Excel. Parts can be joined.

Columns: `image`, `verdict`, `text`, `confidence`, `digits` (JSON), `error`.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from inkling.errors import ImageError, InklingError, MissingExtraError
from inkling.types import Reading

if TYPE_CHECKING:
    import pyarrow as pa

# Dictionaries only for columns whose values repeat: elsewhere they add 18 % to the file.
PARQUET: dict[str, Any] = {"compression": "zstd", "use_dictionary": ["verdict", "text"]}
COMPACT = json.JSONEncoder(separators=(",", ":"))  # `json.dumps` would make one for each image
ROW_GROUP = 8_192  # rows of a row group in the file; they are held in memory, some 1.5 MB


class Row(NamedTuple):
    """One image. `confidence` is that of the least certain digit; None if nothing was read."""

    image: str
    verdict: str | None
    text: str | None
    confidence: float | None
    digits: list[dict[str, Any]] | None
    error: str | None


def make_row(name: str, answer: Reading | ImageError) -> Row:
    """The row of one image."""
    name = name.encode("utf-8", "backslashreplace").decode()  # a name that is not valid Unicode
    if isinstance(answer, ImageError):
        return Row(name, None, None, None, None, str(answer).encode(errors="replace").decode())
    read = [one.confidence for one in answer.digits if one.verdict in ("digits", "unsure")]
    confidence = round(min(read), 6) if read else None
    digits = [one.as_json() for one in answer.digits]
    return Row(name, answer.verdict, answer.text, confidence, digits, None)


class Format(Protocol):
    """One kind of file."""

    def encode(self, rows: Sequence[Row]) -> bytes:
        """Encodes a part of the file."""
        ...

    def join(self, parts: Iterable[Path], out: Path) -> None:
        """Joins the parts to the whole file."""
        ...


class JsonLines:
    """One JSON object on each line."""

    def encode(self, rows: Sequence[Row]) -> bytes:
        """Encodes a part of the file."""
        return b"".join(
            json.dumps(row._asdict(), ensure_ascii=False).encode() + b"\n" for row in rows
        )

    def join(self, parts: Iterable[Path], out: Path) -> None:
        """Joins the parts to the whole file."""
        _concatenate(b"", parts, out)


class Csv:
    """Comma-separated, with a header (RFC 4180)."""

    def encode(self, rows: Sequence[Row]) -> bytes:
        """Encodes a part of the file."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows(row._replace(digits=_json(row.digits)) for row in rows)
        return text.getvalue().encode()

    def join(self, parts: Iterable[Path], out: Path) -> None:
        """Joins the parts to the whole file."""
        _concatenate((",".join(Row._fields) + "\r\n").encode(), parts, out)


class Parquet:
    """Apache Parquet; the digits are a column of JSON text."""

    def encode(self, rows: Sequence[Row]) -> bytes:
        """Encodes a part of the file."""
        import pyarrow as pa
        from pyarrow.parquet import write_table

        file = io.BytesIO()
        columns = {key: [getattr(row, key) for row in rows] for key in Row._fields}
        columns["digits"] = [_json(digits) for digits in columns["digits"]]
        write_table(pa.table(columns, schema=_schema()), file, **PARQUET)
        return file.getvalue()

    def join(self, parts: Iterable[Path], out: Path) -> None:
        """Joins the parts to the whole file."""
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        held: list[pa.Table] = []
        with ParquetWriter(out, _schema(), **PARQUET) as writer:
            for part in parts:
                held.append(_read_part(part))
                if sum(table.num_rows for table in held) >= ROW_GROUP:
                    writer.write_table(pa.concat_tables(held))
                    held = []
                    # Otherwise the heap grows with the number of groups: 42 to 48 MB for 147 parts.
                    pa.default_memory_pool().release_unused()
            if held:
                writer.write_table(pa.concat_tables(held))


def _read_part(part: Path) -> "pa.Table":
    """One part as a table.

    `read_table` would load pyarrow's data sets and read the columns in threads, each with a heap of
    its own: 99 and 122 MB of memory for 5 and 50 parts, in place of 55 and 57 MB.
    """
    from pyarrow.parquet import ParquetFile

    with ParquetFile(part) as file:
        return file.read(use_threads=False)


class Spreadsheet:
    """An Excel file; its parts are JSON Lines, and the digits are a column of JSON text."""

    def encode(self, rows: Sequence[Row]) -> bytes:
        """Encodes a part of the file."""
        return JsonLines().encode(rows)

    def join(self, parts: Iterable[Path], out: Path) -> None:
        """Joins the parts to the whole file. Raises `RunError` for too many rows."""
        from inkling.scale.spreadsheet import write_spreadsheet

        rows = (
            Row(**json.loads(line)) for part in parts for line in part.read_bytes().splitlines()
        )
        texts = (row._replace(digits=_json(row.digits)) for row in rows)
        write_spreadsheet(Row._fields, texts, out)


FORMATS: dict[str, Format] = {
    ".csv": Csv(),
    ".jsonl": JsonLines(),
    ".parquet": Parquet(),
    ".xlsx": Spreadsheet(),
}
NEEDED = {".parquet": "pyarrow", ".xlsx": "openpyxl"}  # both in the extra [tables]


def check_format(out: Path) -> None:
    """Raises `InklingError` for an unknown format, or for one that needs an extra."""
    if out.suffix.lower() not in FORMATS:
        raise InklingError(f"cannot write {out.name}. Use one of the suffixes {', '.join(FORMATS)}")
    module = NEEDED.get(out.suffix.lower())
    if module is not None and find_spec(module) is None:
        raise MissingExtraError("tables", module)


def _json(digits: list[dict[str, Any]] | None) -> Any:
    return None if digits is None else COMPACT.encode(digits)


def _schema() -> "pa.Schema":
    import pyarrow as pa

    kinds = [pa.string()] * 3 + [pa.float64()] + [pa.string()] * 2
    return pa.schema(list(zip(Row._fields, kinds, strict=True)))


def _concatenate(header: bytes, parts: Iterable[Path], out: Path) -> None:
    with out.open("wb") as file:
        file.write(header)
        for part in parts:
            file.write(part.read_bytes())
