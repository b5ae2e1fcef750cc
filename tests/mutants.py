"""`make mutants`: which small faults in the code do its tests notice?

    python tests/mutants.py --count 150 --seed 0 --out mutants.jsonl

Draws `--count` mutants over `reading/`, `training/`, `serving/` and `data/`. Each changes one
operator, comparison, constant or condition in a copy of `src/`. The tests of its module run against
the copy; if they pass, the wider tests do. A mutant is killed if a test fails. Every result is
appended to `--out`, and a second run continues where the first one stopped. `--again` runs those
that survived once more, after tests were added. The last line is the kill rate.

Tests that are marked slow or need a browser do not run. The process imports the libraries once and
forks for each mutant: it needs a POSIX system.
"""

import argparse
import compileall
import json
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from mutant_sample import PACKAGE, ROOT, Mutant, sample  # the script's own folder is on the path

LIMIT = 600  # seconds; tests of a mutant that run longer have noticed it
LATE = 124  # the exit code for that
LIBRARIES = ("numpy", "cv2", "PIL.Image", "onnxruntime", "hypothesis", "torch", "pydantic", "scipy")
PYTEST = (
    "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no",
    "--assert=plain", "-m", "not slow and not browser", "--hypothesis-profile=ci",
)  # fmt: skip


def own_tests(path: str) -> list[str]:
    """The test module named after a source file, in the folder that mirrors its own if there."""
    parts = Path(path).relative_to(PACKAGE)
    tests, name = ROOT / "tests", f"test_{parts.stem}.py"
    for folder in (parts.parent, Path(parts.parts[0])):
        if (tests / folder / name).exists():
            return [(Path("tests") / folder / name).as_posix()]
    return []


def wider_tests(path: str) -> list[str]:
    """The test modules that import a source file, then all of its folder or the accuracy test."""
    parts = Path(path).relative_to(PACKAGE).with_suffix("")
    module = ".".join(("inkling", *parts.parts))
    folder = ROOT / "tests" / parts.parts[0]
    found = [file for file in sorted(folder.rglob("test_*.py")) if _imports(file, module)]
    if parts.parts[0] == "reading":
        whole = "reading/tables/test_read_tables.py" if "tables" in parts.parts else "accuracy"
        found.append(ROOT / "tests" / whole)
    else:
        found += sorted(folder.glob("test_*.py"))
    named = own_tests(path)
    wide = dict.fromkeys(file.relative_to(ROOT).as_posix() for file in found)
    return [file for file in wide if file not in named]


def _imports(file: Path, module: str) -> bool:
    parent, _, name = module.rpartition(".")
    text = file.read_text("utf-8")
    return f"from {module} import" in text or f"from {parent} import {name}" in text


def run_tests(tests: list[str], scratch: Path, limit: float = LIMIT) -> int:
    """The exit code of pytest over `tests`, with the copy of the package; `LATE` past `limit`."""
    child = os.fork()
    if child == 0:
        os.setsid()  # what the tests start ends with them
        os.chdir(ROOT)
        sys.stdout.flush()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        sys.path[:0] = [str(scratch / "src"), str(ROOT)]
        os.environ |= {"PYTHONPATH": str(scratch / "src"), "OMP_NUM_THREADS": "1"}
        code = 1
        try:
            import pytest

            code = int(pytest.main([*PYTEST, *tests]))
        finally:
            os._exit(code)
    return _wait(child, limit)


def _wait(child: int, limit: float) -> int:
    stop = time.monotonic() + limit
    while time.monotonic() < stop:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            _end_group(child)
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    _end_group(child)
    os.waitpid(child, 0)
    return LATE


def _end_group(child: int) -> None:
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return


def judge(mutant: Mutant, scratch: Path, quick: bool = False) -> str:
    """Which tests kill a mutant: `own`, `wider` or `none`; `late` if they do not end.

    Puts the mutant into the copy and removes it.
    """
    target = scratch / mutant.path
    text = target.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    line = lines[mutant.line - 1]
    rest = line[mutant.column + len(mutant.before) :]
    lines[mutant.line - 1] = line[: mutant.column] + mutant.after + rest
    target.write_text("".join(lines), "utf-8")
    try:
        own = own_tests(mutant.path)
        wider = [] if quick and own else wider_tests(mutant.path)
        for stage, tests in (("own", own), ("wider", wider)):
            code = run_tests(tests, scratch) if tests else 0
            if code not in (0, 5):  # 5: every test was left out
                return "late" if code == LATE else stage
        return "none"
    finally:
        target.write_text(text, "utf-8")


def check_tests(mutants: list[Mutant], scratch: Path) -> None:
    """Ends the run if tests fail without a mutant: then a failure says nothing about one."""
    both = [own_tests(m.path) + wider_tests(m.path) for m in mutants]
    every = sorted({test for tests in both for test in tests})
    if every and run_tests(every, scratch, limit=LIMIT * len(every)) not in (0, 5):
        for test in every:
            if run_tests([test], scratch) not in (0, 5):
                sys.exit(f"{test} fails without a mutant")


def read_results(path: Path) -> dict[str, str]:
    """What an earlier run found, by the mutants' names; the last entry of each counts."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {entry["name"]: entry["by"] for entry in map(json.loads, lines)}


def copy_source(scratch: Path) -> None:
    """A copy of `src/`, compiled: files that a mutant changes are known by their hash."""
    shutil.copytree(ROOT / "src", scratch / "src", ignore=shutil.ignore_patterns("__pycache__"))
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(scratch / "src", quiet=1, invalidation_mode=mode)
    sys.dont_write_bytecode = True


def run(mutants: list[Mutant], options: argparse.Namespace) -> dict[str, str]:
    """The stage that killed each mutant, by its name."""
    done = read_results(options.out)
    left = [m for m in mutants if done.get(m.name, "none" if options.again else "") in ("", "none")]
    if not options.again:
        left = [m for m in left if m.name not in done]
    with tempfile.TemporaryDirectory() as folder, options.out.open("a", encoding="utf-8") as out:
        scratch = Path(folder)
        copy_source(scratch)
        for library in LIBRARIES:
            __import__(library)
        if not options.trusted:
            check_tests(left, scratch)
        for mutant in left:
            start = time.monotonic()
            done[mutant.name] = judge(mutant, scratch, options.quick)
            entry = {"name": mutant.name, "by": done[mutant.name], "text": str(mutant)}
            entry["seconds"] = f"{time.monotonic() - start:.1f}"
            print(json.dumps(entry), file=out, flush=True)
    return done


def main() -> None:
    """Run the sample and print the kill rate and the survivors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("--again", action="store_true", help="run the survivors once more")
    parser.add_argument("--quick", action="store_true", help="own tests only, where there are any")
    parser.add_argument("--trusted", action="store_true", help="do not run the tests unchanged")
    parser.add_argument("--only", default="", help="mutants of files with this in their path")
    parser.add_argument("--list", action="store_true", help="print the sample, run nothing")
    options = parser.parse_args()
    options.out = options.out.resolve()
    mutants = [m for m in sample(options.count, options.seed) if options.only in m.path]
    if options.list:
        print(*mutants, sep="\n")
        return
    done = run(mutants, options)
    for mutant in mutants:
        if done[mutant.name] == "none":
            print(f"survived: {mutant}")
    killed = sum(done[mutant.name] != "none" for mutant in mutants)
    print(f"{killed} of {len(mutants)} killed ({killed / max(len(mutants), 1):.1%})")


if __name__ == "__main__":
    main()
