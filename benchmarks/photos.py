"""Measures the reader on rendered phone photos of a digit, drawn by separate code.

    python benchmarks/photos.py [--count 200] [--seed 3] [--model FILE] [--json FILE]

MNIST's last 5,000 training digits, which the reader was not trained on, with a pen on plain, ruled
or squared paper, in sunlight, lamplight and a phone's shadow. Four in ten show a sheet on a desk in
perspective. The renderer of the training images is not used, because its images cannot show errors
that it has in common with the reader. The photos are harder than most users' photos.
"""

import argparse

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import find_source
from inkling.reading.pipeline import Reader
from inkling.types import Reading
from outcome import add_json_option, write_json

WIDTH, HEIGHT = 1200, 1600
INKS = ((0.12, 0.2, 0.55), (0.1, 0.1, 0.1), (0.6, 0.15, 0.15), (0.3, 0.3, 0.3))  # RGB, 0 to 1
Layer = NDArray[np.float32]  # (H, W) or (H, W, 3), 0 black to 1 white


def draw_ink(digit: NDArray[np.uint8], rng: np.random.Generator) -> Layer:
    """The digit as pen strokes somewhere on the sheet, (H, W), 0 bare to 1 inked."""
    side = int(rng.uniform(250, 700))
    large = cv2.resize(
        np.pad(digit, 4).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    strokes = np.clip((cv2.GaussianBlur(large, (0, 0), side / 80) - 100) / 30, 0, 1)
    if rng.random() < 0.5:  # a thinner pen
        width = int(side * rng.uniform(0.012, 0.04)) | 1
        strokes = cv2.erode(strokes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    left, top = (int(rng.uniform(50, most - side - 50)) for most in (WIDTH, HEIGHT))
    ink = np.zeros((HEIGHT, WIDTH), np.float32)
    ink[top : top + side, left : left + side] = strokes * rng.uniform(0.6, 0.95)
    return ink


def draw_sheet(ink: Layer, rng: np.random.Generator) -> Layer:
    """Plain, ruled or squared paper with the ink on it, (H, W, 3)."""
    sheet = np.full((HEIGHT, WIDTH, 3), rng.uniform(0.75, 1), np.float32)
    kind = rng.choice(["plain", "ruled", "squared", "plain"])
    step, thick = int(rng.uniform(40, 160)), int(rng.integers(1, 5))
    colour = rng.uniform(0.5, 0.95, 3).astype(np.float32)
    if kind != "plain":
        for at in range(int(rng.integers(step)), HEIGHT, step):
            sheet[at : at + thick] *= colour
    if kind == "squared":
        for at in range(int(rng.integers(step)), WIDTH, step):
            sheet[:, at : at + thick] *= colour
    pen = np.array(INKS[rng.integers(len(INKS))], np.float32)
    return sheet * (1 - ink[..., None]) + pen * ink[..., None]


def lay_aside(sheet: Layer, rng: np.random.Generator) -> Layer:
    """The sheet in perspective on a desk of any colour, with grain."""
    desk = np.ones_like(sheet) * rng.uniform(0.1, 0.6, 3).astype(np.float32)
    grain = rng.normal(0, 1, (HEIGHT // 40, WIDTH // 8)).astype(np.float32)
    desk *= 1 + 0.06 * cv2.resize(grain, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)[..., None]
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * rng.uniform(0.02, 0.16, (4, 2))
    seen = (corners + inward * (WIDTH, HEIGHT)).astype(np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    laid = cv2.warpPerspective(sheet, view, (WIDTH, HEIGHT), borderValue=(-1, -1, -1))
    return np.where(laid < 0, desk, laid)


def light(rng: np.random.Generator) -> Layer:
    """How bright each place is, (H, W): a slope, and in four of ten a phone's shadow."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = (across * np.cos(angle) + down * np.sin(angle)) / 2800 + 0.5
    bright = 1 - rng.uniform(0, 0.5) * slope
    if rng.random() < 0.4:
        x, y = rng.uniform(0, 1, 2) * (WIDTH, HEIGHT)
        a, b = rng.uniform(0.3, 0.9, 2) * (WIDTH, HEIGHT)
        shadow = (((across - x) / a) ** 2 + ((down - y) / b) ** 2 < 1).astype(np.float32)
        bright *= 1 - rng.uniform(0.2, 0.5) * cv2.GaussianBlur(shadow, (0, 0), rng.uniform(5, 60))
    return np.clip(bright, 0.15, 1.2).astype(np.float32)


def photograph(
    digit: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], bool]:
    """A photo (1600, 1200, 3) RGB of a digit (28, 28), and whether a desk is in sight."""
    scene = draw_sheet(draw_ink(digit, rng), rng)
    desk = bool(rng.random() < 0.4)
    if desk:
        scene = lay_aside(scene, rng)
    scene = cv2.GaussianBlur(scene * light(rng)[..., None], (0, 0), rng.uniform(0.5, 4))
    scene = scene * 255 + rng.normal(0, rng.uniform(1, 8), scene.shape)
    quality = int(rng.integers(50, 92))
    shot = np.clip(scene, 0, 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", shot[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1].copy(), desk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--model")
    add_json_option(parser)
    options = parser.parse_args()
    digits = find_source("mnist").load_training().take(np.arange(55_000, 60_000))
    rng, reader = np.random.default_rng(options.seed), Reader.load(options.model)
    right: dict[str, list[bool]] = {"close": [], "on a desk": []}
    for index in rng.integers(0, len(digits), options.count):
        photo, desk = photograph(digits.images[index], rng)
        answer = reader.read([photo])[0]
        said = isinstance(answer, Reading) and answer.text == str(digits.labels[index])
        right["on a desk" if desk else "close"].append(said)
    out = {kind: {"n": len(each), "right": float(np.mean(each))} for kind, each in right.items()}
    write_json(out, options.json)


if __name__ == "__main__":
    main()
