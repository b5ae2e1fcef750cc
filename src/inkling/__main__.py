"""Runs the command line: `python -m inkling`."""

from inkling.cli import main

main()
