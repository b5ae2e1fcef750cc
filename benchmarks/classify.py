"""Measures the speed of a trained network in torch, compiled torch and ONNX Runtime.

    python benchmarks/classify.py [RUN] [--rounds 5] [--json FILE]

Without a run, cnn-sprint-99 is trained first. Latency is of one image, a thousand calls per round
after a hundred to warm up, on one thread; throughput is of all 10,000 test images in portions of
1,000, on all threads. The runtimes alternate, and the results are medians over the rounds. Images
are normalised before the measurement.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.data.catalog import find_source
from inkling.data.loader import normalise_images
from inkling.evaluation.classifier import load_classifier
from inkling.exporters.onnx import INPUT, OUTPUT, export_run_onnx
from inkling.jobs.train import train
from inkling.training.run_folder import RunFolder
from outcome import add_json_option
from time_to_accuracy import machine

Answer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
PORTION, CALLS, WARM_UP = 1_000, 1_000, 100


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        run = options.run
        if run is None:
            run = Path(folder) / "run"
            train("cnn-sprint-99", data="mnist", out=run, figures=False)
        classifier = load_classifier(run, "cpu")
        path = Path(folder) / "network.onnx"
        export_run_onnx(RunFolder(run), path)
        pixels = torch.tensor(find_source("mnist").load_test().images)
        images = normalise_images(pixels).numpy()
        single = _ways(classifier.model, path, images[:1], threads=1)
        latency = _measure(single, options.rounds, lambda answer: _latency(answer, images))
        many = _ways(classifier.model, path, images[:PORTION], threads=0)
        speed = _measure(many, options.rounds, lambda answer: _throughput(answer, images))
    rows = [
        {
            "way": way,
            "p50_microseconds": statistics.median(p50 for p50, _ in latency[way]),
            "p99_microseconds": statistics.median(p99 for _, p99 in latency[way]),
            "images_per_second": statistics.median(value for value, _ in speed[way]),
        }
        for way in latency
    ]
    print(f"{machine()['processor']}, load {machine()['load']:.1f}, {options.rounds} rounds\n")
    print(f"{'':<18}{'one image, p50':>18}{'p99':>10}{'images per second':>20}")
    for row in rows:
        print(
            f"{row['way']:<18}{row['p50_microseconds']:>15.0f} us{row['p99_microseconds']:>7.0f} us"
            f"{row['images_per_second']:>20,.0f}"
        )
    if options.json:
        record = {"machine": machine(), "run": str(run), "rounds": options.rounds, "rows": rows}
        options.json.write_text(json.dumps(record, indent=2) + "\n")


def _ways(
    model: nn.Module, path: Path, example: NDArray[np.float32], threads: int
) -> dict[str, Answer]:
    """The functions to measure. `threads` 0 means all."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    ways: dict[str, Answer] = {
        "torch": _with_torch(model, threads),
        "ONNX Runtime": lambda images: session.run([OUTPUT], {INPUT: images})[0],
    }
    compiled = _with_torch(torch.compile(model), threads)
    try:
        compiled(example)
    except (RuntimeError, subprocess.CalledProcessError) as error:  # usually: no C++ compiler
        print(f"torch.compile does not work here: {str(error).splitlines()[0]}")
    else:
        ways["torch compiled"] = compiled
    return ways


def _with_torch(model: Callable[[torch.Tensor], torch.Tensor], threads: int) -> Answer:
    every = torch.get_num_threads()

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        torch.set_num_threads(threads or every)
        with torch.inference_mode():
            return model(torch.from_numpy(images)).numpy()

    return answer


def _measure(
    ways: dict[str, Answer], rounds: int, measure: Callable[[Answer], tuple[float, float]]
) -> dict[str, list[tuple[float, float]]]:
    """Applies `measure` to each function in turn."""
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, answer in ways.items():
            found[way].append(measure(answer))
    return found


def _latency(answer: Answer, images: NDArray[np.float32]) -> tuple[float, float]:
    """Median and 99th percentile of one call with one image, microseconds."""
    times = []
    for place in range(WARM_UP + CALLS):
        image = images[place : place + 1]
        began = time.perf_counter()
        answer(image)
        times.append(time.perf_counter() - began)
    p50, p99 = np.percentile(times[WARM_UP:], [50, 99]) * 1e6
    return float(p50), float(p99)


def _throughput(answer: Answer, images: NDArray[np.float32]) -> tuple[float, float]:
    """Images per second; the second number is the seconds it took."""
    began = time.perf_counter()
    for start in range(0, len(images), PORTION):
        answer(images[start : start + PORTION])
    seconds = time.perf_counter() - began
    return len(images) / seconds, seconds


def _options() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path, nargs="?", help="a run folder")
    parser.add_argument("--rounds", type=int, default=5)
    add_json_option(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
