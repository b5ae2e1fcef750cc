"""Kills training and saving with kill -9 at random moments, and checks what is left.

    python benchmarks/kills.py training [--count 200]   resume each time: the same weights
    python benchmarks/kills.py saving [--count 1000]    checkpoints, runs, recipes, exports

The process to be killed is a fork of one that has imported everything, so a kill costs no start.
Ends with exit code 1 if a resumed run has other weights, or a file is neither the old nor the new.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from inkling.jobs.verify import verify
from inkling.training.run_folder import RunFolder
from kill_saving import kill_saving
from killed_process import few_digits, kill_after, seconds_of, train_on, weights_of
from outcome import add_json_option, finish

KILLS_OF_A_RUN = 3  # at most; then it may end


def kill_training(count: int, rng: np.random.Generator, folder: Path) -> dict[str, object]:
    data, whole = few_digits(folder), folder / "whole"
    seconds = seconds_of(lambda: train_on(data, whole))
    kills, runs = 0, 0
    after: Counter[str] = Counter()
    hashes: Counter[str] = Counter()
    while kills < count:
        run = folder / f"run-{runs}"
        for _ in range(KILLS_OF_A_RUN):
            if not kill_after(lambda: train_on(data, run), rng.uniform(0, seconds)):  # noqa: B023
                break
            kills += 1
            known = RunFolder(run)
            after["finished" if known.complete else "resumable" if known.resumable else
                  "begun" if known.recipe_path.exists() else "not begun"] += 1  # fmt: skip
            if known.complete:
                break
        if not RunFolder(run).complete:
            seconds_of(lambda: train_on(data, run))  # noqa: B023
        hashes[weights_of(run)] += 1
        if not verify(run).ok:
            raise SystemExit(f"{run} does not pass inkling verify")
        runs += 1
    return {
        "kills": kills,
        "runs": runs,
        "seconds_of_a_run": round(seconds, 2),
        "state_after_a_kill": dict(after),
        "passed": list(hashes) == [weights_of(whole)],
        "different_weights": len(hashes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["training", "saving"])
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds of file with this in their name (saving)")
    add_json_option(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a fork has none of the other threads
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as name:
        if options.what == "training":
            measured = kill_training(options.count or 200, rng, Path(name))
        else:
            measured = kill_saving(options.count or 1000, rng, Path(name), options.only)
    finish(measured, options.json)


if __name__ == "__main__":
    main()
