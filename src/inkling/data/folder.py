"""A folder with a sub-folder a class, each full of pictures of any size."""

from pathlib import Path

import numpy as np

from inkling.data.fetch import Notify
from inkling.errors import DataError, ImageError
from inkling.files import is_hidden
from inkling.reading.preprocess.formats import images_under
from inkling.reading.preprocess.photo import read_photo
from inkling.reading.recognise.crops import to_thumbnail
from inkling.reading.recognise.network import NONE
from inkling.types import Digits

EMPTY = ("blank", NONE, "not-a-digit")  # classes whose pictures may well show nothing
NAMED = 3  # pictures without ink, in the notice


def read_folder(
    folder: Path, classes: tuple[str, ...] | None = None, notify: Notify | None = None
) -> Digits:
    """The pictures of `folder/<class>/*`, classes and files in alphabetical order.

    Pictures of 28x28 stay as they are; larger and smaller ones go through the normaliser.
    `notify` is told of those in which no ink is found. Raises `DataError` where there are fewer
    than two classes, a class that `classes` lacks, or a picture that cannot be read (named).
    """
    names = classes or class_names(folder)
    check_names(folder, names)
    images, labels, empty = [], [], []
    for path, name in labelled_files(folder):
        try:
            images.append(to_thumbnail(read_photo(path)))
        except ImageError as error:
            raise DataError(f"cannot read the picture {path}: {error}") from error
        labels.append(names.index(name))
        if name not in EMPTY and not images[-1].any():
            empty.append(path)
    if notify and empty:
        notify(_without_ink(folder, empty, len(images)))
    return Digits(np.stack(images), np.array(labels, np.int64), names)


def check_names(folder: Path, classes: tuple[str, ...]) -> None:
    """Raises `DataError` where no picture is there, or one of another class; opens none."""
    found = {name for _, name in labelled_files(folder)}
    if not found:
        raise DataError(f"{folder} holds no picture; wanted: a sub-folder a class")
    foreign = sorted(found - set(classes))
    if foreign:
        raise DataError(f"{folder}: class '{foreign[0]}' is not one of {', '.join(classes)}")


def _without_ink(folder: Path, empty: list[Path], total: int) -> str:
    """They are kept: leaving out of a test what was not found would make its figures better."""
    named = ", ".join(str(path.relative_to(folder)) for path in empty[:NAMED])
    more = f" and {len(empty) - NAMED:,} more" if len(empty) > NAMED else ""
    return (
        f"note: no ink was found in {len(empty):,} of the {total:,} pictures of {folder}, and they "
        f"count as empty ones: {named}{more}"
    )


def class_names(folder: Path) -> tuple[str, ...]:
    """The sub-folders of `folder`; raises `DataError` where there are fewer than two."""
    names = tuple(sorted(child.name for child in _folders(folder)))
    if len(names) < 2:
        found = f"only '{names[0]}'" if names else "none"
        raise DataError(f"{folder} needs at least two sub-folders, one a class; it has {found}")
    return names


def labelled_files(folder: Path) -> list[tuple[Path, str]]:
    """Each picture of `folder` with the name of its class."""
    return [
        (path, child.name) for child in sorted(_folders(folder)) for path in images_under(child)
    ]


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not is_hidden(path, folder)]
    except OSError as error:
        raise DataError(f"cannot read {folder}: {error.strerror or error}") from error
