"""Draws the images and answers of `tests/accuracy`, the offline accuracy test of the reader.

    python references/make_accuracy_images.py tests/accuracy

Run once; the files are in the repository, so that later changes of the renderer do not change the
test. The digits are drawn from strokes, not taken from MNIST or from fonts.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.synthesis import camera
from inkling.synthesis.negatives import doodle, scribble
from inkling.synthesis.paper import drop_specks, lay_paper, light_paper
from inkling.synthesis.render import Pen, Placement, draw_glyph
from inkling.synthesis.strokes import write_digit

SEED = 14
COUNTS = {"drawing": 40, "thumbnail": 20, "photo": 40, "row": 30, "blank": 10, "other": 20}


def draw_text(text: str, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Ink (H, W) float32, 0 to 1, of a row of digits `height` pixels tall."""
    step = 0.85 * height
    sheet = np.zeros((2 * height, round(step * len(text)) + height), np.float32)
    pen = Pen(float(rng.uniform(0.06, 0.13)), soft=1.5)
    for index, digit in enumerate(text):
        x, y = height / 2 + step * (index + 0.5), height + rng.normal(0, 0.04) * height
        place = Placement(x, y, height, slant=rng.normal(0, 0.08), elastic=0.015)
        draw_glyph(sheet, write_digit(int(digit), rng), place, pen, rng)
    return sheet


def photograph(
    ink: NDArray[np.float32], unit: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A photo (H, W) uint8 of ink on paper."""
    sheet = lay_paper((ink.shape[0], ink.shape[1]), unit, rng)
    image = sheet * (1 - ink) + np.minimum(sheet, np.float32(rng.uniform(0.1, 0.35))) * ink
    image = light_paper(image, rng)
    return camera.quantise(camera.add_noise(camera.blur(image, 0.3 * unit, rng), rng))


def make_image(kind: str, rng: np.random.Generator) -> tuple[NDArray[np.uint8], str, str]:
    """An image, its digits and its verdict."""
    if kind == "blank":
        shape = (int(rng.integers(80, 200)), int(rng.integers(80, 240)))
        marks = np.zeros(shape, np.float32)
        if rng.random() < 0.5:
            drop_specks(marks, 40, rng)
        return photograph(marks * 0.4, 60, rng), "", "blank"
    if kind == "other":
        ink = np.zeros((120, 120), np.float32)
        glyph = doodle(rng) if rng.random() < 0.5 else scribble(rng)
        draw_glyph(ink, glyph, Placement(60, 60, 70), Pen(0.08, soft=1.5), rng)
        return photograph(ink, 70, rng), "", "not-a-digit"
    count = int(rng.integers(2, 7)) if kind == "row" else 1
    text = "".join(str(digit) for digit in rng.integers(0, 10, count))
    height = int(rng.integers(36, 90))
    ink = draw_text(text, height, rng)
    if kind in {"photo", "row"}:
        return photograph(ink, height, rng), text, "digits"
    drawn = camera.quantise(1 - ink)
    if kind == "thumbnail":
        drawn = 255 - cv2.resize(drawn, (28, 28), interpolation=cv2.INTER_AREA)
    return drawn, text, "digits"


def main() -> None:
    """Draws all images and writes the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for images/ and answers.json")
    folder = parser.parse_args().folder
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    answers = {}
    for kind, count in COUNTS.items():
        for number in range(count):
            pixels, text, verdict = make_image(kind, rng)
            name = f"{kind}-{number:02d}.{'png' if kind in {'drawing', 'thumbnail'} else 'jpg'}"
            cv2.imwrite(str(folder / "images" / name), pixels)
            answers[name] = {"kind": kind, "text": text, "verdict": verdict}
    (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
