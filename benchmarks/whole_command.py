"""Measures the whole process of `inkling train` against `import torch`, alone and beside busy ones.

    python benchmarks/whole_command.py [RECIPE ...] [--rounds 5] [--busy 1] [--set KEY=VALUE]

Each round runs `python -c "import torch"`, then each recipe alone, then each recipe beside `--busy`
processes that do nothing but compute. The overhead is the time of the whole command without its
training, in units of `import torch`. Times are medians, seconds of the wall clock.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

TORCH = [sys.executable, "-c", "import torch"]
BUSY = [sys.executable, "-c", "while True: pass"]


def main() -> None:
    options = _options()
    torch: list[float] = []
    alone: dict[str, list[tuple[float, float]]] = {name: [] for name in options.recipes}
    beside: dict[str, list[tuple[float, float]]] = {name: [] for name in options.recipes}
    for _ in range(options.rounds):
        torch.append(_seconds(TORCH)[0])
        for name in options.recipes:
            alone[name].append(train(name, options.set))
            if options.busy:
                with busy_processes(options.busy):
                    beside[name].append(train(name, options.set))
    print(f"import torch: {statistics.median(torch):.2f} s, n = {options.rounds}")
    for name in options.recipes:
        whole, training = _medians(alone[name])
        pairs = zip(torch, alone[name], strict=True)
        overhead = statistics.median((run[0] - run[1]) / each for each, run in pairs)
        print(
            f"{name}: {whole:.2f} s, training {training:.2f} s, "
            f"the rest {overhead:.2f} times import torch"
        )
        if options.busy:
            whole, slow = _medians(beside[name])
            print(
                f"{name} beside {options.busy} busy: {whole:.2f} s, training {slow:.2f} s, "
                f"{slow / training:.2f} times that alone"
            )


def train(recipe: str, changes: list[str]) -> tuple[float, float]:
    """Seconds of the whole command, and of the training in it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "inkling", "train", recipe, "--json"]
        command += ["--out", str(Path(folder) / "run")]
        command += [part for change in changes for part in ("--set", change)]
        seconds, answer = _seconds(command)
    return seconds, json.loads(answer)["train_seconds"]


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Processes that each keep one core busy within the block."""
    started = [subprocess.Popen(BUSY) for _ in range(count)]
    time.sleep(0.2)
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _seconds(command: list[str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began, done.stdout.decode()


def _medians(runs: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)


def _options() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipes", nargs="*", default=["cnn-sprint-98"], metavar="RECIPE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0, help="processes beside it")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
