"""`inkling read`: what the pictures say, how sure that is, and where it stands."""

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from inkling.errors import ImageError
    from inkling.reading.pipeline import Trace
    from inkling.types import Reading


def read(  # noqa: PLR0913, PLR0917 (each option is an argument)
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...", help="Pictures, folders, patterns; - reads one from stdin."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list, an entry a picture.")
    ] = False,
    explain: Annotated[
        Path | None, typer.Option(help="Write a picture of the road to the answer to this file.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="An ONNX model other than the bundled one.")
    ] = None,
    expect_one: Annotated[
        bool, typer.Option("--expect-one", help="Each picture holds one digit at most.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the answers to this .csv, .jsonl or .parquet file; a restart resumes.",
        ),
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
    """Read the handwritten digits in pictures."""
    if not table and (cells or digits_per_cell):
        raise typer.BadParameter("--cells and --digits-per-cell go with --table")
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
    if out is None and (workers or column):
        raise typer.BadParameter("--workers and --column go with --out", param_hint="--out")
    if out is not None and explain is not None:
        raise typer.BadParameter("--explain does not go with --out", param_hint="--explain")
    from inkling.cli.inputs import expand
    from inkling.errors import ImageError, InklingError
    from inkling.reading.pipeline import Reader

    # Pillow reports damaged files to its log as well; the answer says it already.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    try:
        if out is not None:
            from inkling.cli.bulk import read_to_file

            read_to_file(
                images,
                out,
                model=model,
                expect_one=expect_one,
                workers=workers,
                column=column,
                as_json=as_json,
            )
            return
        if explain is not None:
            from inkling.reading.explain import check_strip

            check_strip(explain)  # before hundreds of pictures are read in vain
        reader = Reader.load(model)
        named = expand(images, sys.stdin.buffer).named
        contents, names = [one.content for one in named], [one.name for one in named]
        traces: list[Trace | ImageError] = []
        if explain is None:
            answers = reader.read(contents, names=names, expect_one=expect_one)
        else:
            traces = reader.trace(contents, names=names, expect_one=expect_one)
            answers = [one if isinstance(one, ImageError) else one.reading for one in traces]
        _print(list(zip(names, answers, strict=True)), as_json)
        if explain is not None:
            from inkling.reading.explain import write_strip

            write_strip(traces, explain)
    except InklingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if any(isinstance(answer, ImageError) for answer in answers):
        raise typer.Exit(1)


def _print(entries: "list[tuple[str, Reading | ImageError]]", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_as_json(name, answer) for name, answer in entries], indent=1))
    else:
        _print_lines(entries)


def _as_json(name: str, answer: "Reading | ImageError") -> dict[str, object]:
    if isinstance(answer, Exception):
        return {"image": name, "error": str(answer)}
    return answer.as_json()


def _print_lines(entries: "list[tuple[str, Reading | ImageError]]") -> None:
    """One line a picture: the digits, how sure the least sure of them is, the doubts, the name."""
    for name, answer in entries:
        if isinstance(answer, Exception):
            typer.echo(f"{name}: {answer}", err=True)
            continue
        typer.echo(f"{name}: {_sentence(answer)}")


def _sentence(reading: "Reading") -> str:
    if reading.verdict in ("blank", "not-a-digit"):
        return reading.verdict
    read = [box for box in reading.digits if box.verdict in ("digits", "unsure")]
    sure = min(box.confidence for box in read)
    doubts = list(dict.fromkeys(doubt for box in read for doubt in box.doubts))
    words = f"{reading.text}  {sure:.1%} sure"
    if reading.verdict == "unsure":
        words = f"{reading.text}?  unsure, {sure:.1%}"
    return words + (f" ({'; '.join(doubts)})" if doubts else "")
