"""`inkling`: every command, and how an error becomes one sentence and an exit code."""

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
    # Read by OpenMP when torch is loaded: a thread that waits at a barrier sleeps after some 30
    # microseconds in place of 1 ms, so that a busy process beside this one gets its turn.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    _print_what_can_be()
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


def _print_what_can_be() -> None:
    """A terminal or pipe of cp1252 has no bars: it gets question marks, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _fail(error: InklingError) -> NoReturn:
    print(f"inkling: {error}", file=sys.stderr)
    sys.exit(1)
