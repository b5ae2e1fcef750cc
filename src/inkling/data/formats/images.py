"""Finds the parts of a tree of image files, and their images."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from inkling.data.formats.image_labels import (
    image_files,
    image_folders,
    labels_by_folder,
    labels_by_name,
    listed_labels,
)
from inkling.data.options import Options
from inkling.data.part_names import role_of_folder
from inkling.data.raw import FoundData, RawImages, RawPart, Role
from inkling.data.tree import File, Tree
from inkling.errors import DataError, ImageError
from inkling.reading.preprocess.photo import read_photo

CHUNK_IMAGES = 256  # images decoded per chunk


_Part = tuple[Role, Mapping[File, str], Tree]


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds the image files of `tree`. Raises `DataError` if their labels are ambiguous."""
    files = image_files(tree)
    if not files:
        return None
    if options.get("train") or options.get("test"):
        return _named_parts(tree, options)
    tree = _unwrap_images(tree)
    parts = _split_parts(tree, options) or [_part("all", tree, options)]
    return _found(parts, _ignored(tree, [role for role, _, _ in parts]))


def _found(parts: list[_Part], notes: tuple[str, ...] = ()) -> FoundData:
    """The classes are those of the training part. Raises `DataError` for other classes."""
    learnt = next((part for part in parts if part[0] in ("all", "training")), parts[0])
    classes = tuple(sorted(set(learnt[1].values())))
    for _, labels, tree in parts:
        foreign = sorted(set(labels.values()) - set(classes))
        if foreign:
            raise DataError(f"{tree.name}: class '{foreign[0]}' is not one of {', '.join(classes)}")
    raw = tuple(_raw(part) for part in parts)
    form = "image files" if classes else "image files without labels"
    return FoundData(form, raw, notes, classes=classes or None)


def _unwrap_images(tree: Tree) -> Tree:
    """Removes outer folders that contain everything: `x/training/0` becomes `training/0`."""
    files = image_files(tree)
    while True:
        tops = {file.folders[0] if file.folders else "" for file in image_files(tree)}
        depth = min(len(file.folders) for file in files)
        only = tops.pop() if len(tops) == 1 else ""
        if not only or depth < 2 or role_of_folder(only):
            return tree
        tree = tree.under(only)
        files = image_files(tree)


def _split_parts(tree: Tree, options: Options) -> list[_Part]:
    """The parts by the usual names of their folders; empty if there are none.

    A folder called `train` among classes is a class: a part has labels of its own inside.
    """
    roles: dict[str, Role | None] = {
        name: role_of_folder(name) for name in sorted(image_folders(tree))
    }
    if options.get("classes") == "outer" or not any(roles.values()):
        return []
    parts: list[_Part] = []
    for name, role in roles.items():
        if role is None:
            continue
        if any(role == known for known, _, _ in parts):
            raise DataError(f"{tree.name} has two folders of {role} images. Keep one of them")
        part = _part(role, _inside(tree, name, role), options, required=False)
        # Beside other folders, `train` is a part only if it contains classes.
        if None in roles.values() and not image_folders(part[2]):
            return []
        parts.append(part)
    if not any(labels for role, labels, _ in parts):
        return []
    return [
        part if part[1] or part[0] != "test" else ("unlabelled", part[1], part[2]) for part in parts
    ]


def _inside(tree: Tree, name: str, role: Role) -> Tree:
    """The tree of a part. Kaggle's archives repeat the folder: `trainingSet/trainingSet/0`."""
    inner = tree.under(name)
    while list(image_folders(inner)) and {
        role_of_folder(each) for each in image_folders(inner)
    } == {role}:
        if len(image_folders(inner)) > 1 or any(not file.folders for file in image_files(inner)):
            break
        inner = inner.under(next(iter(image_folders(inner))))
    return _unwrap_images(inner)


def _named_parts(tree: Tree, options: Options) -> FoundData:
    """The parts of the options `train`, `test` and `validation`."""
    roles: dict[Role, str | None] = {
        "training": options.get("train"),
        "validation": options.get("validation"),
        "test": options.get("test"),
    }
    parts = []
    for role, name in roles.items():
        if name is None:
            continue
        if name not in image_folders(tree):
            raise DataError(
                f"{tree.name} has no subfolder '{name}' with images; "
                f"it has {', '.join(sorted(image_folders(tree)))}"
            )
        parts.append(_part(role, tree.under(name), options))
    return _found(parts)


def _part(role: Role, tree: Tree, options: Options, required: bool = True) -> _Part:
    """The labels of the images in one part, by the first method that works."""
    listed = listed_labels(tree)
    if listed:
        return role, listed, tree
    folders = image_folders(tree)
    loose = [file for file in image_files(tree) if not file.folders]
    if folders and not loose:
        return role, labels_by_folder(tree, folders, options), tree
    if loose and not folders and (labels := labels_by_name(loose)):
        return role, labels, tree
    if loose and folders and len(folders) > 1 and required:
        raise DataError(
            f"{tree.name} has images both in subfolders ({', '.join(sorted(folders)[:3])}) and "
            f"outside of them ({loose[0].path}). Move the latter into a subfolder of their class"
        )
    return role, {}, tree


def _ignored(tree: Tree, roles: list[Role]) -> tuple[str, ...]:
    """A note on unused folders beside the parts."""
    if roles == ["all"]:
        return ()
    others = sorted(name for name in image_folders(tree) if not role_of_folder(name))
    return (f"not used: {', '.join(others)}",) if others else ()


def _raw(part: _Part) -> RawPart:
    role, labels, subtree = part
    files = [file for file in image_files(subtree) if not labels or file in labels]
    return RawPart(
        role,
        subtree.name,
        partial(_chunks, files, labels),
        labelled=bool(labels),
        count=len(files),
    )


def _chunks(files: list[File], labels: Mapping[File, str]) -> Iterator[RawImages]:
    for start in range(0, len(files), CHUNK_IMAGES):
        portion = files[start : start + CHUNK_IMAGES]
        yield RawImages(
            [_decode(file) for file in portion],
            np.array([labels[file] for file in portion]) if labels else None,
            tuple(str(file.path) for file in portion),
        )


def _decode(file: File) -> np.ndarray:
    try:
        return read_photo(file.read())
    except ImageError as error:
        raise DataError(f"cannot read the image {file.label}: {error}") from error
