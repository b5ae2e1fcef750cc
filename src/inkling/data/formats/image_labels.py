"""The labels of image files: a `labels.csv`, a subfolder per class, or names like `7_1.png`."""

import csv
import io
import re
from collections import defaultdict
from pathlib import PurePosixPath

from inkling.data.options import Options
from inkling.data.tree import File, Tree
from inkling.errors import DataError
from inkling.reading.preprocess.formats import SUFFIXES

SHARED_NAMES = 0.5  # fraction of equal subfolder names that makes two class folders ambiguous
FILE_COLUMNS = ("file", "filename", "file_name", "image", "path", "name", "id", "image_id", "img")
LABEL_NAMES = ("label", "labels", "class", "target", "digit", "category", "y", "text")
LABEL_FIRST = re.compile(r"^(\d)[_\-. ]")  # 7_1.png; 7.png may be the seventh image
LABEL_LAST = re.compile(r"[_\-](?:label|class|num|digit)?(\d)$")  # img_001_7.png


def image_files(tree: Tree) -> list[File]:
    """The files of `tree` that have the suffix of an image."""
    return [file for file in tree.files if file.suffix in SUFFIXES]


def image_folders(tree: Tree) -> dict[str, list[File]]:
    """The image files by top-level folder, without folders that have no images."""
    folders: dict[str, list[File]] = defaultdict(list)
    for file in image_files(tree):
        if file.folders:
            folders[file.folders[0]].append(file)
    return folders


def labels_by_folder(
    tree: Tree, folders: dict[str, list[File]], options: Options
) -> dict[File, str]:
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


def labels_by_name(files: list[File]) -> dict[File, str]:
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


def listed_labels(tree: Tree) -> dict[File, str]:
    """Labels from a CSV with file names, if there is one for these images."""
    images = {str(file.path): file for file in image_files(tree)}
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
