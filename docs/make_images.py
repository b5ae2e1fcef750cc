"""Draws the images of the README and the documentation: `make images`.

They are a photo (squared paper, a blue pen, a shadow), drawn with the project's own strokes and
free of licences of data sets, and the steps that `inkling read --explain` draws for it.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkling.reading.explain import write_strip
from inkling.reading.pipeline import Reader
from inkling.synthesis.paper import lay_paper
from inkling.synthesis.render import Pen, Placement, draw_glyph
from inkling.synthesis.stroke_styles import STYLES
from inkling.synthesis.strokes import bend_strokes, glyph_of_lines

FOLDER = Path(__file__).parent / "images"
INK = np.array([38, 58, 128], np.float32) / 255
LINE = np.array([150, 185, 215], np.float32) / 255
WRITTEN = ((3, 0), (1, 4), (7, 2), (5, 0))  # digit, and which of its styles
SHAPE = (420, 900)  # pixels


def draw_photo() -> NDArray[np.uint8]:
    """(420, 900, 3) uint8: four digits on squared paper, lit from the left."""
    rng = np.random.default_rng(7)
    paper = np.repeat(lay_paper(SHAPE, rng)[..., None], 3, axis=2)
    paper *= 0.93 / paper.mean()
    lines = np.zeros(SHAPE, np.float32)
    for at in range(18, max(SHAPE), 46):
        cv2.line(lines, (at, 0), (at + 6, SHAPE[0]), 1.0, 2, cv2.LINE_AA)
        cv2.line(lines, (0, at), (SHAPE[1], at - 8), 1.0, 2, cv2.LINE_AA)
    ink = np.zeros(SHAPE, np.float32)
    pen = Pen(width=0.075, uneven=0.25, pressure=0.25, soft=1.5)
    for place, (digit, style) in enumerate(WRITTEN):
        glyph = glyph_of_lines(bend_strokes(STYLES[digit][style], rng), digit, 0.08)
        x = 170 + 185 * place + rng.normal(0, 8)
        draw_glyph(ink, glyph, Placement(x, 205 + rng.normal(0, 10), 210), pen, rng)
    image = paper * (1 - 0.7 * lines[..., None]) + LINE * 0.7 * lines[..., None]
    image = image * (1 - ink[..., None]) + INK * ink[..., None]
    x = np.linspace(-1, 1, SHAPE[1], dtype=np.float32)[None, :, None]
    shadow = 1 / (1 + np.exp(-9 * (x - 0.35)))
    image *= 1.02 - 0.1 * x - 0.28 * shadow
    image += rng.normal(0, 0.012, image.shape)
    return np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)


def main() -> None:
    """Writes the photo and the steps."""
    FOLDER.mkdir(exist_ok=True)
    photo = FOLDER / "photo.jpg"
    Image.fromarray(draw_photo()).save(photo, quality=88)
    write_strip(Reader.load().trace([photo], names=["photo.jpg"]), FOLDER / "strip.png")


if __name__ == "__main__":
    main()
