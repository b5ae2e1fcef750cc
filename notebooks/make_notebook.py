"""Make guide.ipynb of guide.py: run every cell in a clean kernel and keep what it gave.

It runs on the embedded digits, because MNIST's images are not in the repository.
"""

import os
from pathlib import Path

import jupytext
import nbclient
import nbformat

FOLDER = Path(__file__).parent
# Nowhere to find MNIST, and no folder of this machine in the output.
WITHOUT_MNIST = {"INKLING_MIRRORS": "http://127.0.0.1:9", "XDG_CACHE_HOME": "~/.cache"}


def main() -> None:
    """Read the paired text, execute it, write the notebook beside it."""
    os.environ.pop("INKLING_DATA", None)
    os.environ.update(WITHOUT_MNIST)
    notebook = jupytext.read(FOLDER / "guide.py")
    nbclient.NotebookClient(
        notebook, timeout=900, kernel_name="python3", record_timing=False
    ).execute()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # random names would change with every run
    notebook.metadata.pop("language_info", None)
    nbformat.write(notebook, FOLDER / "guide.ipynb")


if __name__ == "__main__":
    main()
