"""Writers of the data forms that people have, for the tests of their readers."""

import csv
import io
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inkling.data.catalog import find_source
from inkling.types import Digits


def write_idx(array: NDArray[np.uint8]) -> bytes:
    """Encodes an array of unsigned bytes as an IDX file."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
    return header + np.ascontiguousarray(array).tobytes()


def save_classes(digits: Digits, folder: Path) -> None:
    """One subfolder per class."""
    for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / str(label) / f"{number:04d}.png")


def save_idx(digits: Digits, folder: Path, images: str, labels: str) -> None:
    """Two IDX files under these names."""
    for name, array in ((images, digits.images), (labels, digits.labels.astype(np.uint8))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(write_idx(array))


def save_csv(path: Path, rows, header: list[str] | None = None, delimiter: str = ",") -> None:
    """A CSV of any rows."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    if header is not None:
        writer.writerow(header)
    writer.writerows(np.asarray(rows).tolist() if isinstance(rows, np.ndarray) else rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue())


def table(digits: Digits, where: str = "first") -> np.ndarray:
    """Labels and pixels side by side, (N, 785)."""
    flat, labels = digits.images.reshape(len(digits), -1), digits.labels[:, None]
    return np.hstack([labels, flat] if where == "first" else [flat, labels])


def png(image: np.ndarray) -> bytes:
    """A PNG file."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return content.getvalue()


def everything(path: Path, options: str = "") -> Digits:
    """All labelled images at a path."""
    return find_source(f"{path}{options}").load_everything()


def same(one: Digits, other: Digits) -> bool:
    """The same images, labels and classes, in any order."""
    if one.classes != other.classes or len(one) != len(other):
        return False
    return _sorted(one) == _sorted(other)


def _sorted(digits: Digits) -> list[tuple[bytes, int]]:
    pairs = zip(digits.images, digits.labels.tolist(), strict=True)
    return sorted((image.tobytes(), label) for image, label in pairs)
