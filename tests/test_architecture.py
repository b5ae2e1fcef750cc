"""Data flows one way and so do imports; and the light things stay light."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import inkling
from inkling.errors import EXTRAS

ROOT = Path(inkling.__file__).parent
# Each folder may import those before it. Why reading stands first: docs/decisions/0001.
ORDER = [
    "reading",
    "data",
    "synthesis",
    "models",
    "training",
    "evaluation",
    "exporters",
    "adopt",
    "jobs",
    "serving",
    "scale",
    "cli",
]
# The wheel lacks it (docs/decisions/0008), so nothing in the wheel may import it.
NOT_IN_THE_WHEEL = "synthesis"
COMMON = {"types", "errors", "files", "allocator"}
OPTIONAL = {"pandas", "pillow_heif"}  # what lacks them says so itself
MODULES = sorted(ROOT.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """The names directly under `inkling` that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "inkling" and len(parts) > 1:
                found.add(parts[1])
    return found


def foreign_imports_of(path: Path) -> set[str]:
    """The packages of others that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
    return found - sys.stdlib_module_names - {"inkling"}


def folder_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_arrow_runs_back(path: Path) -> None:
    folder = folder_of(path)
    if folder not in ORDER:
        return
    allowed = COMMON | set(ORDER[: ORDER.index(folder) + 1]) - {NOT_IN_THE_WHEEL} | {folder}
    back = imports_of(path) - allowed
    assert not back, f"{folder} imports {back}, which stands behind it"


def test_every_folder_has_its_place() -> None:
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(ORDER), "name the new folder's place in ORDER and write down why"
    assert not imports_of(ROOT / "types.py") - {"errors"}
    assert not imports_of(ROOT / "errors.py")
    assert not imports_of(ROOT / "files.py") - {"errors"}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import inkling", ["torch", "numpy", "cv2", "pydantic"]),
        ("import inkling.cli", ["torch", "numpy", "cv2", "pydantic", "matplotlib"]),
        (
            "import inkling.reading.pipeline",
            ["torch", "pydantic", "matplotlib", "sklearn", "scipy"],
        ),
        ("import inkling.cli.main", ["inkling.scale", "ray", "pyarrow", "fsspec", "sqlite3"]),
        (
            "import inkling.jobs.train, inkling.cli.summary, inkling.cli.progress",
            [
                *("sklearn", "scipy", "matplotlib", "onnx", "starlette", "optuna", "httpx"),
                *("onnxruntime", "torch._dynamo", "sympy", "inkling.data.own"),
            ],
        ),
    ],
)
def test_light_imports_stay_light(statement: str, absent: list[str]) -> None:
    code = f"{statement}\nimport sys\nprint([m for m in {absent} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def packages_of(requirements: list[str], extras: dict[str, list[str]]) -> set[str]:
    """The names of the packages, with those of the extras of inkling that they name."""
    found = set()
    for requirement in requirements:
        own = re.fullmatch(r"inkling\[(.*)\]", requirement)
        if own:
            for extra in own[1].split(","):
                found |= packages_of(extras[extra], extras)
        else:
            found.add(re.split(r"[^\w-]", requirement)[0].lower())
    return found


def test_every_package_is_in_the_extra_that_its_error_names() -> None:
    project = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    base = packages_of(project["dependencies"], extras)
    distributions = packages_distributions()
    for path in MODULES:
        if NOT_IN_THE_WHEEL in path.parts:
            continue
        for module in foreign_imports_of(path) - OPTIONAL:
            package = distributions[module][0].lower().replace("_", "-")
            known = packages_of(extras[EXTRAS[module]], extras) if module in EXTRAS else base
            assert package in known, f"{path.name} imports {module}"


def test_each_module_of_the_reader_has_a_test_module_of_its_name() -> None:
    tests = {path.name for path in (Path(__file__).parent / "reading").glob("test_*.py")}
    in_tables = {path.name for path in (Path(__file__).parent / "reading/tables").glob("test_*.py")}
    for path in (ROOT / "reading").rglob("*.py"):
        known = in_tables if path.parent.name == "tables" else tests
        assert path.stem == "__init__" or f"test_{path.name}" in known, path.relative_to(ROOT)


def test_the_public_face_is_whole() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert not folders & set(inkling.__all__), "a folder of that name would take its place"
    for name in inkling.__all__:
        assert callable(getattr(inkling, name)), name
    assert sorted(inkling.__all__) == inkling.__all__
    assert inkling.__version__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = inkling.nothing  # type: ignore[attr-defined]
