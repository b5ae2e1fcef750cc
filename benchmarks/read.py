"""Measures the accuracy and speed of the reader on all available data.

    python benchmarks/read.py [--json FILE] [--quick] [--model FILE]

Uses $INKLING_DATA: MNIST's test images, and in `dev` own digits, pen digits, cheque amounts
and letters. The networks trained on four fifths of hwd1000 (its images 1, 6, ... are held out) and
of the cheques (files 5, 10, ... by name are held out; the text map network trained on some of these
without labels). Times are medians, each with a ratio to compare machines by.
"""

import argparse
import gzip
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from inkling.evaluation.own_images import Labelled, OwnScore, Scored, score_calibration, score_own
from inkling.reading.pipeline import Reader
from inkling.types import Reading
from outcome import add_json_option


def mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def of_arrays(reader: Reader, images: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    answers = reader.read(images)
    scored = tuple(
        Scored(Labelled(Path(str(i)), str(label), ""), answer)
        for i, (label, answer) in enumerate(zip(labels, answers, strict=True))
    )
    numbers = OwnScore(scored).as_json()
    del numbers["sources"], numbers["accuracy_by_source"]
    return {**numbers, "ece": score_calibration(scored)}


def letters(reader: Reader, images: np.ndarray) -> dict[str, Any]:
    answers = [a for a in reader.read(images) if isinstance(a, Reading)]
    verdicts = Counter(answer.verdict for answer in answers)
    return {"n": len(answers), "answered": verdicts["digits"] / len(answers), **verdicts}


def accuracy(reader: Reader, data: Path) -> dict[str, Any]:
    out: dict[str, Any] = {}
    dev = data / "dev"
    if (data / "mnist").is_dir():
        out["mnist_test"] = of_arrays(reader, *mnist(data / "mnist"))
    for name in ("own-digits", "cheques"):
        if (dev / name).is_dir():
            score = score_own(dev / name, reader)
            out[name] = score.as_json()
            if name == "cheques":
                fifth = tuple(sorted(score.scored, key=lambda each: each.given.path.name)[4::5])
                out["cheques_held_out"] = OwnScore(fifth).as_json()
    if (dev / "hwd1000.npz").is_file():
        with np.load(dev / "hwd1000.npz") as file:
            out["hwd1000_held_out"] = of_arrays(reader, file["X"][::5], file["y"][::5])
    if (dev / "letters-notmnist.npz").is_file():
        with np.load(dev / "letters-notmnist.npz") as file:
            out["letters"] = letters(reader, file["X"])
    return out


def speed(reader: Reader, data: Path, repeats: int) -> dict[str, Any]:
    out: dict[str, Any] = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}
    if (data / "mnist").is_dir():
        images, _ = mnist(data / "mnist")
        spent, busy = [], []
        for _ in range(repeats):
            start, cpu = time.perf_counter(), time.process_time()
            reader.read(images)
            spent.append(time.perf_counter() - start)
            busy.append(time.process_time() - cpu)
        out["thumbnails_per_second"] = round(len(images) / statistics.median(spent))
        out["thumbnail_core_microseconds"] = round(statistics.median(busy) / len(images) * 1e6, 1)
    photo = photo_bytes()
    spent, busy = [], []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        reader.read([photo])
        spent.append(time.perf_counter() - start)
        busy.append(time.process_time() - cpu)
    out["photo_12mp_ms"] = round(statistics.median(spent) * 1000, 1)
    out["photo_12mp_core_ms"] = round(statistics.median(busy) * 1000, 1)
    return out


def photo_bytes() -> bytes:
    """A photo of 4000 x 3000: paper under uneven light with a digit on it, as a JPEG."""
    rng = np.random.default_rng(0)
    down, across = np.mgrid[0:300, 0:400] / 400
    shade = cv2.resize((225 - 70 * down - 30 * across).astype(np.float32), (4000, 3000))
    cv2.polylines(shade, [np.array([[1500, 900], [2500, 900], [1900, 2200]])], False, 50.0, 70)
    shade += rng.normal(0, 4, shade.shape).astype(np.float32)
    file = io.BytesIO()
    Image.fromarray(np.clip(shade, 0, 255).astype(np.uint8)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def start_ratio(repeats: int, folder: Path) -> dict[str, float]:
    """`inkling read photo.png`, the whole process, over `python -c 'import torch'`."""
    image = np.full((200, 200), 255, np.uint8)
    cv2.putText(image, "7", (60, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 0, 10)
    path = folder / "inkling-benchmark.png"
    Image.fromarray(image).save(path)
    ours = [sys.executable, "-c", "from inkling.cli import main; main()", "read", str(path)]
    torch = [sys.executable, "-c", "import torch"]
    times: dict[str, list[float]] = {"ours": [], "torch": []}
    for _ in range(repeats + 1):
        for name, command in (("ours", ours), ("torch", torch)):
            start = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True)
            times[name].append(time.perf_counter() - start)
    path.unlink()
    read, load = (statistics.median(times[name][1:]) for name in ("ours", "torch"))
    return {
        "read_s": round(read, 3),
        "import_torch_s": round(load, 3),
        "ratio": round(read / load, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_json_option(parser)
    parser.add_argument("--quick", action="store_true", help="accuracy alone")
    parser.add_argument("--model")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    data = Path(os.environ.get("INKLING_DATA", "data"))
    reader = Reader.load(options.model)
    out = accuracy(reader, data)
    if not options.quick:
        out["speed"] = speed(reader, data, options.repeats)
        out["start"] = start_ratio(options.repeats, Path.cwd())
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n")
    for name, numbers in out.items():
        print(name, {k: v for k, v in numbers.items() if k != "sources"})


if __name__ == "__main__":
    main()
