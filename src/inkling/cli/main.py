"""The entry point `inkling`: registers all commands, turns errors into messages and exit codes."""

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from inkling.cli.adopt import adopt
from inkling.cli.audit import audit
from inkling.cli.data import data
from inkling.cli.evaluate import evaluate
from inkling.cli.export import export
from inkling.cli.finetune import finetune
from inkling.cli.predict import predict
from inkling.cli.read import read
from inkling.cli.recipes import recipes
from inkling.cli.repeat import repeat
from inkling.cli.report import report
from inkling.cli.serve import serve
from inkling.cli.train import train
from inkling.cli.tune import tune
from inkling.cli.verify import verify
from inkling.errors import InklingError, find_missing_extra

app = typer.Typer(
    name="inkling",
    help="Handwritten digits, from raw MNIST to an answer about your own photo.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    read,
    train,
    evaluate,
    predict,
    report,
    repeat,
    tune,
    recipes,
    data,
    export,
    adopt,
    finetune,
    audit,
    verify,
    serve,
)  # in the order of the help
for command in COMMANDS:
    app.command()(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        import inkling

        print(inkling.__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Handwritten digits, from raw MNIST to an answer about your own photo."""


def commands() -> list[str]:
    """The names of all commands, as the help lists them."""
    return [
        str(command.name or getattr(command.callback, "__name__", ""))
        for command in app.registered_commands
    ]


def main() -> NoReturn:
    """Run the command line. Exits with 0, 1 (failure) or 2 (usage error)."""
    # OpenMP reads this when torch is loaded. A thread that waits at a barrier then sleeps after
    # about 30 microseconds instead of 1 ms, and leaves the core to other processes.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    # OpenCV reads this when it is loaded. The reader processes images in parallel, so further
    # threads for each image would only compete with them. Worker processes inherit it.
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
    _replace_unprintable()
    try:
        app()
    except ModuleNotFoundError as error:
        missing = find_missing_extra(error)
        if missing is None:
            raise
        _fail(missing)
    except InklingError as error:
        _fail(error)
    sys.exit(0)


def _replace_unprintable() -> None:
    """Prints question marks for characters that the terminal's encoding lacks, such as bars."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _fail(error: InklingError) -> NoReturn:
    print(f"inkling: {error}", file=sys.stderr)
    sys.exit(1)
