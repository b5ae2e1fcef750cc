"""Finds the parts of a dataset among named arrays, for `.npz`, `.npy` and `.mat`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inkling.data.options import Options
from inkling.data.part_names import Kind, read_name
from inkling.data.pixels import images_first, square_side
from inkling.data.raw import FoundData, RawImages, RawPart, Role, whole
from inkling.errors import DataError

CLASS_NAMES = {
    "classes",
    "class_names",
    "classnames",
    "target_names",
    "label_names",
    "labels_names",
}
MOST_CLASSES = 62  # as in EMNIST; wider rows are not one-hot labels
PER_DIGIT = re.compile(r"^(train|test)(\d)$")  # mnist_all.mat: train0 ... test9


@dataclass(frozen=True)
class ArrayRef:
    """An array that is loaded when it is needed. `key` is its name in the file."""

    key: str
    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], NDArray]

    @property
    def is_images(self) -> bool:
        """Whether the array may hold images, by its shape."""
        if self.dtype.kind not in "uifb":
            return False
        if len(self.shape) >= 3:
            return True
        return len(self.shape) == 2 and any(square_side(side) for side in self.shape[::-1])

    @property
    def is_labels(self) -> bool:
        """Whether the array may hold labels, by its shape: one per image, or one-hot rows."""
        return len(self.shape) == 1 or (len(self.shape) == 2 and min(self.shape) < 200)


def found_arrays(refs: list[ArrayRef], name: str, form: str, options: Options) -> FoundData:
    """Finds the parts in arrays. Raises `DataError` with the contents of the file."""
    refs = [ref for ref in refs if ref.shape and ref.dtype.kind in "uifbUSO"]
    named = [ref for ref in refs if ref.key.lower() in CLASS_NAMES and ref.dtype.kind in "USO"]
    rest = [ref for ref in refs if ref not in named]
    names = None
    if len(named) == 1 and len(rest) > 1:
        names = tuple(str(each) for each in named[0].load().ravel())
    else:
        rest = refs
    pairs = _pairs(rest, name, options)
    parts = tuple(_part(role, images, labels, name, options) for role, images, labels in pairs)
    if any(part.labelled for part in parts):
        parts = tuple(
            replace(part, role="unlabelled") if not part.labelled else part for part in parts
        )
    return FoundData(form, parts, classes=names)


_Pair = tuple[Role, ArrayRef, ArrayRef | None]


def _pairs(refs: list[ArrayRef], name: str, options: Options) -> list[_Pair]:
    """The images of each part with their labels."""
    if options.get("train"):
        return _told_pairs(refs, name, options)
    roles: dict[Role, dict[Kind, list[ArrayRef]]] = {}
    for ref in refs:
        kind = _kind(ref)
        if kind:
            role = read_name(ref.key).role or "all"
            roles.setdefault(role, {"images": [], "labels": []})[kind].append(ref)
    pairs: list[_Pair] = []
    for role, kinds in roles.items():
        images, labels = kinds["images"], kinds["labels"]
        if len(images) > 1 and len({ref.key.lower() for ref in images} & {"x", "images"}) == 1:
            images = [ref for ref in images if ref.key.lower() in ("x", "images")]
        if not images:
            continue
        if len(images) > 1 or len(labels) > 1:
            raise DataError(_several(refs, name))
        pairs.append((role, images[0], labels[0] if labels else None))
    if not pairs:
        raise DataError(
            f"{name} contains {_contents(refs)}; expected images (N, 28, 28) or (N, 784) and "
            "labels (N,), as images and labels, X and y, or x_train, y_train, x_test and y_test"
        )
    if len(pairs) > 1 and any(role == "all" for role, _, _ in pairs):
        pairs = [pair for pair in pairs if pair[0] != "all" or pair[2] is not None]
    return pairs


def _kind(ref: ArrayRef) -> Kind | None:
    """Images or labels, by the name of the array, or else by its shape."""
    said = read_name(ref.key).kind
    if said is None and "output" in ref.key.lower():
        said = "labels"
    if said == "images" and (ref.is_images or len(ref.shape) > 1):
        return "images"
    if said == "labels" and ref.is_labels:
        return "labels"
    if (
        said is None
        and ref.is_images
        and (len(ref.shape) > 2 or max(ref.shape[1:2], default=0) > MOST_CLASSES)
    ):
        return "images"
    if said is None and ref.is_labels and ref.dtype.kind in "uifbUSO":
        return "labels"
    return "images" if ref.is_images else None


def _told_pairs(refs: list[ArrayRef], name: str, options: Options) -> list[_Pair]:
    """The parts of the options `train` and `test`, with the labels of the same length."""
    by_key = {ref.key: ref for ref in refs}
    pairs: list[_Pair] = []
    roles: tuple[tuple[Role, str], ...] = (
        ("training", "train"), ("validation", "validation"), ("test", "test")
    )  # fmt: skip
    for role, option in roles:
        key = options.get(option)
        if key is None:
            continue
        if key not in by_key:
            raise DataError(f"{name} has no array '{key}'; it contains {_contents(refs)}")
        images = by_key[key]
        labels = [
            ref
            for ref in refs
            if ref.is_labels and not ref.is_images and ref.shape[0] in images.shape
        ]
        if len(labels) != 1:
            raise DataError(f"{name}: the array of labels for '{key}' is ambiguous or missing")
        pairs.append((role, images, labels[0]))
    return pairs


def _several(refs: list[ArrayRef], name: str) -> str:
    images = [ref.key for ref in refs if _kind(ref) == "images"]
    first, second = (*images, "ARRAY", "ARRAY")[:2]
    return (
        f"{name} contains {_contents(refs)}; it is ambiguous which arrays belong together. "
        f"Name the image arrays with --data '{name}#train={first},test={second}'"
    )


def _contents(refs: list[ArrayRef]) -> str:
    return ", ".join(f"{ref.key} {ref.dtype}{list(ref.shape)}" for ref in refs) or "nothing"


def _part(
    role: Role, images: ArrayRef, labels: ArrayRef | None, name: str, options: Options
) -> RawPart:
    read = partial(_read, images, labels, name, options)
    return RawPart(role, name, whole(read), labelled=labels is not None)


def _read(images: ArrayRef, labels: ArrayRef | None, name: str, options: Options) -> RawImages:
    if 0 in images.shape:
        raise DataError(f"{name}: there is no image in '{images.key}'")
    answers = None if labels is None else labels.load()
    if answers is not None and answers.ndim == 2 and answers.shape[0] == 1:
        answers = answers[0]
    count = None if answers is None else len(answers)
    pixels = images_first(images.load(), count, f"{name}: {images.key}", options)
    if answers is not None and len(pixels) != len(answers) and answers.ndim == 2:
        answers = answers.T  # one-hot columns, as MATLAB stores them
    if answers is not None and len(pixels) != len(answers):
        raise DataError(f"{name} has {len(pixels):,} images but {len(answers):,} labels")
    return RawImages(pixels, answers)


def per_digit(refs: Mapping[str, ArrayRef], name: str, options: Options) -> list[RawPart]:
    """The parts of a file with one array per digit (`train0` to `train9`); else empty."""
    by_part: dict[Role, dict[int, ArrayRef]] = {}
    for key, ref in refs.items():
        match = PER_DIGIT.match(key)
        if match and ref.is_images:
            role: Role = "training" if match.group(1) == "train" else "test"
            by_part.setdefault(role, {})[int(match.group(2))] = ref

    def read(arrays: dict[int, ArrayRef]) -> RawImages:
        digits = sorted(arrays)
        rows = [images_first(arrays[d].load(), None, name, options) for d in digits]
        counts = [len(each) for each in rows]
        return RawImages(np.concatenate(rows), np.repeat(np.array(digits), counts))

    return [
        RawPart(role, name, whole(partial(read, arrays)))
        for role, arrays in by_part.items()
        if len(arrays) > 1
    ]
