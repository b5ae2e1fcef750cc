"""`make mutants`: which small faults in the code do its tests notice?

    python tests/mutants.py --count 150 --seed 0 --out mutants.jsonl

Draws `--count` mutants over `reading/`, `training/`, `serving/` and `data/`. Each changes one
operator, comparison, constant, condition or return value in a copy of `src/`. The test modules of
the mutated module run against the copy; a mutant is killed if they fail. Results are appended line
by line, and a second run continues where the first one stopped. The last line is the kill rate.

The tests of a module are those named after it, those named after its folder's other modules if it
has none, and the accuracy test for all of `reading/`.
"""

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = Path("src/inkling")
FOLDERS = ("reading", "training", "serving", "data")
LIMIT = 600  # seconds; tests of a mutant that run longer have noticed it
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: the file, the line, and the text before and after."""

    path: str
    line: int
    column: int
    kind: str
    before: str
    after: str


def change_node(node: ast.AST) -> tuple[str, ast.AST] | None:  # noqa: PLR0911 - a table of cases
    """The kind of change and the changed node; None for nodes that stay."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        ops = [SWAPS[type(node.ops[0])](), *node.ops[1:]]
        return "comparison", ast.Compare(node.left, ops, node.comparators)
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        return "operator", ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)
    if isinstance(node, ast.BoolOp):
        return "and/or", ast.BoolOp(SWAPS[type(node.op)](), node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "not", node.operand
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        value = node.value
        return "number", ast.Constant(value * 2 if value and abs(value) != 1 else value + 1)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return "boolean", ast.Constant(not node.value)
    if isinstance(node, ast.IfExp):
        return "condition", ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    return None


def find_mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file that changes code on one line, annotations and docstrings excepted."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    for part in list(_code(tree)):
        for node in ast.walk(part):
            changed = change_node(node)
            if changed is None or getattr(node, "lineno", 0) != getattr(node, "end_lineno", -1):
                continue
            kind, other = changed
            before = ast.get_source_segment(text, node)
            after = f"({ast.unparse(ast.fix_missing_locations(other))})"
            line = lines[node.lineno - 1]  # type: ignore[attr-defined]
            start = len(line.encode()[: node.col_offset].decode())  # type: ignore[attr-defined]
            if before and line[start:].startswith(before):
                where = str(path.relative_to(ROOT))
                yield Mutant(where, node.lineno, start, kind, before, after)  # type: ignore[attr-defined]


def _code(tree: ast.Module) -> Iterator[ast.AST]:
    """The statements of functions, and the values of a module's constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from node.body
        elif isinstance(node, ast.Assign) and node in tree.body:
            yield node.value


def tests_of(path: str) -> list[str]:
    """The test modules of a source file."""
    parts = Path(path).relative_to(PACKAGE)
    folder = ROOT / "tests" / parts.parts[0]
    named = sorted(folder.rglob(f"test_{parts.stem}.py"))
    near = sorted((ROOT / "tests" / parts.parent).glob("test_*.py"))
    chosen = named or near or sorted(folder.glob("test_*.py"))
    if parts.parts[0] == "reading":
        chosen += [ROOT / "tests/accuracy/test_accuracy.py"]
    return [str(test.relative_to(ROOT)) for test in chosen]


def is_killed(mutant: Mutant, scratch: Path) -> bool:
    """Whether the tests fail with the mutant. Writes it into the copy of `src/` and removes it."""
    target = scratch / mutant.path
    text = target.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    line = lines[mutant.line - 1]
    rest = line[mutant.column + len(mutant.before) :]
    lines[mutant.line - 1] = line[: mutant.column] + mutant.after + rest
    target.write_text("".join(lines), "utf-8")
    try:
        return run_tests(tests_of(mutant.path), scratch) != 0
    finally:
        target.write_text(text, "utf-8")


def run_tests(tests: list[str], scratch: Path) -> int:
    """The exit code of pytest over `tests`, with the copy of the package."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {
        **os.environ,
        "PYTHONPATH": str(scratch / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "--hypothesis-profile=ci",
    }
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return 1
    return done.returncode


def sample(count: int, seed: int) -> list[Mutant]:
    """`count` mutants, the same for a seed and a state of the code, folders mixed by their size."""
    files = sorted(f for folder in FOLDERS for f in (ROOT / PACKAGE / folder).rglob("*.py"))
    every = {mutant for file in files for mutant in find_mutants(file)}
    ordered = sorted(every, key=lambda m: (m.path, m.line, m.column, m.kind, m.before))
    return random.Random(seed).sample(ordered, min(count, len(ordered)))


def main() -> None:
    """Run the sample and print the kill rate and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("--list", action="store_true", help="print the sample, run nothing")
    options = parser.parse_args()
    mutants = sample(options.count, options.seed)
    if options.list:
        for mutant in mutants:
            print(f"{mutant.path}:{mutant.line} {mutant.before} -> {mutant.after}")
        return
    written = options.out.read_text("utf-8").splitlines() if options.out.exists() else []
    done = {tuple(json.loads(line)["mutant"].values()): json.loads(line) for line in written}
    with tempfile.TemporaryDirectory() as folder, options.out.open("a", encoding="utf-8") as out:
        scratch = Path(folder)
        shutil.copytree(ROOT / "src", scratch / "src")
        for mutant in mutants:
            key = tuple(asdict(mutant).values())
            if key in done:
                continue
            done[key] = {"mutant": asdict(mutant), "killed": is_killed(mutant, scratch)}
            print(json.dumps(done[key]), file=out, flush=True)
    results = [done[tuple(asdict(mutant).values())] for mutant in mutants]
    for each in (result["mutant"] for result in results if not result["killed"]):
        print(f"survived: {each['path']}:{each['line']} {each['before']} -> {each['after']}")
    killed = sum(result["killed"] for result in results)
    print(f"{killed} of {len(results)} killed ({killed / max(len(results), 1):.1%})")


if __name__ == "__main__":
    main()
