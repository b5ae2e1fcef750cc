"""What a format finds and reads: images and labels as stored, before any conversion."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError

Role = Literal["all", "training", "validation", "test", "unlabelled"]
CHUNK = 2_000  # rows that a format reads at a time


@dataclass(frozen=True, eq=False)
class RawImages:
    """Images as stored. `pixels` is (N, H, W) or (N, H, W, 3) numbers, or N uint8 images of any
    size. `labels` (N,) is numbers or text, or None. `ids` (N) name the images where the data does.
    """

    pixels: NDArray | list[NDArray[np.uint8]]
    labels: NDArray | None = None
    ids: tuple[str, ...] | None = None
    first_row: int = 1  # the number that the file gives its first image, for errors

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class RawPart:
    """One part of the data; `chunks` reads it anew, in portions and in order."""

    role: Role
    label: str  # the file or folder, for errors
    chunks: Callable[[], Iterator[RawImages]]
    labelled: bool = True
    count: int | None = None

    def read(self) -> RawImages:
        """All of it at once. Raises `DataError` if there is no image."""
        return join(list(self.chunks()), self.label)


@dataclass(frozen=True)
class Found:
    """A dataset that a format recognised. `form` describes it in a few words.

    `orientation` is what the form itself says: MATLAB arrays that were flattened may be either.
    `classes` are the class names where the data lists them, in the order of the label numbers.
    """

    form: str
    parts: tuple[RawPart, ...]
    notes: tuple[str, ...] = ()
    orientation: Literal["upright", "transposed", "unknown"] = "upright"
    classes: tuple[str, ...] | None = None
    first_label: int = 0  # the number of the first of `classes`
    meaning: str | None = None  # what labels from 1 to 10 mean, where the form is known

    def part(self, role: Role) -> RawPart | None:
        """The part with this role."""
        return next((part for part in self.parts if part.role == role), None)


def join(chunks: Sequence[RawImages], label: str) -> RawImages:
    """Several portions as one."""
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
    """`chunks` of a form that can only be read at once."""

    def chunks() -> Iterator[RawImages]:
        yield read()

    return chunks
