"""What commands print: one JSON object on stdout, or lines for people; the rest on stderr."""

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

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
    str, typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute.")
]

OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="ray|ADDRESS", help="Run on Ray, here or on a cluster."),
]

ChangesOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated."),
]


def print_json(value: Any) -> None:
    """One JSON document, and nothing else, on stdout."""
    # A question mark in place of a letter would be wrong data, so other encodings get escapes.
    escape = (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    json.dump(value, sys.stdout, ensure_ascii=escape)
    sys.stdout.write("\n")


class Notes:
    """What the person at the terminal is told on the way, never on stdout."""

    def __call__(self, text: str) -> None:
        """A line of its own."""
        print(text, file=sys.stderr, flush=True)

    def progress(self, received: int, expected: int) -> None:
        """How far a download is, in bytes; drawn on a terminal only."""
        if not sys.stderr.isatty():
            return
        done = bool(expected) and received >= expected
        fraction = min(1.0, received / expected) if expected else 0.0
        bar = "━" * round(30 * fraction) + "╌" * (30 - round(30 * fraction))
        end = "\n" if done else ""
        print(f"\r{bar} {received / 1e6:6.1f} MB", end=end, file=sys.stderr, flush=True)


note = Notes()


def device_name(value: str) -> Any:
    """The device option, checked. Raises a usage error (exit code 2)."""
    if value not in ("auto", "cpu", "cuda", "mps"):
        raise typer.BadParameter(
            f"'{value}' is none of auto, cpu, cuda, mps", param_hint="--device"
        )
    return value


def print_result(value: Any, as_json: bool, lines: Callable[[], list[str]]) -> None:
    """`value` as JSON where it is asked for, else the lines."""
    if as_json:
        print_json(value)
    else:
        print("\n".join(lines()))
