"""Columns of CSV files: delimiters, headers, labels, indexes."""

import pytest

from inkling.data.formats.table_layout import (
    TableLayout,
    decide_layout,
    find_delimiter,
    has_header,
    rows_of,
)
from inkling.data.options import Options
from inkling.errors import DataError

NONE = Options()
PIXELS = [f"pixel{k}" for k in range(16)]


def numbers(count: int, *, label: int | None = None, index: int | None = None) -> list[list[str]]:
    """Rows of 16 pixels, with a label and an index where told."""
    rows = []
    for row in range(count):
        cells = [str((7 * row + 3 * k) % 200 + 0 * k) if k % 5 else "0" for k in range(16)]
        if label is not None:
            cells.insert(label, str(row % 10))
        if index is not None:
            cells.insert(index, str(100 + row))
        rows.append(cells)
    return rows


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("1,2,3", ","),
        ("1;2;3", ";"),
        ("1\t2\t3", "\t"),
        ("1|2|3", "|"),
        ("1 2 3 ", " "),
        ("1", ","),
        ("", ","),
    ],
)  # fmt: skip
def test_a_delimiter_is_the_most_frequent(line: str, delimiter: str) -> None:
    assert find_delimiter(line) == delimiter


def test_rows_are_split_and_stripped() -> None:
    assert rows_of("a, b\n\n1,2\n", ",", "x") == [["a", "b"], ["1", "2"]]
    assert rows_of(" a  b\n\n1 2", " ", "x") == [["a", "b"], ["1", "2"]]
    with pytest.raises(DataError, match="x, row 8"):
        rows_of("1,2\n" + "9" * 140_000, ",", "x", 7)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["label", "a"], ["1", "2"]], True),
        ([["1", "2"], ["3", "4"]], False),
        ([["a", "1"], ["b", "2"]], False),  # as many words below: labels
        ([["a", "b", "1"]], True),  # more than half of one row are words
        ([["a", "1"]], False),
        ([["a", "b", "1", "2"]], False),
        ([[str(k) for k in range(21)], ["5"] * 21], True),  # columns that are counted
        ([[str(k) for k in range(20)], ["5"] * 20], False),
        ([[str(2 * k) for k in range(30)], ["5"] * 30], False),
    ],
)
def test_a_header_names_columns(rows: list[list[str]], header: bool) -> None:
    assert has_header(rows) is header


@pytest.mark.parametrize(
    ("names", "label", "index"),
    [
        (["label", *PIXELS], 0, None),
        ([*PIXELS, "Class"], 16, None),
        (["id", "label", *PIXELS], 1, 0),
        (["label", *PIXELS, "row_id"], 0, 17),
        (["id", *PIXELS], None, 0),
        (PIXELS, None, None),
        (["what", *PIXELS], 0, None),  # the one odd name
        (["", "what", *PIXELS], 1, 0),
        (["id", *PIXELS, "what"], 17, 0),
    ],
)
def test_columns_are_told_by_their_names(
    names: list[str], label: int | None, index: int | None
) -> None:
    body = [[str(k) for k in range(len(names))] for _ in range(3)]
    layout = decide_layout([names, *body], "x", NONE)
    assert layout == TableLayout(",", True, len(names), label, index)
    assert len(layout.pixels) == 16
    assert label not in layout.pixels
    assert index not in layout.pixels


@pytest.mark.parametrize(
    ("rows", "label", "index"),
    [
        (numbers(30), None, None),
        (numbers(30, label=0), 0, None),
        (numbers(30, label=16), 16, None),
        (numbers(30, index=0), None, 0),
        (numbers(30, label=0, index=0), 1, 0),
        (numbers(30, label=16, index=0), 17, 0),
        ([[*row, "abc"[k % 3]] for k, row in enumerate(numbers(30))], 16, None),  # words
    ],
)
def test_without_a_header_columns_are_told_by_their_values(
    rows: list[list[str]], label: int | None, index: int | None
) -> None:
    assert decide_layout(rows, "x", NONE) == TableLayout(",", False, len(rows[0]), label, index)


def test_what_is_not_certain_is_asked() -> None:
    both = [[str(k % 7), *row[1:], str(k % 5)] for k, row in enumerate(numbers(30))]
    with pytest.raises(DataError, match="both may be labels"):
        decide_layout(both, "x", NONE)
    neither = [["0", *row[1:], "150.5"] for row in numbers(30)]
    with pytest.raises(DataError, match="neither looks like labels"):
        decide_layout(neither, "x", NONE)
    for where, column in (("first", 0), ("last", 16)):
        layout = decide_layout(both, "x", Options({"label": where}))
        assert layout is not None
        assert layout.label == column
    with pytest.raises(DataError, match="several label columns: label, y"):
        decide_layout([["label", "y", *PIXELS], ["1"] * 18], "x", NONE)
    with pytest.raises(DataError, match="x has 20 columns"):
        decide_layout([["1"] * 20] * 3, "x", NONE)
    assert decide_layout([["1"] * 15] * 3, "x", NONE) is None


def test_a_table_without_labels_may_be_told() -> None:
    layout = decide_layout(numbers(30, index=0), "x", Options({"label": "none"}))
    assert layout is not None
    assert (layout.label, layout.index) == (None, 0)


def test_an_index_beside_a_told_label() -> None:
    rows = numbers(30, label=16, index=0)
    layout = decide_layout(rows, "x", Options({"label": "last"}))
    assert layout == TableLayout(",", False, 18, 17, 0)


def test_a_label_is_a_small_whole_number() -> None:
    for value, label in (("99", 0), ("100", None), ("1.5", None), ("-1", None)):
        rows = [["3" if k else value, *row] for k, row in enumerate(numbers(30))]
        rows = [[*row[:-1], "150.5"] for row in rows]  # the last column is no label
        if label is None:
            with pytest.raises(DataError, match="neither"):
                decide_layout(rows, "x", NONE)
        else:
            found = decide_layout(rows, "x", NONE)
            assert found is not None
            assert found.label == 0


def test_a_column_that_counts_is_an_index() -> None:
    for step, start in ((1, 0), (1, 57)):
        rows = [[str(start + step * k), *row] for k, row in enumerate(numbers(30))]
        found = decide_layout(rows, "x", NONE)
        assert found is not None
        assert found.index == 0
