"""Measures the seconds to an accuracy: sprints, a prototype, a student's loop, PyTorch's example.

    python benchmarks/time_to_accuracy.py [--quick | --prototypes] [--rounds 5] [--json FILE]

Each round runs, one after the other in this process: the three sprint recipes, the prototypes of
about the accuracy of two of them, then the two baselines, for their whole schedules; that takes
about 6 minutes per round on two idle cores. The ratio of a prototype is its time over ours, without
regard to the accuracy. The time of a baseline is when it first reached the level, or "never".
`--quick` runs one epoch of the baselines and multiplies by the epochs of their schedule,
`--prototypes` runs none. MNIST is needed. Times are train_seconds, from before the first step to
after the last one. The fraction of the peak is the run's arithmetic per second, relative to a
2048 x 2048 matrix product in the same number format.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from baselines import EXAMPLE, STUDENT, Baseline, Course, run_baseline
from inkling.data.catalog import find_source
from inkling.data.loader import Batch, ResidentDigits
from inkling.jobs.train import train
from inkling.models.zoo import build_model
from inkling.training.loop import initialise_from_data, train_step
from inkling.training.precision import has_bf16
from inkling.training.recipe_text import load_recipe
from inkling.training.state import start_state
from inkling.types import Digits
from outcome import add_json_option
from prototype import HALF_EPOCH, LONGER, run_prototype

LEVELS = {"cnn-sprint-98": 0.9821, "cnn-sprint-99": 0.99, "cnn-sprint-994": 0.994}
PROTOTYPES = {"cnn-sprint-99": HALF_EPOCH, "cnn-sprint-994": LONGER}
SIDE = 2048
CPU = torch.device("cpu")


def main() -> None:
    options = _options()
    source = find_source("mnist")
    training, test = source.load_training(), source.load_test()
    # Without bf16 instructions a product takes 20 s.
    kinds = (torch.float32, torch.bfloat16) if has_bf16(CPU) else (torch.float32,)
    peaks = {str(kind)[6:]: measure_peak(kind) for kind in kinds}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in LEVELS}
    plain: dict[str, list[dict[str, float]]] = {name: [] for name in PROTOTYPES}
    baselines = () if options.prototypes else (STUDENT, EXAMPLE)
    courses: dict[str, list[Course]] = {baseline.name: [] for baseline in baselines}
    for seed in range(options.rounds):
        for name in LEVELS:
            runs[name].append(run_recipe(name, seed))
            print(f"round {seed}  {name:<16} {runs[name][-1]}", flush=True)
            if prototype := PROTOTYPES.get(name):
                plain[name].append(run_prototype(prototype, training, test, seed))
                print(f"round {seed}  {prototype.name:<24} {plain[name][-1]}", flush=True)
        for baseline in baselines:
            epochs = 1 if options.quick else baseline.epochs
            course = run_baseline(baseline, training, test, epochs, seed)
            courses[baseline.name].append(course)
            print(f"round {seed}  {course.name:<24} {course.seconds[-1]:.1f} s", flush=True)
    kind = "bfloat16" if has_bf16(CPU) else "float32"
    flops = {name: count_flops(name, training) for name in LEVELS}
    rows = [_row(name, runs[name], courses, flops[name], peaks[kind]) for name in LEVELS]
    _print(rows, peaks)
    for name, tries in plain.items():
        rows[list(LEVELS).index(name)]["prototype"] = compared = _compare(tries, runs[name])
        print(
            f"{PROTOTYPES[name].name}: {compared['seconds']:.2f} s for {compared['accuracy']:.2%}, "
            f"{compared['ratio']:.2f} times {name}"
        )
    if options.quick:
        print("\nbaselines: the time of their whole schedule, from one epoch of it")
    if options.json:
        record = {"machine": machine(), "peaks_flops": peaks, "quick": options.quick, "rows": rows}
        options.json.write_text(json.dumps(record | {"runs": runs}, indent=2) + "\n")


def run_recipe(name: str, seed: int) -> dict[str, float]:
    """Accuracy and train_seconds of one of our recipes, as `inkling train` gives them."""
    with tempfile.TemporaryDirectory() as folder:
        result = train(name, seed=seed, data="mnist", out=Path(folder) / "run", figures=False)
    return {"accuracy": result.test.accuracy, "seconds": result.train_seconds}


def count_flops(name: str, training: Digits) -> float:
    """Multiplications and additions of the whole training of a recipe, forward and back."""
    device = torch.device("cpu")
    recipe = load_recipe(name).with_precision(device)
    images = ResidentDigits(training, device)
    model = build_model(recipe.model, 10).train()
    initialise_from_data(model, images)
    state = start_state(recipe, model)
    batch: Batch = images[torch.arange(recipe.training.batch_size)]
    with FlopCounterMode(display=False) as counter:
        train_step(state, batch, recipe, device, fraction=0.0)
    return counter.get_total_flops() * recipe.total_steps(len(training))


def measure_peak(kind: torch.dtype) -> float:
    """The best of twenty 2048 x 2048 matrix products, FLOP/s."""
    left, right = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
    times = []
    for _ in range(20):
        began = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - began)
    return 2 * SIDE**3 / min(times)


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":")[1].strip() for line in names if "model name" in line), "unknown")


def _row(
    name: str,
    runs: list[dict[str, float]],
    courses: dict[str, list[Course]],
    flops: float,
    peak: float,
) -> dict[str, Any]:
    level = LEVELS[name]
    seconds = statistics.median(run["seconds"] for run in runs)
    others = {}
    for baseline in (STUDENT, EXAMPLE):
        if baseline.name not in courses:
            continue
        needed = _needed(baseline, courses[baseline.name], level)
        others[baseline.name] = {"seconds": needed, "ratio": needed / seconds if needed else None}
    return {
        "recipe": name,
        "level": level,
        "rounds": len(runs),
        "accuracy": statistics.fmean(run["accuracy"] for run in runs),
        "seconds": seconds,
        "first_seconds": runs[0]["seconds"],
        "flops": flops,
        "share_of_peak": flops / seconds / peak,
        "others": others,
    }


def _compare(plain: list[dict[str, float]], ours: list[dict[str, float]]) -> dict[str, float]:
    """A prototype's median time, its mean accuracy, and the median over rounds of its time by
    ours.
    """
    pairs = zip(plain, ours, strict=True)
    return {
        "seconds": statistics.median(run["seconds"] for run in plain),
        "accuracy": statistics.fmean(run["accuracy"] for run in plain),
        "ratio": statistics.median(a["seconds"] / b["seconds"] for a, b in pairs),
    }


def _needed(baseline: Baseline, courses: list[Course], level: float) -> float | None:
    """The median time to the level, None if a run never reached it; after one epoch only,
    the time of the whole schedule."""
    if any(len(course.seconds) < baseline.epochs for course in courses):
        return baseline.epochs * statistics.median(course.seconds[-1] for course in courses)
    times = [course.seconds_to(level) for course in courses]
    known = [spent for spent in times if spent is not None]
    return statistics.median(known) if len(known) == len(times) else None


def _print(rows: list[dict[str, Any]], peaks: dict[str, float]) -> None:
    spec = machine()
    print(f"\n{spec['processor']}, {spec['threads']} threads, load {spec['load']:.1f}")
    for kind, flops in peaks.items():
        print(f"peak of a {SIDE} x {SIDE} product, {kind}: {flops / 1e12:.2f} TFLOP/s")
    head = f"{'level':>7} {'ours':>9} {'accuracy':>9} {'TFLOP':>7} {'of peak':>8}"
    for name in rows[0]["others"]:
        head += f" {name:>24} {'ratio':>7}"
    print("\n" + head)
    for row in rows:
        line = (
            f"{row['level']:>7.2%} {row['seconds']:>7.3f} s {row['accuracy']:>9.3%} "
            f"{row['flops'] / 1e12:>7.3f} {row['share_of_peak']:>8.1%}"
        )
        for other in row["others"].values():
            line += (
                f" {other['seconds']:>22.1f} s {other['ratio']:>7.0f}"
                if other["seconds"]
                else f" {'never':>24} {'-':>7}"
            )
        print(line)


def _options() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one epoch of each baseline")
    parser.add_argument("--prototypes", action="store_true", help="no baselines but these")
    parser.add_argument("--rounds", type=int, default=3)
    add_json_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
