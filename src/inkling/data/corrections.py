"""Reads folders of corrections: crops that the network saw, and their correct labels.

`inkling serve --corrections` writes one: `corrections.jsonl` has one line per correction, with
`file`, `predicted` and `correct`, and `crops/` has the images. `inkling read --save-crops` writes
the other form, which a person sorts: one subfolder per class, and `answers.jsonl`.
"""

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from inkling.errors import DataError
from inkling.files import is_hidden
from inkling.reading.recognise.network import NONE
from inkling.reading.saved_crops import ANSWERS, label_of
from inkling.types import SIDE, Digits

CORRECTIONS_FILE = "corrections.jsonl"
CROPS = "crops"  # the subfolder with the images
NO_DIGIT = "not-a-digit"  # the label of shapes that belong to no class
MAX_CORRECTIONS = 10_000  # limit for one folder
MAX_CROP_BYTES = 4_000  # limit for one PNG; 28x28 uncompressed pixels have 800
MAX_LINES_BYTES = 8_000_000


def is_corrections_folder(folder: Path) -> bool:
    """Whether a folder was written by the service or by `read --save-crops`."""
    return (folder / CORRECTIONS_FILE).is_file() or (folder / ANSWERS).is_file()


def read_corrections(folder: Path, classes: tuple[str, ...]) -> Digits:
    """Reads the corrections of a folder. Labels are indices into `classes`.

    The last correction of a crop counts. Raises `DataError` with the file or line if the folder has
    no corrections, a crop is missing or not a PNG of 28x28, or a label is not in `classes`.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}")
    if not is_corrections_folder(folder):
        raise DataError(
            f"{folder} has no {CORRECTIONS_FILE} and no {ANSWERS}. Make corrections with inkling "
            "serve --corrections FOLDER or inkling read --save-crops FOLDER. For other labelled "
            "images use --data"
        )
    named = {**_sorted_by_hand(folder), **_listed(folder)}
    if not named:
        raise DataError(f"{folder} has no corrections yet")
    if len(named) > MAX_CORRECTIONS:
        raise DataError(f"{folder} has {len(named):,} corrections; limit {MAX_CORRECTIONS:,}")
    labels = [class_number(label, classes, where) for label, where in named.values()]
    images = np.stack([_read_crop(path) for path in named])
    return Digits(images, np.array(labels, np.int64), classes)


def class_number(label: str, classes: Sequence[str], where: str) -> int:
    """The index of a label in `classes`; `not-a-digit` is the class `none`. Raises `DataError`."""
    name = NONE if label in (NO_DIGIT, NONE) else label
    if name not in classes:
        known = ", ".join(NO_DIGIT if each == NONE else each for each in classes)
        raise DataError(f"{where}: '{label}' is not a class of the model; its classes are {known}")
    return classes.index(name)


def encode_crop(pixels: NDArray[np.uint8]) -> bytes:
    """Encodes a crop (28, 28) uint8 as PNG."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def decode_crop(content: bytes, name: str) -> NDArray[np.uint8]:
    """Decodes a PNG to pixels (28, 28) uint8. Raises `DataError` for other content.

    The size is checked before decoding.
    """
    if len(content) > MAX_CROP_BYTES:
        raise DataError(f"{name} has {len(content):,} bytes; a crop has at most {MAX_CROP_BYTES:,}")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != (SIDE, SIDE):
                raise DataError(
                    f"{name} has {image.width} x {image.height} pixels; a crop has {SIDE} x {SIDE}"
                )
            return np.asarray(image.convert("L"), np.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{name} is not a PNG image, or is damaged: {error}") from error


def _listed(folder: Path) -> dict[Path, tuple[str, str]]:
    """The path, label and line of each correction that the service stored."""
    path = folder / CORRECTIONS_FILE
    if not path.is_file():
        return {}
    if path.stat().st_size > MAX_LINES_BYTES:
        raise DataError(f"{path} has over {MAX_LINES_BYTES:,} bytes")
    named: dict[Path, tuple[str, str]] = {}
    for number, line in enumerate(_lines_of(path), 1):
        where = f"{path}, line {number}"
        try:
            entry = json.loads(line)
            file, label = entry["file"], entry["correct"]
        except ValueError as error:
            raise DataError(f"{where} is not JSON: {error}") from error
        except (KeyError, TypeError) as error:
            raise DataError(f"{where} is not an object with 'file' and 'correct'") from error
        if not (isinstance(file, str) and isinstance(label, str)):
            raise DataError(f"{where}: 'file' and 'correct' must be text")
        crop = folder / file
        if not crop.resolve().is_relative_to(folder.resolve()):
            raise DataError(f"{where}: {file} is not inside the folder")
        if not crop.is_file():
            raise DataError(f"{where}: the image {crop} is missing; put it back or delete the line")
        named[crop] = (label, where)
    return named


def _lines_of(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _sorted_by_hand(folder: Path) -> dict[Path, tuple[str, str]]:
    """The path, label and position of each crop in the subfolder of its class."""
    if not (folder / ANSWERS).is_file():
        return {}
    paths = _images_under(folder, (each for each in folder.iterdir() if each.is_dir()))
    return {path: (label_of(path.parent.name), str(path)) for path in paths}


def _images_under(folder: Path, subfolders: Iterable[Path]) -> list[Path]:
    """The PNG files in subfolders, sorted, without hidden files and those of the service."""
    return sorted(
        path
        for each in subfolders
        if not (each.name == CROPS and (folder / CORRECTIONS_FILE).is_file())
        for path in each.iterdir()
        if path.suffix.lower() == ".png" and not is_hidden(path, folder)
    )


def _read_crop(path: Path) -> NDArray[np.uint8]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CROP_BYTES + 1)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return decode_crop(content, str(path))
