"""The command line: parse, call, print."""

from inkling.cli.clock import STARTED
from inkling.cli.main import main

__all__ = ["STARTED", "main"]
