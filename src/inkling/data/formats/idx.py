"""Finds IDX files of any name: MNIST, torchvision's folders, EMNIST, Kuzushiji, QMNIST."""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np

from inkling.data.idx import read_any_idx
from inkling.data.options import Options, ask
from inkling.data.part_names import Kind, read_name, role_of_folder, words_of
from inkling.data.raw import FoundData, RawImages, RawPart, Role, whole
from inkling.data.tree import File, Tree
from inkling.errors import DataError

UPPER = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
DIGIT_NAMES = tuple("0123456789")
# Cohen, Afshar, Tapson and van Schaik, 2017: lower case letters that look like capitals are merged.
MERGED_LETTERS = (*DIGIT_NAMES, *UPPER, *"abdefghnqrt")
EMNIST: dict[str, tuple[tuple[str, ...], int]] = {
    "letters": (UPPER, 1),
    "balanced": (MERGED_LETTERS, 0),
    "bymerge": (MERGED_LETTERS, 0),
    "byclass": ((*DIGIT_NAMES, *UPPER, *(letter.lower() for letter in UPPER)), 0),
}
SILENT = {"raw", "gzip", "images", "labels", "image", "label", "processed"}


@dataclass(frozen=True)
class _Idx:
    """One IDX file with the information in its name and header."""

    file: File
    role: Role
    kind: Kind
    words: tuple[str, ...]  # the dataset, if a folder has several


def find(tree: Tree, options: Options) -> FoundData | None:
    """Finds the IDX files of `tree`. Raises `DataError` if they are not one dataset."""
    files = [described for file in tree.files if (described := _describe(file)) is not None]
    if not files:
        return None
    words, chosen = _choose(tree, files, options)
    roles: tuple[Role, ...] = ("training", "validation", "test", "all")
    parts = [_part(tree, role, chosen) for role in roles if any(f.role == role for f in chosen)]
    emnist = "emnist" in words
    classes, first = next((EMNIST[word] for word in words if emnist and word in EMNIST), (None, 0))
    notes = ("EMNIST stores its images transposed",) if emnist else ()
    count = "one IDX file" if len(chosen) == 1 else f"{len(chosen)} IDX files"
    return FoundData(
        count, tuple(parts), notes, "transposed" if emnist else "upright", classes, first
    )


def _describe(file: File) -> _Idx | None:
    """Describes a file, or None if neither its name nor its first bytes are those of IDX."""
    words = words_of(file.name)
    named = any(word.startswith(("idx", "ubyte")) for word in words)
    if not named and file.suffix not in ("", ".idx", ".bin"):
        return None
    magic = file.head(4)
    is_idx = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in (8, 9, 11, 12, 13, 14)
    if not named and not is_idx:
        return None
    said = read_name(file.name)
    role = said.role
    for folder in reversed(file.folders):
        role = role or role_of_folder(folder)
    kind: Kind = said.kind or ("images" if is_idx and magic[3] >= 3 else "labels")
    own = tuple(
        word
        for folder in file.folders
        if words_of(folder) != words and not role_of_folder(folder)
        for word in words_of(folder)
        if word not in SILENT
    )
    return _Idx(file, role or "all", kind, (*own, *said.rest))


def _choose(tree: Tree, files: list[_Idx], options: Options) -> tuple[tuple[str, ...], list[_Idx]]:
    """The files of one dataset: the only one, or the one that `split` names."""
    sets: dict[tuple[str, ...], list[_Idx]] = defaultdict(list)
    for each in files:
        sets[each.words].append(each)
    wanted = options.get("split")
    if wanted is not None:
        sets = {
            words: members
            for words, members in sets.items()
            if wanted in words or wanted == "-".join(words)
        }
    if len(sets) != 1:
        names = sorted({words[-1] if words else "unnamed" for words in (sets or _by_words(files))})
        question = f"{tree.name} contains several datasets: {', '.join(names)}"
        if not sets:
            question = f"{tree.name} contains no dataset '{wanted}' but {', '.join(names)}"
        raise ask(tree.name, question, "split", *names)
    ((words, members),) = sets.items()
    return words, members


def _by_words(files: list[_Idx]) -> set[tuple[str, ...]]:
    return {each.words for each in files}


def _part(tree: Tree, role: Role, files: list[_Idx]) -> RawPart:
    images, labels = (_only(tree, role, kind, files) for kind in ("images", "labels"))
    if images is None:
        present = labels.label if labels else role
        raise DataError(f"{tree.name} has labels ({present}) but no images for them")
    chunks = whole(partial(_read, images, labels))
    return RawPart(role, images.label, chunks, labelled=labels is not None)


def _only(tree: Tree, role: Role, kind: Kind, files: list[_Idx]) -> File | None:
    """The only file of a part. Copies of the same content, packed or not, count once."""
    found = [each.file for each in files if each.role == role and each.kind == kind]
    if not found:
        return None
    found.sort(key=lambda file: (file.packed, len(file.folders)))
    first, *others = found
    for other in others:
        if other.read() != first.read():
            raise DataError(
                f"{tree.name} has two different files of {role} {kind}: {first.path} and "
                f"{other.path}. Keep one of them"
            )
    return first


def _read(images: File, labels: File | None) -> RawImages:
    # Labels first: they are small, so errors are found before the images are read.
    answers = None if labels is None else read_any_idx(labels.read(), labels.label)
    if answers is not None and answers.ndim == 2:
        answers = answers[:, 0]  # QMNIST: the class, then writer and origin
    if answers is not None and answers.ndim != 1:
        raise DataError(f"{labels.label if labels else ''} has {answers.ndim} dimensions, not 1")
    pixels = read_any_idx(images.read(), images.label)
    if pixels.ndim not in (2, 3, 4):
        raise DataError(f"{images.label} has {pixels.ndim} dimensions instead of 3")
    if answers is not None and len(pixels) != len(answers):
        raise DataError(
            f"{images.label} has {len(pixels):,} images, "
            f"{labels.label if labels else ''} {len(answers):,} labels"
        )
    return RawImages(_square(pixels, images.label), answers)


def _square(pixels: np.ndarray, name: str) -> np.ndarray:
    from inkling.data.pixels import images_first

    return images_first(pixels, len(pixels), name, Options())
