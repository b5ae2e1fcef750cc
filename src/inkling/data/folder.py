"""A folder with a sub-folder a class, each full of pictures of any size."""

from pathlib import Path

import numpy as np

from inkling.errors import DataError, ImageError
from inkling.files import is_hidden
from inkling.reading.crops import to_thumbnail
from inkling.reading.photo import read_photo
from inkling.reading.sources import pictures_under
from inkling.types import Digits


def read_folder(folder: Path, classes: tuple[str, ...] | None = None) -> Digits:
    """The pictures of `folder/<class>/*`, classes and files in alphabetical order.

    Pictures of 28x28 stay as they are; larger and smaller ones go through the normaliser.
    Raises `DataError` where there are fewer than two classes, a class that `classes` lacks, or
    a picture that cannot be read (named).
    """
    names = classes or class_names(folder)
    images, labels = [], []
    for path, name in labelled_files(folder):
        if name not in names:
            raise DataError(f"{folder}: class '{name}' is not one of {', '.join(names)}")
        try:
            images.append(to_thumbnail(read_photo(path)))
        except ImageError as error:
            raise DataError(f"cannot read the picture {path}: {error}") from error
        labels.append(names.index(name))
    if not images:
        raise DataError(f"{folder} holds no picture; wanted: a sub-folder a class")
    return Digits(np.stack(images), np.array(labels, np.int64), names)


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
        (path, child.name) for child in sorted(_folders(folder)) for path in pictures_under(child)
    ]


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not is_hidden(path, folder)]
    except OSError as error:
        raise DataError(f"cannot read {folder}: {error.strerror or error}") from error
