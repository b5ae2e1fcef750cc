"""Prints tables of results: drawn on a terminal, plain columns on other outputs."""

import sys
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

ACCENT = "dark_orange3"  # the closest of 256 colours to that of the reports


@dataclass(frozen=True)
class Column:
    """The heading of a column, and whether its values are numbers."""

    name: str
    number: bool = False


def print_table(columns: list[Column], rows: list[tuple[str, ...]]) -> None:
    """Prints the table on stdout. The first column names the row."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(_drawn(columns, rows))
        return
    sys.stdout.write("\n".join(plain_lines(columns, rows)) + "\n")


def plain_lines(columns: list[Column], rows: list[tuple[str, ...]]) -> list[str]:
    """The table as lines of text with two spaces between columns and no trailing spaces."""
    cells = [tuple(column.name for column in columns), *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    return [
        "  ".join(
            text.rjust(width) if column.number else text.ljust(width)
            for text, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in cells
    ]


def _drawn(columns: list[Column], rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for place, column in enumerate(columns):
        table.add_column(
            column.name,
            justify="right" if column.number else "left",
            style=f"bold {ACCENT}" if place == 0 else "",
            no_wrap=place == 0 or column.number,
        )
    for row in rows:
        table.add_row(*row)
    return table
