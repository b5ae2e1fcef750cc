"""`inkling`: every command, and how an error becomes one sentence and an exit code."""

import io
import sys
import time
from typing import Annotated, NoReturn

STARTED = time.perf_counter()  # total_seconds counts from here: the start of the process

import typer  # noqa: E402

from inkling.cli.adopt import adopt  # noqa: E402
from inkling.cli.audit import audit  # noqa: E402
from inkling.cli.data import data  # noqa: E402
from inkling.cli.evaluate import evaluate  # noqa: E402
from inkling.cli.export import export  # noqa: E402
from inkling.cli.predict import predict  # noqa: E402
from inkling.cli.read import read  # noqa: E402
from inkling.cli.recipes import recipes  # noqa: E402
from inkling.cli.repeat import repeat  # noqa: E402
from inkling.cli.report import report  # noqa: E402
from inkling.cli.serve import serve  # noqa: E402
from inkling.cli.train import train  # noqa: E402
from inkling.cli.tune import tune  # noqa: E402
from inkling.cli.verify import verify  # noqa: E402
from inkling.errors import InklingError, find_missing_extra  # noqa: E402

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
    """Run the command line. Ends with 0, 1 (could not do it) or 2 (wrong usage)."""
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
