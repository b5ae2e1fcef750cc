"""Measures finetuning with 50 corrections by the errors on the other 50 digits of a writer.

    INKLING_DATA=../shared/data python benchmarks/own_writers.py [0 1 2 3] [--seeds N]

Needs MNIST and `dev/hwd1000.npz` in INKLING_DATA. The writers are that one writer's digits,
sheared, turned or squeezed by a fixed amount and a little at random. Each seed draws other digits.
"""

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkling.jobs.finetune import finetune
from inkling.reading.pipeline import Reader
from inkling.types import Reading

# Shear, degrees, width, height, pixels that strokes are thickened by.
WRITERS = (
    (0.7, 0, 0.8, 1.0, 0),
    (0.0, 35, 0.9, 0.9, 0),
    (0.0, -35, 0.9, 0.9, 0),
    (0.5, 20, 0.55, 1.0, 1),
)
OF_EACH = 10  # digits of each class; half of them are given as corrections
SIDE = 56  # pixels


def warp(
    image: NDArray[np.uint8], manner: tuple[float, ...], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One digit (28, 28), light on dark, as that writer's (56, 56), dark on light."""
    shear, degrees, wide, high, thick = manner
    shear, degrees = shear + rng.normal(0, 0.06), degrees + rng.normal(0, 4)
    wide *= np.exp(rng.normal(0, 0.05))
    turn = np.deg2rad(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotation @ np.array([[wide, shear], [0, high]])
    middle = np.full(2, (SIDE - 1) / 2)
    matrix = np.column_stack([linear, middle - linear @ middle])
    framed = np.pad(image, (SIDE - len(image)) // 2)
    out = np.asarray(cv2.warpAffine(framed, matrix, (SIDE, SIDE)), np.uint8)
    side = int(thick) + 1
    return np.asarray(255 - cv2.dilate(out, np.ones((side, side))), np.uint8)


def digits_of(number: int, seed: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """The images and labels of a writer, class by class."""
    rng = np.random.default_rng((number, seed) if seed else number)
    with np.load(Path(os.environ["INKLING_DATA"]) / "dev" / "hwd1000.npz") as arrays:
        stored, labels = 255 - arrays["X"], arrays["y"]
    chosen = [rng.permutation(np.flatnonzero(labels == k))[:OF_EACH] for k in range(10)]
    images = [warp(stored[i], WRITERS[number], rng) for i in np.concatenate(chosen)]
    return images, np.repeat(np.arange(10), OF_EACH)


def error(reader: Reader, images: list[NDArray[np.uint8]], labels: NDArray[np.int64]) -> float:
    texts = [r.text if isinstance(r, Reading) else "" for r in reader.read(images)]
    return float(np.mean([text != str(k) for text, k in zip(texts, labels, strict=True)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("writers", type=int, nargs="*", default=range(len(WRITERS)))
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    for seed, number in itertools.product(range(options.seeds), options.writers):
        images, labels = digits_of(number, seed)
        given = np.arange(len(labels)) % OF_EACH < OF_EACH // 2
        rest = [images[i] for i in np.flatnonzero(~given)]
        with tempfile.TemporaryDirectory() as name:
            for i in np.flatnonzero(given):
                folder = Path(name) / "own" / str(labels[i])
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(images[i]).save(folder / f"{i}.png")
            started = time.process_time()
            result = finetune(data=str(Path(name) / "own"), out=Path(name) / "my.onnx")
            seconds = time.process_time() - started
            before = error(Reader.load(), rest, labels[~given])
            after = error(Reader.load(Path(name) / "my.onnx"), rest, labels[~given])
        compared = "; ".join(
            f"{name} {each.before:.2%} to {each.after:.2%}"
            for name, each in result.comparisons.items()
        )
        print(
            f"writer {number}, seed {seed}: errors {before:.0%} to {after:.0%} of {len(rest)}; "
            f"{compared}; "
            f"fraction {result.fraction}; {seconds:.0f} s of processor time, "
            f"{result.seconds:.0f} s in all",
            flush=True,
        )


if __name__ == "__main__":
    main()
