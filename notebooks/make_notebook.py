"""Make guide.ipynb of guide.py: run every cell in a clean kernel and keep what it gave."""

from pathlib import Path

import jupytext
import nbclient
import nbformat

FOLDER = Path(__file__).parent


def main() -> None:
    """Read the paired text, execute it, write the notebook beside it."""
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
