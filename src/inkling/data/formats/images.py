"""Finds labelled image files: a subfolder per class, a `labels.csv`, or names like `7_1.png`."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from inkling.data.options import Options
from inkling.data.part_names import role_of_folder
from inkling.data.raw import FoundData, RawImages, RawPart, Role
from inkling.data.tree import File, Tree
from inkling.errors import DataError, ImageError
from inkling.reading.preprocess.formats import SUFFIXES
from inkling.reading.preprocess.photo import read_photo

CHUNK_IMAGES = 256  # images decoded per chunk
SHARED_NAMES = (
    0.5  # fraction of equal subfolder names of two class folders that makes them ambiguous
)
FILE_COLUMNS = ("file", "filename", "file_name", "image", "path", "name", "id", "image_id", "img")
LABEL_NAMES = ("label", "labels", "class", "target", "digit", "category", "y", "text")
LABEL_FIRST = re.compile(r"^(\d)[_\-. ]")  # 7_1.png; 7.png may be the seventh image
LABEL_LAST = re.compile(r"[_\-](?:label|class|num|digit)?(\d)$")  # img_001_7.png


_Part = tuple[Role, Mapping[File, str], Tree]


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds the image files of `tree`. Raises `DataError` if their labels are ambiguous."""
    files = _images(tree)
    if not files:
        return None
    if options.get("train") or options.get("test"):
        return _told_parts(tree, options)
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


def _images(tree: Tree) -> list[File]:
    return [file for file in tree.files if file.suffix in SUFFIXES]


def _unwrap_images(tree: Tree) -> Tree:
    """Removes outer folders that contain everything: `x/training/0` becomes `training/0`."""
    files = _images(tree)
    while True:
        tops = {file.folders[0] if file.folders else "" for file in _images(tree)}
        depth = min(len(file.folders) for file in files)
        only = tops.pop() if len(tops) == 1 else ""
        if not only or depth < 2 or role_of_folder(only):
            return tree
        tree = tree.under(only)
        files = _images(tree)


def _folders(tree: Tree) -> dict[str, list[File]]:
    """The image files by top-level folder, without folders that have no images."""
    folders: dict[str, list[File]] = defaultdict(list)
    for file in _images(tree):
        if file.folders:
            folders[file.folders[0]].append(file)
    return folders


def _split_parts(tree: Tree, options: Options) -> list[_Part]:
    """The parts by the usual names of their folders; empty if there are none.

    A folder called `train` among classes is a class: a part has labels of its own inside.
    """
    roles: dict[str, Role | None] = {name: role_of_folder(name) for name in sorted(_folders(tree))}
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
        if None in roles.values() and not _folders(part[2]):
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
    while list(_folders(inner)) and {role_of_folder(each) for each in _folders(inner)} == {role}:
        if len(_folders(inner)) > 1 or any(not file.folders for file in _images(inner)):
            break
        inner = inner.under(next(iter(_folders(inner))))
    return _unwrap_images(inner)


def _told_parts(tree: Tree, options: Options) -> FoundData:
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
        if name not in _folders(tree):
            raise DataError(
                f"{tree.name} has no subfolder '{name}' with images; "
                f"it has {', '.join(sorted(_folders(tree)))}"
            )
        parts.append(_part(role, tree.under(name), options))
    return _found(parts)


def _part(role: Role, tree: Tree, options: Options, required: bool = True) -> _Part:
    """The labels of the images in one part, by the first method that works."""
    listed = _listed_labels(tree)
    if listed:
        return role, listed, tree
    folders = _folders(tree)
    loose = [file for file in _images(tree) if not file.folders]
    if folders and not loose:
        return role, _by_folder(tree, folders, options), tree
    if loose and not folders and (labels := _by_name(loose)):
        return role, labels, tree
    if loose and folders and len(folders) > 1 and required:
        raise DataError(
            f"{tree.name} has images both in subfolders ({', '.join(sorted(folders)[:3])}) and "
            f"outside of them ({loose[0].path}). Move those into a subfolder of their class"
        )
    return role, {}, tree


def _by_folder(tree: Tree, folders: dict[str, list[File]], options: Options) -> dict[File, str]:
    """The class of each image: its top-level folder, or the deepest one by option."""
    if options.get("classes") == "inner":
        return {file: file.folders[-1] for each in folders.values() for file in each}
    if options.get("classes") != "outer":
        _refuse_alike(tree, folders)
    return {file: name for name, each in sorted(folders.items()) for file in each}


def _refuse_alike(tree: Tree, folders: dict[str, list[File]]) -> None:
    """Raises `DataError` if two class folders contain subfolders of the same names."""
    inside = {
        name: {file.folders[1] for file in files if len(file.folders) > 1}
        for name, files in folders.items()
    }
    names = [name for name in sorted(inside) if inside[name]]
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            shared = inside[one] & inside[other]
            if len(shared) >= SHARED_NAMES * min(len(inside[one]), len(inside[other])):
                example = ", ".join(sorted(shared)[:3])
                raise DataError(
                    f"{tree.name}: the subfolders '{one}' and '{other}' contain subfolders of the "
                    f"same names ({example}). What are the classes? If '{one}' and '{other}': "
                    f"--data '{tree.name}#classes=outer'. If {example}: "
                    f"--data '{tree.name}#classes=inner'. If they are parts of the data: "
                    f"--data '{tree.name}#train={one},test={other}'"
                )


def _by_name(files: list[File]) -> dict[File, str]:
    """Labels from names such as `7_1.png`, or from a digit at the end; all files must have one."""
    stems = [PurePosixPath(file.name).stem for file in files]
    for pattern in (LABEL_FIRST, LABEL_LAST):
        matches = [match for stem in stems if (match := pattern.search(stem))]
        if len(matches) < len(stems) or len({match.group(1) for match in matches}) < 2:
            continue
        # img_1, img_2, img_3: these are numbers of images, not labels.
        if pattern is LABEL_LAST and len({stem[:-1] for stem in stems}) < len(stems):
            continue
        return {file: match.group(1) for file, match in zip(files, matches, strict=True)}
    return {}


def _listed_labels(tree: Tree) -> dict[File, str]:
    """Labels from a CSV with file names, if there is one for these images."""
    images = {str(file.path): file for file in _images(tree)}
    by_name = {file.name: file for file in images.values()}
    by_stem = {PurePosixPath(file.name).stem: file for file in images.values()}
    for table in tree.with_suffix(".csv", ".tsv", ".txt"):
        rows = _listing(table)
        if not rows:
            continue
        found, missing = {}, []
        for row, (name, label) in enumerate(rows, start=2):
            clean = name.replace("\\", "/").removeprefix("./")
            base = PurePosixPath(clean).name
            file = images.get(clean) or by_name.get(base) or by_stem.get(clean)
            if file is None:
                missing.append((row, name))
            else:
                found[file] = label
        if found and missing:
            row, name = missing[0]
            raise DataError(f"{table.label}, row {row}: there is no image '{name}'")
        if found:
            return found
    return {}


def _listing(table: File) -> list[tuple[str, str]]:
    """The file names and labels of a CSV with such columns. Empty for other tables."""
    text = table.read().decode("utf-8-sig", "replace")
    delimiter = max(",;\t", key=text[:2000].count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error as error:
        raise DataError(f"{table.label}: {error}") from error
    if not rows or not 2 <= len(rows[0]) <= 20:
        return []
    header = [cell.strip().lower() for cell in rows[0]]
    name = next((header.index(each) for each in FILE_COLUMNS if each in header), None)
    label = next((header.index(each) for each in LABEL_NAMES if each in header), None)
    body = rows[1:]
    if name is None and len(header) == 2 and PurePosixPath(rows[0][0]).suffix in SUFFIXES:
        name, label, body = 0, 1, rows
    if name is None or label is None:
        return []
    width = max(name, label)
    return [(row[name].strip(), row[label].strip()) for row in body if len(row) > width]


def _ignored(tree: Tree, roles: list[Role]) -> tuple[str, ...]:
    """A note on unused folders beside the parts."""
    if roles == ["all"]:
        return ()
    others = sorted(name for name in _folders(tree) if not role_of_folder(name))
    return (f"not used: {', '.join(others)}",) if others else ()


def _raw(part: _Part) -> RawPart:
    role, labels, subtree = part
    files = [file for file in _images(subtree) if not labels or file in labels]
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
