"""The guided notebook: one text, and it runs from a clean kernel."""

import os
from pathlib import Path

import pytest

jupytext = pytest.importorskip("jupytext", reason="needs jupytext")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient")

FOLDER = Path(__file__).parent.parent / "notebooks"


def cells(notebook) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_the_notebook_is_its_paired_text() -> None:
    paired = jupytext.read(FOLDER / "guide.py")
    notebook = jupytext.read(FOLDER / "guide.ipynb")
    sources = [
        [(cell.cell_type, cell.source) for cell in each.cells] for each in (paired, notebook)
    ]
    assert sources[0] == sources[1], "run: make notebook"
    failed = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert not failed
    assert (FOLDER / "guide.ipynb").stat().st_size < 2e6


def test_all_twelve_steps_are_there() -> None:
    text = (FOLDER / "guide.py").read_text()
    for step in range(1, 13):
        assert f"\n# ## {step}. " in text


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")  # the kernel's own machinery warns
def test_it_runs_from_a_clean_kernel_without_mnist(
    without_mnist: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = Path(__file__).parent.parent / "src"
    monkeypatch.setenv("PYTHONPATH", f"{source}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    notebook = jupytext.read(FOLDER / "guide.py")
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "the loaded network answers exactly the same: True" in printed
    assert "by inkling   0 1 2 3 4" in printed
    images = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(images) >= 8
