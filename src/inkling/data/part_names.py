"""Interprets file and folder names: part of the data, images or labels, dataset.

A name is split into words (`csvTrainImages 13440x1024`, `t10k-images.idx3-ubyte`, `X_train`), and
each word is looked up.
"""

import re
from dataclasses import dataclass
from typing import Literal

from inkling.data.raw import Role

Kind = Literal["images", "labels"]
ROLES: dict[str, Role] = {
    **dict.fromkeys(("train", "training", "trn", "tr", "learn"), "training"),
    **dict.fromkeys(("valid", "validation", "validate", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "te", "t10k", "eval", "evaluation"), "test"),
}
KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        ("images", "image", "imgs", "img", "x", "data", "features", "pixels"), "images"
    ),
    **dict.fromkeys(
        ("labels", "label", "lbl", "lbls", "y", "target", "targets", "classes"), "labels"
    ),
}
# Words that do not identify the dataset: `train-images.idx3-ubyte`.
FORMS = {
    "set", "sets", "split", "dataset", "png", "jpg", "jpeg", "csv", "npy", "npz", "mat", "parquet",
    "idx", "idx1", "idx2", "idx3", "ubyte", "ubytes", "int", "byte", "bytes",
}  # fmt: skip
# Other words in names of folders with one part of the data: `mnist_png_training`.
FILLERS = FORMS | {"data", "images", "image", "imgs", "img", "digits", "mnist", "folder", "32x32"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
GLUED = re.compile(r"^(x|y)(train|test|valid|val)$")


@dataclass(frozen=True)
class NameParts:
    """The parts of a name. `rest` are all other words."""

    role: Role | None
    kind: Kind | None
    rest: tuple[str, ...]


def read_name(name: str) -> NameParts:
    """Interprets a file name: the part, the kind and the dataset."""
    role: Role | None = None
    kind: Kind | None = None
    rest = []
    for word in words_of(name):
        if role is None and word in ROLES:
            role = ROLES[word]
        elif kind is None and word in KINDS:
            kind = KINDS[word]
        elif word not in FORMS and word not in KINDS:
            rest.append(word)
    return NameParts(role, kind, tuple(rest))


def words_of(name: str) -> list[str]:
    """The lower-case words of a name."""
    words = []
    for piece in re.split(r"[^A-Za-z0-9]+", name):
        if not piece:
            continue
        if piece.lower() in ROLES or re.fullmatch(r"(?i)idx\d|\d+x\d+", piece):
            words.append(piece.lower())
            continue
        if glued := GLUED.match(piece.lower()):
            words += glued.groups()
            continue
        words += [word.lower() for word in WORD.findall(piece)]
    return words


def role_of_folder(name: str) -> Role | None:
    """The part by the name of a folder (`Train`, `testSet`, `training-images`), or None.

    All words must match: a class called `train station` is not a part.
    """
    words = words_of(name)
    roles: list[Role] = sorted({ROLES[word] for word in words if word in ROLES})
    if len(roles) != 1 or any(word not in ROLES and word not in FILLERS for word in words):
        return None
    return roles[0]
