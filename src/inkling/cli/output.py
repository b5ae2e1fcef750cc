"""The output of commands: one JSON object or plain lines on stdout, messages on stderr."""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="NAME|PATH",
        help="auto, mnist, fashion-mnist, digits; or a folder, .csv or .npz of your own.",
    ),
]
DeviceOption = Annotated[
    Literal["auto", "cpu", "cuda", "mps"], typer.Option("--device", help="The device to use.")
]

OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="ray|ADDRESS", help="Run on Ray, here or on a cluster."),
]

ChangesOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the recipe. Repeatable."),
]


def print_json(value: Any) -> None:
    """Prints one JSON document on stdout."""
    # Other encodings than UTF-8 get escapes, because question marks would be wrong data.
    escape = (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    json.dump(value, sys.stdout, ensure_ascii=escape)
    sys.stdout.write("\n")


class Notes:
    """Messages to the user while a command runs, on stderr."""

    def __init__(self) -> None:
        self.bar: Progress | None = None

    def __call__(self, text: str) -> None:
        """Prints one line."""
        print(text, file=sys.stderr, flush=True)

    def progress(self, received: int, expected: int) -> None:
        """Shows the progress of a download, on a terminal only."""
        if not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

        if self.bar is None:
            columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self.bar = Progress(*columns, console=Console(stderr=True))
            self.bar.add_task("download", total=expected or None)
            self.bar.start()
        self.bar.update(self.bar.task_ids[0], completed=received)
        if expected and received >= expected:
            self.bar.stop()
            self.bar = None


note = Notes()


def print_result(value: Any, as_json: bool, lines: Callable[[], list[str]]) -> None:
    """Prints `value` as JSON, or else the lines."""
    if as_json:
        print_json(value)
    else:
        print("\n".join(lines()))
