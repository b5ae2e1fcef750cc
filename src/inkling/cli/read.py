"""The command `inkling read`: prints the digits in images, with probabilities and boxes."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkling.cli.output import note

if TYPE_CHECKING:
    from inkling.cli.inputs import NamedImage
    from inkling.errors import ImageError
    from inkling.reading.pipeline import Reader
    from inkling.reading.trace import Trace
    from inkling.types import Reading

IMAGES_PER_BLOCK = 64  # images that are processed together when crops are saved; each takes some MB


def read(  # noqa: PLR0913, PLR0917 (each option is an argument)
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...", help="Images, folders, patterns; - reads one from stdin."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list with one entry per image.")
    ] = False,
    explain: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save an image of each processing step to this file."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="An ONNX model other than the bundled one.")
    ] = None,
    expect_one: Annotated[
        bool, typer.Option("--expect-one", help="Each image holds one digit at most.")
    ] = False,
    pages: Annotated[
        bool,
        typer.Option("--pages", help="Read every page of a TIFF and every frame of a GIF."),
    ] = False,
    save_crops: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Save the crop of each digit to a subfolder named by its answer, for sorting.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the answers to this .csv, .jsonl, .parquet or .xlsx file. "
            "A restart resumes.",
        ),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="ray|ADDRESS", help="With --out: read on Ray, here or on a cluster."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="With --out: processes. Default: one for each core."),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --out: the image column of parquet files."),
    ] = None,
    table: Annotated[
        bool, typer.Option("--table", help="Read the rows and columns of every ruled grid.")
    ] = False,
    cells: Annotated[
        str | None,
        typer.Option(metavar="RxC", help="With --table: the size of each grid, as in 9x9."),
    ] = None,
    digits_per_cell: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="With --table: digits in a cell that is not blank."),
    ] = None,
) -> None:
    """Read the handwritten digits in images."""
    if not table and (cells or digits_per_cell):
        raise typer.BadParameter("--cells and --digits-per-cell need --table")
    if table and (pages or save_crops):
        raise typer.BadParameter("--pages and --save-crops cannot be combined with --table")
    if table:
        from inkling.cli.read_tables import read_tables_or_exit

        read_tables_or_exit(
            images,
            cells=cells,
            digits_per_cell=digits_per_cell,
            out=out,
            explain=explain,
            model=model,
            as_json=as_json,
        )
        return
    if out is None and (on or workers or column):
        raise typer.BadParameter("--on, --workers and --column need --out", param_hint="--out")
    for name, value in (("--explain", explain), ("--save-crops", save_crops)):
        if out is not None and value is not None:
            raise typer.BadParameter(f"{name} cannot be combined with --out", param_hint=name)
    if explain is not None and save_crops is not None:
        raise typer.BadParameter(
            "--explain cannot be combined with --save-crops", param_hint="--explain"
        )
    from inkling.errors import ImageError, InklingError

    # Pillow also logs damaged files. The answer already reports them.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        if out is not None:
            from inkling.cli.bulk import read_to_file

            read_to_file(
                images,
                out,
                model=model,
                expect_one=expect_one,
                on=on,
                workers=workers,
                column=column,
                pages=pages,
                as_json=as_json,
            )
            return
        answers = _read_here(
            images, model, expect_one, pages, as_json, explain=explain, save_crops=save_crops
        )
    except InklingError as error:
        typer.echo(f"inkling: {error}", err=True)
        raise typer.Exit(1) from error
    if any(isinstance(answer, ImageError) for answer in answers):
        raise typer.Exit(1)


def _read_here(
    images: Sequence[str],
    model: Path | None,
    expect_one: bool,
    pages: bool,
    as_json: bool,
    *,
    explain: Path | None,
    save_crops: Path | None,
) -> "list[Reading | ImageError]":
    """Reads all images in this process and prints the answers. Raises `InklingError`."""
    from inkling.cli.answers import print_answers
    from inkling.cli.inputs import expand
    from inkling.reading.pipeline import Reader

    if explain is not None:
        from inkling.reading.explain import check_strip

        check_strip(explain)  # before reading, which may take long
    reader = Reader.load(model)
    inputs = expand(images, sys.stdin.buffer, pages)
    for sentence in inputs.notes:
        note(sentence)
    contents, names = [one.content for one in inputs.named], [one.name for one in inputs.named]
    traces: list[Trace | ImageError] = []
    if save_crops is not None:
        answers = _read_and_save(reader, inputs.named, expect_one, save_crops)
    elif explain is not None:
        traces = reader.trace(contents, names=names, expect_one=expect_one)
        answers = [_answer_of(trace) for trace in traces]
    else:
        answers = reader.read(contents, names=names, expect_one=expect_one)
    print_answers(list(zip(names, answers, strict=True)), as_json)
    if explain is not None:
        from inkling.reading.explain import write_strip

        write_strip(traces, explain)
    return answers


def _read_and_save(
    reader: "Reader", named: "Sequence[NamedImage]", expect_one: bool, folder: Path
) -> "list[Reading | ImageError]":
    """Reads all images and saves their crops to `folder`. Raises `InklingError`."""
    from inkling.errors import ImageError
    from inkling.reading.saved_crops import CropFolder

    crops = CropFolder(folder)
    answers: list[Reading | ImageError] = []
    for start in range(0, len(named), IMAGES_PER_BLOCK):
        block = named[start : start + IMAGES_PER_BLOCK]
        contents, names = [one.content for one in block], [one.name for one in block]
        for trace in reader.trace(contents, names=names, expect_one=expect_one):
            answers.append(_answer_of(trace))
            if not isinstance(trace, ImageError):
                crops.save(trace)
    crops.finish()
    count = f"{len(crops):,} crop" + ("" if len(crops) == 1 else "s")
    note(f"saved {count} to {folder}. Move each wrong one to the right subfolder")
    return answers


def _answer_of(trace: "Trace | ImageError") -> "Reading | ImageError":
    return trace if isinstance(trace, Exception) else trace.reading
