"""Writes `docs/help.md` from the help texts of the command line: `make help-page`.

`tests/test_docs.py` fails if the page is out of date.
"""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent / "help.md"
INTRODUCTION = """\
# The command line

Every command takes `--json`: one JSON document on standard output, everything else on standard
error. The exit code is 0 for success, 1 for a failure (with a message), or 2 for wrong usage.

`make help-page` writes this page.
"""


def help_page() -> str:
    """The page with the help of `inkling` and of all commands."""
    from inkling.cli.main import commands

    parts = [INTRODUCTION, _block([])]
    for name in commands():
        parts += [f"## inkling {name}\n", _block([name])]
    return "\n".join(parts)


def _block(arguments: list[str]) -> str:
    plain = {"TYPER_USE_RICH": "0", "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "inkling", *arguments, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **plain},
    )
    text = done.stdout.replace("python -m inkling", "inkling")
    return "```\n" + "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n```\n"


if __name__ == "__main__":
    PAGE.write_text(help_page(), "utf-8")
