"""Crops of photographed digits, of which every fifth image is held out.

From `$INKLING_DATA/dev`: cells of sudokus (wichtounet/sudoku_dataset, CC BY 4.0), digits of
niklashenning/hwd-1000-dataset (MIT), and cheque amounts (Fzkuji/Labeled_ORAND-CAR-A, MIT), of which
only the digits in the file name are known. So a cheque counts only if the reader finds as many
digits as it has, and at most one of them is wrong.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sudoku_photos import find_sudokus

from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.thumbnails import preprocess_thumbnails
from inkling.reading.recognise.crops import find_crops
from inkling.reading.tables.read_cells import stack
from inkling.reading.trace import Trace
from inkling.synthesis.labels import overlap

Image = NDArray[np.uint8]
Labelled = tuple[Image, int, bool]  # crop (28, 28), label, whether it is held out
SAME, SLACK = 0.8, 0.05  # least overlap with the digit, and pixels per height that do not count
MARGINS = (0.0, 0.08, 0.2)  # of its height; margins at which a digit is cut out of its cheque


def photographed_crops(kind: str) -> tuple[Image, NDArray[np.int64], NDArray[np.bool_]]:
    """Crops (N, 28, 28), labels (N,) and which are held out (N,), of one kind of image."""
    kinds = {"sudoku": _sudoku, "hwd1000": _hwd1000, "cheques": _cheques}
    crops = list(kinds[kind](Path(os.environ["INKLING_DATA"]) / "dev"))
    return (
        np.stack([crop for crop, _, _ in crops]),
        np.array([label for _, label, _ in crops], np.int64),
        np.array([held for _, _, held in crops], np.bool_),
    )


@cache
def _reader() -> Reader:
    return Reader.load(workers=1)


def _hwd1000(dev: Path) -> Iterator[Labelled]:
    stored = np.load(dev / "hwd1000.npz")
    for number, (image, label) in enumerate(zip(stored["X"], stored["y"], strict=True)):
        held = number % 5 == 0
        yield 255 - image, int(label), held
        rows, columns = np.nonzero(image < 195)
        tight = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        yield preprocess_thumbnails(tight[None]).pixels[0], int(label), held
        large = cv2.resize(image, None, None, 4, 4, cv2.INTER_CUBIC)
        for view in (np.pad(image, 20, constant_values=255), np.asarray(large, np.uint8)):
            crops = find_crops(view)
            if len(crops) == 1:
                yield crops[0].pixels, int(label), held


def _sudoku(_: Path) -> Iterator[Labelled]:
    for held in (False, True):
        for sudoku in find_sudokus(held):
            pairs = zip(sudoku.cells, sudoku.digits, strict=True)
            inked = [(cell, digit) for cell, digit in pairs if digit and not cell.blank]
            crops = stack([cell for cell, _ in inked])
            for crop, (_, digit) in zip(crops, inked, strict=True):
                yield crop, digit, held


def _cheques(dev: Path) -> Iterator[Labelled]:
    paths = sorted((dev / "cheques").glob("*.png"))
    for number, (path, trace) in enumerate(zip(paths, _reader().trace(paths), strict=True)):
        amount = path.name.split("__")[0]
        if not isinstance(trace, Trace):
            continue
        digits = [d for d in trace.reading.digits if d.verdict in ("digits", "unsure")]
        same = sum(str(d.digit) == true for d, true in zip(digits, amount, strict=False))
        if len(digits) != len(amount) or same < len(amount) - 1:
            continue
        held = number % 5 == 4
        boxes = {crop.box: crop.pixels for crop in trace.answer.crops}
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        for digit, true in zip(digits, amount, strict=True):
            if digit.box in boxes:
                yield boxes[digit.box], int(true), held
            x, y, w, h = digit.box.x, digit.box.y, digit.box.w, digit.box.h
            for far in (round(margin * h) for margin in MARGINS):
                left, top = max(0, x - far), max(0, y - far)
                own = (x - left, y - top, x - left + w, y - top + h)
                for crop in find_crops(image[top : y + h + far, left : x + w + far]):
                    if overlap(crop.box, own, SLACK * h) >= SAME:
                        yield crop.pixels, int(true), held
