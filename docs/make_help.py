"""Writes `docs/help.md` from the help texts of the command line: `make help-page`.

`tests/test_docs.py` fails if the page is out of date.
"""

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import typer

PAGE = Path(__file__).parent / "help.md"
INTRODUCTION = """\
# The command line

Every command takes `--json`: one JSON document on standard output, everything else on standard
error. The exit code is 0 for success, 1 for a failure (with a message), or 2 for wrong usage.

`make help-page` writes this page.
"""


# Typer reads these when it is imported, so the page is made in a process of its own.
PLAIN = {"TYPER_USE_RICH": "0", "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}


def help_page() -> str:
    """The page with the help of `inkling` and of all commands."""
    return subprocess.run(
        [sys.executable, __file__, "--print"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **PLAIN},
    ).stdout


def _print_page() -> None:
    from inkling.cli.main import app, commands

    command = typer.main.get_command(app)
    sys.stdout.write(f"{INTRODUCTION}\n{_block(command, [])}")
    for name in commands():
        sys.stdout.write(f"\n## inkling {name}\n\n{_block(command, [name])}")


def _block(command: Any, arguments: list[str]) -> str:
    output = io.StringIO()
    with redirect_stdout(output):
        command.main([*arguments, "--help"], prog_name="inkling", standalone_mode=False)
    lines = output.getvalue().strip().splitlines()
    return "```\n" + "\n".join(line.rstrip() for line in lines) + "\n```\n"


if __name__ == "__main__":
    if "--print" in sys.argv:
        _print_page()
    else:
        PAGE.write_text(help_page(), "utf-8")
