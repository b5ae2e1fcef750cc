"""The command `inkling read --table`: prints and saves the tables in images."""

import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.box import SQUARE
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from inkling.errors import ImageError, InklingError

if TYPE_CHECKING:
    from inkling.cli.inputs import NamedImage
    from inkling.reading.pipeline import Reader
    from inkling.reading.preprocess.photo import Photo
    from inkling.reading.tables.read_tables import TableOptions
    from inkling.reading.tables.table_types import Cell, Table
    from inkling.types import Reading

DOUBT_STYLE = "bold dark_orange3"  # the closest of 256 colours to that of the reports


@dataclass(frozen=True)
class ImageTables:
    """One image with its tables and its plain reading."""

    name: str
    tables: "list[Table]"
    reading: "Reading"
    photo: "Photo"


def read_tables_or_exit(images: list[str], **options: Any) -> None:
    """Calls `read_table_images`. Prints an `InklingError` and exits with code 1."""
    # Pillow also logs damaged files. The answer already reports them.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        read_table_images(images, **options)
    except InklingError as error:
        typer.echo(f"inkling: {error}", err=True)
        raise typer.Exit(1) from error


def read_table_images(
    images: list[str],
    *,
    cells: str | None,
    digits_per_cell: int | None,
    out: Path | None,
    explain: Path | None,
    model: Path | None,
    as_json: bool,
) -> None:
    """Reads, prints and writes the tables of all images. Raises `InklingError`, `typer.Exit`."""
    from inkling.cli.inputs import expand
    from inkling.cli.table_files import check_table_file, write_tables
    from inkling.reading.pipeline import Reader
    from inkling.reading.tables.read_tables import TableOptions, parse_cells

    try:
        size = parse_cells(cells) if cells else None
    except InklingError as error:
        raise typer.BadParameter(str(error), param_hint="--cells") from error
    options = TableOptions(size, digits_per_cell)
    if out is not None:
        check_table_file(out)
    if explain is not None:
        _check_image_file(explain)
    reader = Reader.load(model)
    named = expand(images, sys.stdin.buffer).named
    found = [_read_one(reader, one, options) for one in named]
    _print(list(named), found, as_json)
    read = [one for one in found if isinstance(one, ImageTables)]
    if out is not None:
        tables = [(one.name, table) for one in read for table in one.tables]
        for path in write_tables(tables, out):
            typer.echo(f"wrote {path}", err=True)
    if explain is not None:
        _write_overlays(read, explain)
    if len(read) < len(found):
        raise typer.Exit(1)


def _read_one(
    reader: "Reader", one: "NamedImage", options: "TableOptions"
) -> "ImageTables | ImageError":
    from inkling.reading.tables.read_tables import open_for_tables, read_tables_of

    if isinstance(one.content, ImageError):
        return one.content
    try:
        photo = open_for_tables(one.content, one.name)
    except ImageError as error:
        return error
    tables = read_tables_of(photo, reader.network, options)
    # The plain reading is the same as without --table: read from the file, not from its tables.
    reading = reader.read([one.content], names=[one.name])[0]
    if isinstance(reading, ImageError):
        return reading
    return ImageTables(one.name, tables, reading, photo)


def _print(
    named: "list[NamedImage]", found: "list[ImageTables | ImageError]", as_json: bool
) -> None:
    if as_json:
        typer.echo(json.dumps([_entry(n.name, one) for n, one in zip(named, found, strict=True)]))
        return
    console = Console(highlight=False, soft_wrap=True)
    for place, one in zip(named, found, strict=True):
        if isinstance(one, ImageError):
            typer.echo(f"{place.name}: {one}", err=True)
            continue
        if not one.tables:
            typer.echo(f"{one.name}: no ruled grid; text {one.reading.text!r}")
        for number, table in enumerate(one.tables, 1):
            doubts = sum(cell.verdict in ("unsure", "not-a-digit") for cell in table.cells)
            typer.echo(
                f"{one.name}: table {number} of {len(one.tables)}, {table.rows} rows x "
                f"{table.columns} columns, {doubts} uncertain cells"
            )
            if console.is_terminal:
                console.print(draw(table))
            else:
                typer.echo(plain(table))


def _entry(name: str, one: "ImageTables | ImageError") -> dict[str, object]:
    if isinstance(one, ImageError):
        return {"image": name, "error": str(one)}
    return {**one.reading.as_json(), "tables": [table.as_json() for table in one.tables]}


def marked(cell: "Cell | None") -> str:
    """The text of a cell, with a question mark if it is uncertain."""
    if cell is None:
        return ""
    return cell.text + ("?" if cell.verdict in ("unsure", "not-a-digit") else "")


def plain(table: "Table") -> str:
    """The table as lines of text with aligned columns."""
    rows = [[marked(cell) or "." for cell in row] for row in table.grid()]
    widths = [max(len(row[k]) for row in rows) for k in range(table.columns)]
    return "\n".join(
        " ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def draw(table: "Table") -> Drawn:
    """The table drawn by Rich, with uncertain cells in another colour."""
    drawn = Drawn(box=SQUARE, show_header=False, show_lines=True, pad_edge=True)
    for _ in range(table.columns):
        drawn.add_column(justify="center")
    for row in table.grid():
        drawn.add_row(
            *(
                Text(marked(cell), style=DOUBT_STYLE if marked(cell).endswith("?") else "")
                for cell in row
            )
        )
    return drawn


def _check_image_file(path: Path) -> None:
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise InklingError(f"{path} is not the name of an image. Use the suffix .png or .jpg")
    if not path.parent.is_dir():
        raise InklingError(f"the folder {path.parent} does not exist")


def _write_overlays(read: list[ImageTables], path: Path) -> None:
    """Writes the overlay of one image, or those of several images below each other."""
    from PIL import Image

    from inkling.files import replacing
    from inkling.reading.tables.overlay import draw_tables

    drawn = [draw_tables(one.photo.pixels, one.photo.width, one.tables) for one in read]
    if not drawn:
        return
    sheet = Image.new("RGB", (max(d.width for d in drawn), sum(d.height for d in drawn)), "white")
    top = 0
    for image in drawn:
        sheet.paste(image, (0, top))
        top += image.height
    with replacing(path) as beside:
        sheet.save(beside, "PNG" if path.suffix.lower() == ".png" else "JPEG")
