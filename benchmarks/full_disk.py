"""Fills the disk at many points of each kind of work, and checks what the user is told and keeps.

    python benchmarks/full_disk.py [--points 50] [--only NAME] [--json FILE]

Runs as root on Linux: it mounts a tmpfs of 16 MB. For each kind of work the free space goes from
nothing to nearly what the work needs. Ends with exit code 1 if the work does not end with one
sentence, an earlier file has changed, or the work cannot be done (or resumed) once there is space.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from inkling.data.embedded import embedded_digits
from outcome import add_json_option, finish

DISK = 16 << 20  # bytes
RECIPE = ["mlp-adam", "--set", "epochs=2", "--set", "threads=1", "--set", "widths=[64]"]
QUICK = ["--set", "epochs=1", "--set", "threads=1", "--set", "widths=[16]"]


@dataclass(frozen=True)
class Work:
    """Arguments of inkling that write to `disk`, and those that go on after a failure."""

    name: str
    arguments: Callable[[Path], list[str]]
    again: Callable[[Path], list[str]]
    result: str  # the file that exists at the end


@contextmanager
def small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", name], check=True)
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", name], check=True)


def inkling(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inkling", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def fill(disk: Path, free: int) -> None:
    """Leaves `free` bytes: writes until nothing is left, then cuts the filler."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * (1 << 16)):
                pass
        except OSError:
            pass
        file.truncate(max(0, file.tell() - free))


def works(folder: Path) -> list[Work]:
    """What writes to a disk, with the data it needs outside of it."""
    digits = embedded_digits()
    np.savez(folder / "few.npz", X=digits.images[:400], y=digits.labels[:400])
    scans, run = folder / "scans", folder / "run"
    scans.mkdir()
    for k in range(3000):
        Image.fromarray(digits.images[k % 1797]).save(scans / f"{k:04d}.png")
    train = ["train", *RECIPE, "--data", str(folder / "few.npz"), "--out"]
    done = inkling([*train, str(run)])
    if done.returncode:
        raise SystemExit(done.stderr)
    exports = [
        Work(
            f"export {to}",
            lambda disk, to=to: ["export", str(run), "--to", to, "--out", str(disk / f"m.{to}")],
            lambda disk, to=to: ["export", str(run), "--to", to, "--out", str(disk / f"m.{to}")],
            f"m.{to}",
        )
        for to in ("safetensors", "pth", "onnx")
    ]
    few = ["--data", str(folder / "few.npz")]
    search = ["tune", "mlp-deep", *few, "--trials", "2", *QUICK, "--out"]
    read = ["read", str(scans), "--workers", "1", "--out"]
    return [
        Work(
            "train",
            lambda disk: [*train, str(disk / "run")],
            lambda disk: (
                ["train", "--resume", str(disk / "run")]
                if (disk / "run" / "recipe.toml").exists()
                else [*train, str(disk / "run")]
            ),
            "run/card.json",
        ),
        Work(
            "tune",
            lambda disk: [*search, str(disk / "t")],
            lambda disk: [*search, str(disk / "t")],
            "t/best.toml",
        ),
        *exports,
        *(
            Work(
                f"read --out .{kind}",
                lambda disk, kind=kind: [*read, str(disk / f"a.{kind}")],
                lambda disk, kind=kind: [*read, str(disk / f"a.{kind}")],
                f"a.{kind}",
            )
            for kind in ("csv", "parquet")
        ),
    ]


def needed(work: Work) -> int:
    """Bytes that the work takes on an empty disk, at its end."""
    with small_disk() as disk:
        done = inkling(work.arguments(disk))
        if done.returncode or not (disk / work.result).exists():
            raise SystemExit(f"{work.name}: {done.stderr}")
        return sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())


def check(work: Work, free: int) -> str:
    """What happened with that much space: `refused`, `enough space` or a fault."""
    with small_disk() as disk:
        (disk / "mine").mkdir()
        (disk / "mine" / "letter.txt").write_text("earlier work")
        before = hashes(disk / "mine")
        fill(disk, free)
        done = inkling(work.arguments(disk))
        if hashes(disk / "mine") != before:
            return "fault: an earlier file has changed"
        outcome = "enough space"
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            if "Traceback" in done.stderr or done.returncode != 1:
                return f"fault: {done.stderr[-300:]}"
            if not any(words in said[-1] for words in ("No space left", "disk is full")):
                return f"fault: no word of the disk: {said[-1][:200]}"
            outcome = "refused"
            if (disk / work.result).exists() and work.name != "tune":
                return f"fault: {work.result} exists after: {said[-1][:200]}"
            (disk / "filler").unlink()
            after = inkling(work.again(disk))
            if after.returncode or not (disk / work.result).exists():
                return f"fault: it does not go on: {after.stderr[-300:]}"
        hidden = [path.name for path in disk.rglob(".*.tmp")]
        return f"fault: {hidden} left" if hidden else outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="of all kinds of work together")
    parser.add_argument("--only", default="", help="kinds of work with this in their name")
    add_json_option(parser)
    options = parser.parse_args()
    outcomes: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        kinds = [work for work in works(Path(name)) if options.only in work.name]
        for work in kinds:
            size = needed(work)
            outcomes[work.name] = Counter()
            for free in np.linspace(0, size, -(-options.points // len(kinds))):
                outcomes[work.name][check(work, int(free))] += 1
            found = dict(outcomes[work.name])
            print(work.name, f"{size:,} bytes", found, file=sys.stderr, flush=True)
    faults = [key for found in outcomes.values() for key in found if key.startswith("fault")]
    measured = {
        "points": sum(sum(found.values()) for found in outcomes.values()),
        "outcomes": outcomes,
        "passed": not faults,
    }
    finish(measured, options.json)


if __name__ == "__main__":
    main()
