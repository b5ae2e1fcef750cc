"""Decides which columns of a CSV are label, index and pixels, by its header and rows."""

import csv
import io
import re
from dataclasses import dataclass
from itertools import pairwise

from inkling.data.options import Options, ask
from inkling.data.pixels import square_side
from inkling.errors import DataError

LABELS = {
    "label", "labels", "class", "classes", "target", "targets", "y", "digit", "category",
    "class_label", "classlabel", "number", "lettr", "letter", "character", "true_label", "output",
}  # fmt: skip
INDEXES = {"", "index", "id", "imageid", "image_id", "idx", "row", "unnamed: 0", "row_id"}
DELIMITERS = ",;\t| "
SAMPLED_ROWS = 400  # rows from the beginning and the end that are used for the decision
LARGEST_LABEL = 99  # greatest label in a column without a name
PIXEL_NAME = re.compile(r"^(.*?)(\d+)(x\d+)?$")  # pixel12, 1x12, px_12


@dataclass(frozen=True)
class TableLayout:
    """The columns of a table. `label` and `index` are column numbers or None."""

    delimiter: str
    header: bool
    columns: int
    label: int | None
    index: int | None

    @property
    def pixels(self) -> list[int]:
        """The numbers of the pixel columns."""
        return [c for c in range(self.columns) if c not in (self.label, self.index)]


def rows_of(text: str, delimiter: str, name: str, first_row: int = 1) -> list[list[str]]:
    """The cells of complete lines, without empty lines. Raises `DataError`."""
    if delimiter == " ":
        return [line.split() for line in text.splitlines() if line.strip()]
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows = []
    try:
        rows += ([cell.strip() for cell in row] for row in reader if row)
    except csv.Error as error:  # such as a cell of more than 131,072 characters
        raise DataError(f"{name}, row {first_row + reader.line_num - 1}: {error}") from error
    return rows


def find_delimiter(line: str) -> str:
    """The character that separates cells. A comma if there is a single cell."""
    best = max(DELIMITERS, key=line.strip().count)
    return best if best in line.strip() else ","


def has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: words, or the numbers 0, 1, 2... of columns."""
    words = sum(not is_number(cell) for cell in rows[0])
    if len(rows) > 1 and words > sum(not is_number(cell) for cell in rows[1]):
        return True
    if len(rows) == 1 and words > len(rows[0]) / 2:
        return True
    numbers = [int(cell) for cell in rows[0] if cell.isdecimal()]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) > 20 and steps == {1}


def is_number(cell: str) -> bool:
    """Whether a cell is a finite or infinite number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def decide_layout(rows: list[list[str]], name: str, options: Options) -> TableLayout | None:
    """Decides the layout of a table of images. None if it has too few columns.

    `rows` are the first and last ones. Raises `DataError` if the columns are ambiguous.
    """
    delimiter = ","
    width = len(rows[0])
    if width < 16:
        return None
    header = has_header(rows)
    body = rows[1:] if header else rows
    given = {"first": 0, "last": width - 1}.get(options.get("label") or "")
    label, index = given, None
    if label is None and options.get("label") != "none":
        label, index = _from_header(rows[0], name) if header else _from_values(body, width, name)
    elif index is None:
        index = _spare_index(width, label, body)
    layout = TableLayout(delimiter, header, width, label, index)
    if square_side(len(layout.pixels)) is None:
        raise DataError(
            f"{name} has {width:,} columns; expected a label and the pixels of a square image "
            "(785 for 28x28), or the pixels alone (784)"
        )
    return layout


def _spare_index(width: int, label: int | None, body: list[list[str]]) -> int | None:
    """An additional column beside the label that the user named."""
    others = [c for c in range(width) if c != label]
    if square_side(len(others)):
        return None
    return next((c for c in (others[0], others[-1]) if _counts_up(body, c)), None)


def _from_header(names: list[str], name: str) -> tuple[int | None, int | None]:
    """Label and index by the column names, or the only unusual name as the label."""
    lower = [each.lower() for each in names]
    labels = [c for c, each in enumerate(lower) if each in LABELS]
    indexes = [c for c, each in enumerate(lower) if each in INDEXES]
    if len(labels) > 1:
        raise DataError(
            f"{name} has several label columns: {', '.join(names[c] for c in labels)}. Keep one"
        )
    label = labels[0] if labels else None
    for index in (None, *indexes):
        if square_side(len(names) - (label is not None) - (index is not None)):
            return label, index
    odd = [c for c in _odd_names(lower) if c != label and c not in indexes]
    if label is None and len(odd) == 1:
        rest = len(names) - 1
        for index in (None, *indexes):
            if square_side(rest - (index is not None)):
                return odd[0], index
    return label, None


def _odd_names(names: list[str]) -> list[int]:
    """The columns whose names are not the common prefix with a number."""
    prefixes = [match.group(1) if (match := PIXEL_NAME.match(each)) else None for each in names]
    common = max(set(prefixes), key=prefixes.count)
    return [c for c, prefix in enumerate(prefixes) if prefix != common]


def _from_values(body: list[list[str]], width: int, name: str) -> tuple[int | None, int | None]:
    """Label and index of a table without a header, by the contents of its outer columns."""
    if square_side(width):
        return None, None
    if square_side(width - 1):
        if _counts_up(body, 0):
            return None, 0
        return _first_or_last(body, 0, width - 1, name), None
    if square_side(width - 2) and _counts_up(body, 0):
        return _first_or_last(body, 1, width - 1, name), 0
    return None, None


def _first_or_last(body: list[list[str]], first: int, last: int, name: str) -> int:
    """Decides which of two columns is the label. A corner pixel is nearly constant."""
    both = [_looks_like_labels(body, column) for column in (first, last)]
    if both == [True, False]:
        return first
    if both == [False, True]:
        return last
    why = "both may be labels" if all(both) else "neither looks like labels"
    raise ask(
        name, f"{name} has no header, and of its first and last columns {why}", "label",
        "first", "last",
    )  # fmt: skip


def _looks_like_labels(body: list[list[str]], column: int) -> bool:
    cells = [row[column] for row in body if len(row) > column]
    values = set(cells)
    if any(not is_number(value) for value in values):
        return True
    numbers = {float(value) for value in values}
    whole = all(number == int(number) and 0 <= number <= LARGEST_LABEL for number in numbers)
    return whole and len(numbers) > 1


def _counts_up(body: list[list[str]], column: int) -> bool:
    """Whether a column numbers the rows, up to the jump to the last rows."""
    cells = [row[column] for row in body[: SAMPLED_ROWS // 2] if len(row) > column]
    if len(cells) < 3 or not all(cell.isdecimal() for cell in cells):
        return False
    return all(int(cell) - int(cells[0]) == place for place, cell in enumerate(cells))
