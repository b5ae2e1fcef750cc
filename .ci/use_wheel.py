"""Uses the installed wheel like a user with the base extra: reads an image, tries to train."""

import json
import subprocess
import sys
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed `inkling` command."""
    command = [str(Path(sys.executable).parent / "inkling"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main(root: Path) -> None:
    """Raise `AssertionError` where the wheel does not do what it should."""
    for module in ("torch", "sklearn", "platformdirs", "starlette"):
        assert find_spec(module) is None, f"{module} is installed: this is not the base extra"
    names = {str(file) for file in files("inkling") or ()}
    assert "inkling/py.typed" in names
    assert not [name for name in names if name.startswith("inkling/synthesis")], "see decision 0008"

    images = root / "tests" / "accuracy" / "images"
    answers = json.loads((images.parent / "answers.json").read_text("utf-8"))
    name = next(name for name, answer in answers.items() if len(answer["text"]) > 1)
    read = run("read", str(images / name), "--json")
    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout)[0]["text"] == answers[name]["text"], read.stdout

    train = run("train")
    assert train.returncode == 1, train
    assert "pip install 'inkling[train]'" in train.stderr, train.stderr
    assert "Traceback" not in train.stderr
    print(f"the wheel reads {name} and names the extra for training")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
