"""Reads CSV files: with or without header, label and index; labels in the same or another file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inkling.data.fields import parse_whole_numbers
from inkling.data.formats.table_layout import (
    INDEXES,
    LABELS,
    SAMPLED_ROWS,
    TableLayout,
    decide_layout,
    find_delimiter,
    has_header,
    is_number,
    rows_of,
)
from inkling.data.options import Options
from inkling.data.part_names import read_name
from inkling.data.pixels import unflatten
from inkling.data.raw import CHUNK_ROWS, FoundData, RawImages, RawPart, Role
from inkling.data.tree import File, Tree
from inkling.errors import DataError

TABLE_SUFFIXES = (".csv", ".tsv")
TEXTS = (".txt", ".data", ".tra", ".tes")  # UCI's suffixes, used if the user names the file
MAX_LABEL_COLUMNS = 3  # greatest number of columns of a file with labels only
LONGEST_LINE = 1 << 20  # bytes


@dataclass(frozen=True)
class _Table:
    """One CSV file. `layout` is None for a file with labels only."""

    file: File
    layout: TableLayout | None

    @property
    def role(self) -> Role:
        return read_name(self.file.name).role or "all"


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds the tables of `tree`. Raises `DataError` if they are not one dataset."""
    files = tree.with_suffix(*TABLE_SUFFIXES)
    if len(tree.files) == 1:
        files = tree.with_suffix(*TABLE_SUFFIXES, *TEXTS)
    if not files:
        return None
    tables = [_open(file, options) for file in files]
    images = [table for table in tables if table.layout]
    if not images and files[0].suffix in TEXTS:
        return None
    if not images:
        raise DataError(
            f"{files[0].label} has too few columns for images; expected a label and 784 pixels"
        )
    parts: dict[Role, RawPart] = {}
    notes: list[str] = []
    for table in images:
        labels = _labels_for(table, images, [each for each in tables if not each.layout])
        part = _part(table, labels)
        if part.role in parts:
            raise DataError(
                f"{tree.name} has several tables of the same part: {parts[part.role].label} and "
                f"{part.label}. Name one file, or rename them to train.csv and test.csv"
            )
        parts[part.role] = part
    used = {table.file for table in images} | {
        each.file for table in images if (each := _labels_for(table, images, tables))
    }
    unused = sorted(file.name for file in files if file not in used)
    if unused:
        notes.append(f"not used: {', '.join(unused)}")
    ordered = tuple(parts.values())
    if any(part.labelled for part in ordered):
        ordered = tuple(
            replace(part, role="unlabelled") if not part.labelled else part for part in ordered
        )
    return FoundData("CSV", ordered, tuple(notes))


def _open(file: File, options: Options) -> _Table:
    rows, delimiter = _sample(file)
    if not rows:
        raise DataError(f"{file.label} is empty")
    layout = decide_layout(rows, file.label, options)
    return _Table(file, replace(layout, delimiter=delimiter) if layout else None)


def _sample(file: File) -> tuple[list[list[str]], str]:
    """The first and last rows, so that data sorted by class has more than one class."""
    head = _text(file.head(LONGEST_LINE * 2), file)
    beginning = head[: head.rfind("\n") + 1] or head
    delimiter = find_delimiter(beginning.split("\n", 1)[0])
    rows = rows_of(beginning, delimiter, file.label)[: SAMPLED_ROWS // 2 + 1]
    if file.size > len(head) or file.packed:
        content = file.read()
        if len(content) > len(head):
            tail = _text(content[-LONGEST_LINE:], file)
            rows += rows_of(tail[tail.find("\n") + 1 :], delimiter, file.label)[
                -SAMPLED_ROWS // 2 :
            ]
    return rows, delimiter


def _text(content: bytes, file: File) -> str:
    if b"\0" in content[:4096]:
        raise DataError(f"{file.label} is not a text file, so it is not a CSV")
    return content.decode("utf-8-sig", "replace")


def _labels_for(table: _Table, images: list[_Table], others: list[_Table]) -> _Table | None:
    """The file of labels for a table with pixels only."""
    if table.layout is None or table.layout.label is not None:
        return None
    fitting = [
        each
        for each in others
        if not each.layout
        and each.role == table.role
        and read_name(each.file.name).kind == "labels"
    ]
    return fitting[0] if len(fitting) == 1 else None


def _part(table: _Table, labels: _Table | None) -> RawPart:
    layout = table.layout
    assert layout is not None
    labelled = layout.label is not None or labels is not None
    chunks = partial(_chunks, table.file, layout, labels.file if labels else None)
    return RawPart(table.role, table.file.label, chunks, labelled)


def _chunks(file: File, layout: TableLayout, labels: File | None) -> Iterator[RawImages]:
    answers = None if labels is None else _read_labels(labels)
    seen, first_row = 0, 2 if layout.header else 1
    for pixels, own, index in _blocks(file, layout):
        chosen = own if answers is None else answers[seen : seen + len(pixels)]
        seen += len(pixels)
        ids = None if index is None else tuple(str(value) for value in index.tolist())
        images = unflatten(pixels, file.label, Options())
        yield RawImages(images, chosen, ids, first_row + seen - len(pixels))
    if answers is not None and len(answers) != seen and labels is not None:
        raise DataError(
            f"{file.label} has {seen:,} images but {labels.label} {len(answers):,} labels"
        )
    if seen == 0:
        raise DataError(f"{file.label} has no row after its header")


_Block = tuple[NDArray, NDArray | None, NDArray | None]


def _blocks(file: File, layout: TableLayout) -> Iterator[_Block]:
    """Pixels (n, P), labels (n,) and index (n,) in blocks of rows."""
    content = file.read()
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    start, row = 0, 1
    if layout.header:
        start, row = _line_end(content, 0), 2
    while start < len(content):
        end, count = start, 0
        while end < len(content) and count < CHUNK_ROWS:
            end, count = _line_end(content, end), count + 1
        block = content[start:end].replace(b"\r\n", b"\n")
        start = end
        if not block.strip():
            continue
        cells = parse_whole_numbers(block if block.endswith(b"\n") else block + b"\n",
                                    layout.delimiter)  # fmt: skip
        if cells is not None and cells.shape[1] == layout.columns:
            yield _columns(cells, layout)
        else:
            yield _slow_block(block, layout, file.label, row)
        row += count


def _line_end(content: bytes, start: int) -> int:
    found = content.find(b"\n", start)
    return len(content) if found < 0 else found + 1


def _columns(cells: NDArray, layout: TableLayout) -> _Block:
    pixels = np.delete(cells, [c for c in (layout.label, layout.index) if c is not None], axis=1)
    label = None if layout.label is None else cells[:, layout.label]
    index = None if layout.index is None else cells[:, layout.index]
    return pixels, label, index


def _slow_block(block: bytes, layout: TableLayout, name: str, first_row: int) -> _Block:
    """Parses cell by cell: floats, words, quotes. Raises `DataError` with the row number."""
    rows = rows_of(block.decode("utf-8", "replace"), layout.delimiter, name, first_row)
    pixels = np.empty((len(rows), len(layout.pixels)), np.float32)
    for place, row in enumerate(rows):
        number = first_row + place
        if len(row) != layout.columns:
            raise DataError(f"{name}, row {number}: {len(row):,} columns, not {layout.columns:,}")
        values = [row[c] for c in layout.pixels]
        try:
            pixels[place] = values
        except ValueError as error:
            wrong = next(value for value in values if not is_number(value))
            raise DataError(f"{name}, row {number}: '{wrong[:40]}' is not a number") from error
    label, index = (
        None if column is None else _values([row[column] for row in rows])
        for column in (layout.label, layout.index)
    )
    return pixels, label, index


def _values(cells: list[str]) -> NDArray:
    """A column as numbers if all cells are numbers, else as text."""
    if all(is_number(cell) for cell in cells):
        numbers = np.array([float(cell) for cell in cells])
        whole = np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all()
        return numbers.astype(np.int64) if whole else numbers
    return np.array(cells)


def _read_labels(file: File) -> NDArray:
    """Reads a file with labels only: its only column, or the column with a label name."""
    text = _text(file.read(), file)
    rows = rows_of(text, find_delimiter(text.split("\n", 1)[0]), file.label)
    header = has_header(rows) or rows[0][-1].lower() in LABELS
    names = [cell.lower() for cell in rows[0]] if header else []
    body = rows[1:] if header else rows
    column = next((c for c, each in enumerate(names) if each in LABELS), None)
    if column is None:
        candidates = [c for c in range(len(rows[0])) if not names or names[c] not in INDEXES]
        column = candidates[-1]
        if len(candidates) > MAX_LABEL_COLUMNS:  # one-hot rows
            return np.array([[float(row[c]) for c in candidates] for row in body])
    short = next((n for n, row in enumerate(body) if len(row) <= column), None)
    if short is not None:
        raise DataError(f"{file.label}, row {short + 1 + header}: there is no label")
    return _values([row[column] for row in body])
