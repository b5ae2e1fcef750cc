"""The command line: parse, call, print."""

from inkling.cli.main import main

__all__ = ["main"]
