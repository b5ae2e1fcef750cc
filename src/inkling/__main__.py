"""`python -m inkling`."""

from inkling.cli import main

main()
