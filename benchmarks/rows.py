"""Measures the fraction of rows that are read completely right, for separate and touching digits.

    python benchmarks/rows.py

MNIST's last 5,000 training digits, which the reader was not trained on, redrawn at 28 to 120 pixels
and placed side by side on grey paper, some on a ruling, with blur, noise and JPEG compression. The
renderer of the training images is not used.
"""

import argparse

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import find_source
from inkling.reading.pipeline import Reader
from inkling.types import Digits, Reading
from outcome import add_json_option, write_json

KINDS = {"apart": (0.05, 0.45), "touching": (-0.08, 0.05)}  # space, by the digits' height
Ink = NDArray[np.float32]


def ink_digit(pixels: NDArray[np.uint8], height: int) -> Ink:
    """One digit's ink (h, w), 0 to 1, with sharp edges and no background at its sides."""
    framed = cv2.copyMakeBorder(pixels.astype(np.float32), 4, 4, 4, 4, cv2.BORDER_CONSTANT)
    large = cv2.resize(framed, (height, height), interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), max(0.5, height / 80))
    ink = np.clip((large - 100) / 40, 0, 1).astype(np.float32)
    inked = np.flatnonzero(ink.max(axis=0) > 0.3)
    return ink[:, max(0, inked[0] - 1) : inked[-1] + 2] if inked.size else ink


def write_row(
    digits: Digits, space: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], str]:
    """An image (H, W) uint8 of two to six digits, and what they say."""
    height, count = int(rng.uniform(28, 120)), int(rng.integers(2, 7))
    picked = rng.integers(0, len(digits), count)
    inks = [ink_digit(digits.images[k], height) for k in picked]
    if rng.random() < 0.5:
        pen = max(1, int(height * rng.uniform(0.01, 0.03))) | 1
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pen, pen))
        inks = [cv2.erode(ink, brush) for ink in inks]
    gap, start = rng.uniform(*space) * height, 0.2 * height
    width = int(
        sum(ink.shape[1] for ink in inks) + count * abs(gap) + rng.uniform(0.5, 1.3) * height
    )
    tall = int(height * rng.uniform(1.1, 1.9))
    sheet, x = np.zeros((tall, width), np.float32), start
    for ink in inks:
        top = int(np.clip((tall - height) / 2 + rng.normal(0, 0.04) * height, 0, tall - height))
        part = sheet[top : top + height, int(x) : int(x) + ink.shape[1]]
        np.maximum(part, ink[:, : part.shape[1]], out=part)
        x = max(x + ink.shape[1] + gap + rng.normal(0, 0.02) * height, 0.0)
    paper = np.full((tall, width), rng.uniform(190, 255))
    if rng.random() < 0.4:
        ruling = int(tall * rng.uniform(0.6, 0.9))
        paper[ruling : ruling + max(1, int(0.015 * height))] -= rng.uniform(40, 150)
    image = paper * (1 - 0.95 * sheet) + rng.uniform(10, 120) * 0.95 * sheet
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.1))
    image += rng.normal(0, rng.uniform(0, 6), image.shape)
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
    text = "".join(str(digits.labels[k]) for k in picked)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8), text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=350, help="rows of each kind")
    parser.add_argument("--seed", type=int, default=4)
    add_json_option(parser)
    options = parser.parse_args()
    digits = find_source("mnist").load_training().take(np.arange(55_000, 60_000))
    reader, found = Reader.load(), {}
    for kind, space in KINDS.items():
        rng = np.random.default_rng([options.seed, len(found)])
        rows = [write_row(digits, space, rng) for _ in range(options.count)]
        answers = reader.read([image for image, _ in rows])
        right = [
            isinstance(answer, Reading) and answer.text == text
            for answer, (_, text) in zip(answers, rows, strict=True)
        ]
        found[kind] = {"n": len(right), "right": float(np.mean(right))}
    write_json(found, options.json)


if __name__ == "__main__":
    main()
