"""The command line: parses arguments, calls a job, prints the result."""

from inkling.cli.clock import STARTED
from inkling.cli.main import main

__all__ = ["STARTED", "main"]
