"""The documentation says what is: help page, README commands, links."""

import importlib.util
import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import inkling
from inkling.cli.main import app
from inkling.types import Digits
from tests.commands import command
from tests.reading.tables.drawn import draw_grid

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.S | re.M)


def commands_of_readme() -> list[str]:
    lines = "".join(code_blocks(README, "")).splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.startswith("inkling ")]


def test_the_help_page_is_the_help() -> None:
    spec = importlib.util.spec_from_file_location("make_help", ROOT / "docs" / "make_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "help.md").read_text("utf-8")
    assert page == module.help_page(), "run: make help-page"


def commands_of(page: Path) -> list[str]:
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), flags=re.S | re.M)
    lines = (line.removeprefix("$ ") for block in blocks for line in block.splitlines())
    return [line for line in lines if line.startswith("inkling ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_the_documentation_are_valid(page: Path) -> None:
    """Each has a known name, known options and all arguments. Nothing is run."""
    root = typer.main.get_command(app)
    for line in commands_of(page):
        words = shlex.split(line.replace("...", ""), comments=True)
        name, *arguments = words[1 : words.index(">") if ">" in words else None]
        assert isinstance(root, typer.core.TyperGroup)
        assert name in root.commands, line
        try:
            root.commands[name].make_context(name, arguments)
        except Exception as error:
            pytest.fail(f"{line}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def public_functions() -> list[tuple[str, Callable[..., object]]]:
    """The functions that `inkling` exports, and the documented methods of its classes."""
    found = []
    for name in inkling.__all__:
        member = getattr(inkling, name)
        if inspect.isfunction(member):
            found.append((name, member))
    for part in (inkling.Reader, inkling.Client, inkling.TorchClassifier, inkling.DigitClassifier):
        members = [part.__init__, *(getattr(part, one) for one in vars(part) if one[0] != "_")]
        found += [(f"{part.__name__}.{m.__name__}", m) for m in members if callable(m)]
    return found


@pytest.mark.parametrize(
    ("name", "function"), [pytest.param(*each, id=each[0]) for each in public_functions()]
)
def test_every_parameter_of_a_public_function_is_documented(
    name: str, function: Callable[..., object]
) -> None:
    owner = getattr(inkling, name.partition(".")[0])
    texts = [inspect.getdoc(function) or ""]
    if name.endswith("__init__"):
        texts.append(inspect.getdoc(owner) or "")
    heading = "Parameters\n----------\n"
    section = "\n".join(text.partition(heading)[2].partition("\n---")[0] for text in texts)
    for parameter in inspect.signature(function).parameters:
        if parameter not in ("self", "cls"):
            assert re.search(rf"^{parameter}( :|$)", section, flags=re.M), parameter


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, scans: Digits) -> Path:
    """A folder with what the README's commands name: a photo, a form, own images, a stopped run."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "inkling").write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n')
    (folder / "inkling").chmod(0o755)
    page = np.full((120, 160), 235, np.uint8)
    page[30:86, 40:96] -= (scans.images[3].repeat(2, 0).repeat(2, 1) * 0.8).astype(np.uint8)
    Image.fromarray(page).save(folder / "photo.jpg")
    Image.fromarray(draw_grid([["1", "2"], ["", "7"]])).save(folder / "form.jpg")
    for number in range(60):
        own = folder / "my-folder" / scans.classes[scans.labels[number]]
        own.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scans.images[number]).save(own / f"{number}.png")
    return folder


def in_workplace(workplace: Path, line: str) -> subprocess.CompletedProcess[str]:
    path = f"{workplace}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    environment.pop("INKLING_DATA", None)  # the embedded digits are enough, and quick
    return subprocess.run(
        ["bash", "-c", line],
        cwd=workplace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_the_commands_of_the_readme_run(workplace: Path) -> None:
    started = in_workplace(workplace, "inkling train mlp-adam --set epochs=2 --out runs/x")
    assert started.returncode == 0, started.stderr
    (workplace / "runs" / "x" / "card.json").unlink()  # as if it had been stopped at its very end
    names = set()
    for line in commands_of_readme():
        done = in_workplace(workplace, line)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        names.add(shlex.split(line)[1])
    assert names >= {"read", "train", "recipes", "evaluate", "data"}


def test_the_python_of_the_readme_runs(workplace: Path) -> None:
    block = "\n".join(code_blocks(README, "python"))
    script = workplace / "readme.py"
    script.write_text(
        "import numpy\nimages = numpy.zeros((2, 28, 28), numpy.uint8)\n"
        + block
        + "\nassert model.predict_proba(images).shape == (2, 10)\n"
    )
    done = in_workplace(workplace, f"{sys.executable} readme.py")
    assert done.returncode == 0, done.stderr
