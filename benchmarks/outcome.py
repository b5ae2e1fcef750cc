"""Writes what a benchmark measured: as JSON to the output and to a file, and as the exit code."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn


def add_json_option(parser: ArgumentParser) -> None:
    """Adds the option `--json FILE`."""
    parser.add_argument("--json", type=Path, help="write what was measured to this file")


def write_json(measured: dict[str, Any], path: Path | None) -> None:
    """Prints `measured` and writes it to `path`."""
    text = json.dumps(measured, indent=1)
    print(text)
    if path:
        path.write_text(text + "\n", "utf-8")


def finish(measured: dict[str, Any], path: Path | None) -> NoReturn:
    """As `write_json`, then exits with code 0 if `measured` has `passed`, or else 1."""
    write_json(measured, path)
    sys.exit(0 if measured["passed"] else 1)
