"""Measures the reader on cropped, enlarged, stretched and framed versions of digits.

    python benchmarks/variants.py [--part held-out|test] [--count N] [--only NAME]... [--json FILE]

Two measurements. MNIST digits, cropped, stretched and framed in the ways that user code does:
fraction read correctly, refused, and wrong with a confidence of at least 0.95. And the images of
`$INKLING_DATA/dev`, cropped to their ink, padded and framed: the fraction of answers that change.

`held-out` is MNIST's last 5,000 training digits, which no bundled network learned from. Choose
settings on them. `test` is the 10,000 test digits: for the final figures only.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import find_source
from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.types import Digits
from outcome import add_json_option
from scores import Answer, digits_of, score_all, summarise

BATCH = 500  # images that are made and read at a time
Image = NDArray[np.uint8]


def crop_to_ink(image: Image) -> Image:
    """The image cut at the bounding box of its non-black pixels, as user code does it."""
    x, y, w, h = cv2.boundingRect(image)
    return image[y : y + h, x : x + w]


def fill(image: Image, side: int) -> Image:
    """The tight crop, scaled until its longer side fills a black square of `side` pixels."""
    crop = crop_to_ink(image)
    scale = side / max(crop.shape)
    height, width = (max(1, round(length * scale)) for length in crop.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    out = np.zeros((side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = cv2.resize(
        crop, (width, height), None, 0, 0, how
    )
    return out


def stretch(image: Image) -> Image:
    """The tight crop, stretched to 28x28 without regard to its proportions."""
    return np.asarray(
        cv2.resize(crop_to_ink(image), (28, 28), None, 0, 0, cv2.INTER_AREA), np.uint8
    )


def enlarge_dark(image: Image) -> Image:
    """The tight crop, dark on light, four times as large."""
    crop = crop_to_ink(image)
    large = cv2.resize(crop, None, None, 4, 4, cv2.INTER_CUBIC)
    return np.asarray(255 - large, np.uint8)


def border(image: Image, width: int) -> Image:
    """The tight crop with `width` black pixels on each side."""
    black = cv2.BORDER_CONSTANT
    return np.asarray(cv2.copyMakeBorder(crop_to_ink(image), *[width] * 4, black), np.uint8)


def frame(image: Image) -> Image:
    """The digit four times as large, dark on light, in a drawn rectangle."""
    light = 255 - cv2.resize(image, None, None, 4, 4, cv2.INTER_CUBIC)
    last = light.shape[0] - 4
    return np.asarray(cv2.rectangle(light, (3, 3), (last, last), 60, 2), np.uint8)


VARIANTS: dict[str, Callable[[Image], Image]] = {
    "unmodified": lambda image: image,
    "tight": crop_to_ink,
    "tight-dark-x4": enlarge_dark,
    "filling-16": lambda image: fill(image, 16),
    "filling-28": lambda image: fill(image, 28),
    "one-pixel-border": lambda image: border(image, 1),
    "in-a-frame": frame,
    "stretched-28": stretch,
    "padded": lambda image: border(image, 40),
}


def measure_variant(reader: Reader, digits: Digits, change: Callable[[Image], Image]) -> Any:
    """Scores of all digits in one variant, read in batches."""
    answers: list[Answer] = []
    for start in range(0, len(digits), BATCH):
        answers += reader.read([change(image) for image in digits.images[start : start + BATCH]])
    return summarise(score_all(answers, [str(label) for label in digits.labels]))


def background_of(image: Image) -> NDArray[np.float64]:
    """The median colour of the outermost pixels."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return np.median(edge, axis=0)


def crop_own(image: Image) -> Image:
    """An image cut at the bounding box of what differs from its edge, by Otsu's threshold."""
    distance = np.abs(image.astype(np.float64) - background_of(image))
    distance = distance.max(axis=2) if distance.ndim == 3 else distance
    _, ink = cv2.threshold(distance.astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    x, y, w, h = cv2.boundingRect(ink)
    return image[y : y + h, x : x + w] if w and h else image


def pad_own(image: Image) -> Image:
    """A third of the longer side more paper on each side."""
    width = max(image.shape[:2]) // 3
    colour = np.atleast_1d(background_of(image)).tolist()
    return np.asarray(
        cv2.copyMakeBorder(image, *[width] * 4, cv2.BORDER_CONSTANT, None, colour), np.uint8
    )


def frame_own(image: Image) -> Image:
    """The padded image with a rectangle around the original area, dark or light as its ink is."""
    width = max(image.shape[:2]) // 3
    dark = float(np.mean(background_of(image))) > 127
    line = (40.0 if dark else 215.0,) * 3
    height, across = image.shape[:2]
    near = width - width // 4
    corners = (near, near), (width + across + width // 4, width + height + width // 4)
    thick = max(1, max(image.shape[:2]) // 100)
    return np.asarray(cv2.rectangle(pad_own(image), *corners, line, thick), np.uint8)


CHANGES = {"crop": crop_own, "pad": pad_own, "frame": frame_own}


def dev_images(data: Path) -> dict[str, list[tuple[Image, str]]]:
    """The sets of `dev`, each as images (H, W) or (H, W, 3) with their right text."""
    sets: dict[str, list[tuple[Image, str]]] = {}
    for name in ("own-digits", "cheques"):
        paths = sorted((data / "dev" / name).glob("*.png"))
        images = [(cv2.imread(str(path)), path.name.partition("_")[0]) for path in paths]
        sets[name] = [
            (np.asarray(image, np.uint8), text) for image, text in images if image is not None
        ]
    if (data / "dev" / "hwd1000.npz").is_file():
        with np.load(data / "dev" / "hwd1000.npz") as file:
            pairs = zip(file["X"], file["y"], strict=True)
            sets["hwd1000"] = [(image, str(label)) for image, label in pairs]
    return {name: pairs for name, pairs in sets.items() if pairs}


def measure_changes(
    reader: Reader, pairs: Sequence[tuple[Image, str]], names: Sequence[str]
) -> Any:
    """For each change: the fraction of answers that differ from those to the images as given."""
    images, texts = [image for image, _ in pairs], [text for _, text in pairs]
    before = reader.read(images)
    found: dict[str, Any] = {"as given": summarise(score_all(before, texts))}
    for name in names:
        after = reader.read([CHANGES[name](image) for image in images])
        differ = [_said(one) != _said(other) for one, other in zip(before, after, strict=True)]
        found[name] = {"changed": round(float(np.mean(differ)), 4)}
        found[name] |= summarise(score_all(after, texts))
    return found


def _said(answer: Answer) -> str:
    return "error" if isinstance(answer, ImageError) else digits_of(answer.text)


def _some(pairs: list[tuple[Image, str]], count: int | None) -> list[tuple[Image, str]]:
    """At most `count` of them, evenly spaced: the sets are sorted by digit."""
    return pairs[:: max(1, len(pairs) // count)][:count] if count else pairs


def load_digits(part: str, count: int | None) -> Digits:
    """MNIST's last 5,000 training digits, or its test digits; the first `count` of them."""
    source = find_source("mnist")
    digits = source.load_test() if part == "test" else source.load_training()
    first = 0 if part == "test" else 55_000
    last = len(digits) if count is None else min(len(digits), first + count)
    return digits.take(np.arange(first, last))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("held-out", "test"), default="held-out")
    parser.add_argument("--count", type=int, help="the first N digits; all by default")
    parser.add_argument("--only", action="append", help="a variant, or `changes`; may be repeated")
    parser.add_argument("--model")
    add_json_option(parser)
    options = parser.parse_args()
    wanted = options.only or [*VARIANTS, "changes"]
    reader = Reader.load(options.model)
    out: dict[str, Any] = {"part": options.part, "variants": {}, "changes": {}}
    digits = load_digits(options.part, options.count)
    for name in [name for name in VARIANTS if name in wanted]:
        out["variants"][name] = measure_variant(reader, digits, VARIANTS[name])
        print(name, out["variants"][name], flush=True)
    if "changes" in wanted:
        for name, pairs in dev_images(Path(os.environ.get("INKLING_DATA", "data"))).items():
            # A cheque's background has no edge at which to cut.
            changes = [change for change in CHANGES if (name, change) != ("cheques", "crop")]
            out["changes"][name] = measure_changes(reader, _some(pairs, options.count), changes)
            print(name, json.dumps(out["changes"][name]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
