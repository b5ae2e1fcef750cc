"""Types for images and labels as stored, before any conversion."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError

Role = Literal["all", "training", "validation", "test", "unlabelled"]
CHUNK_ROWS = 2_000  # rows per chunk


@dataclass(frozen=True, eq=False)
class RawImages:
    """Images as stored. `pixels` is (N, H, W) or (N, H, W, 3) numbers, or N uint8 images of any
    size. `labels` (N,) is numbers or text, or None. `ids` (N) name the images where the data does.
    """

    pixels: NDArray | list[NDArray[np.uint8]]
    labels: NDArray | None = None
    ids: tuple[str, ...] | None = None
    first_row: int = 1  # the number of the first image in the file, for errors

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class RawPart:
    """One part of the data. `chunks` reads it in chunks, in order, at each call."""

    role: Role
    label: str  # the file or folder, for errors
    chunks: Callable[[], Iterator[RawImages]]
    labelled: bool = True
    count: int | None = None

    def read(self) -> RawImages:
        """Reads the whole part. Raises `DataError` if there is no image."""
        return join(list(self.chunks()), self.label)


@dataclass(frozen=True)
class FoundData:
    """A dataset that a format recognised. `form` is a short description.

    `orientation` is that of the format; flattened MATLAB arrays may have either. `classes` are the
    class names in the order of the label numbers, if the data lists them.
    """

    form: str
    parts: tuple[RawPart, ...]
    notes: tuple[str, ...] = ()
    orientation: Literal["upright", "transposed", "unknown"] = "upright"
    classes: tuple[str, ...] | None = None
    first_label: int = 0  # the number of the first of `classes`
    meaning: str | None = None  # the meaning of labels from 1 to 10, if it is known

    def part(self, role: Role) -> RawPart | None:
        """The part with this role."""
        return next((part for part in self.parts if part.role == role), None)


def join(chunks: Sequence[RawImages], label: str) -> RawImages:
    """Concatenates several chunks."""
    if not sum(len(chunk) for chunk in chunks):
        raise DataError(f"{label} contains no images")
    if len(chunks) == 1:
        return chunks[0]
    labels = [chunk.labels for chunk in chunks if chunk.labels is not None]
    ids = [chunk.ids for chunk in chunks if chunk.ids is not None]
    return RawImages(
        _joined_pixels([chunk.pixels for chunk in chunks], label),
        np.concatenate(labels) if len(labels) == len(chunks) else None,
        tuple(one for each in ids for one in each) if len(ids) == len(chunks) else None,
        chunks[0].first_row,
    )


def _joined_pixels(
    portions: list[NDArray | list[NDArray[np.uint8]]], label: str
) -> NDArray | list[NDArray[np.uint8]]:
    arrays = [portion for portion in portions if isinstance(portion, np.ndarray)]
    if len(arrays) < len(portions):
        return [image for portion in portions for image in portion]
    shapes = {array.shape[1:] for array in arrays}
    if len(shapes) > 1:
        raise DataError(f"{label} has images of different shapes: {sorted(shapes)[:3]}")
    return np.concatenate(arrays)


def whole(read: Callable[[], RawImages]) -> Callable[[], Iterator[RawImages]]:
    """`chunks` for a format that can only be read as a whole."""

    def chunks() -> Iterator[RawImages]:
        yield read()

    return chunks
