"""A `Source` of the user's own files: finds the format, reads and converts on demand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.archive import is_archive, tree_of_archive
from inkling.data.fetch import Notify
from inkling.data.formats.registry import find_data
from inkling.data.interpretation import Interpretation, interpret
from inkling.data.options import Options
from inkling.data.raw import FoundData, RawImages, RawPart, Role
from inkling.data.splits import TEST_FRACTION, TEST_SEED, stratified_split
from inkling.data.tree import Tree, tree_of_file, tree_of_folder
from inkling.errors import DataError
from inkling.reading.recognise.network import NONE
from inkling.types import Digits

EMPTY = ("blank", NONE, "not-a-digit")  # classes whose images may be empty
LISTED_IMAGES = 3  # greatest number of images without ink to list in the notice


def open_tree(path: Path) -> Tree:
    """Opens a folder, an archive or a single file. Raises `DataError`."""
    if path.is_dir():
        return tree_of_folder(path)
    return tree_of_archive(path) if is_archive(path) else tree_of_file(path)


@dataclass(frozen=True)
class OwnData:
    """Data in the user's files. Each part is read when it is needed, once."""

    name: str
    found: FoundData
    options: Options
    notify: Notify | None = None

    @property
    def has_test(self) -> bool:
        """Whether the data has a test part."""
        return self.found.part("test") is not None

    @property
    def has_validation(self) -> bool:
        """Whether the data itself names its validation part."""
        return self.found.part("validation") is not None

    @cached_property
    def _learnt(self) -> tuple[Interpretation, Digits]:
        """The training part, and its interpretation."""
        part = self.found.part("training") or self.found.part("all")
        if part is None:
            roles = ", ".join(part.role for part in self.found.parts)
            raise DataError(f"{self.name} has no training part, only: {roles}")
        raw = part.read()
        if not part.labelled:
            raise DataError(
                f"{part.label} has images but no labels, so it cannot be used for training. "
                "Use inkling predict for such data"
            )
        chosen = interpret(self.found, raw, self.name, self.options)
        said = chosen.sentences()[1:]
        if self.notify and said:
            self.notify(f"{self.name}: {'; '.join(said)}")
        return chosen, self._digits(part, raw, chosen)

    @property
    def interpretation(self) -> Interpretation:
        """The interpretation, decided on the training part, or on other parts without one."""
        if self.found.part("training") or self.found.part("all"):
            return self._learnt[0]
        return interpret(self.found, self.found.parts[0].read(), self.name, self.options)

    def training(self) -> Digits:
        """The training images, without the fifth that is held out if there is no test part."""
        return self._learnt[1] if self.has_test else self._held(0)

    def validation(self) -> Digits:
        """The validation part."""
        return self._part("validation")

    def test(self) -> Digits:
        """The test part, or the fifth that is held out."""
        return self._part("test") if self.has_test else self._held(1)

    def everything(self) -> Digits:
        """The test part, or all images if there is none."""
        return self._part("test") if self.has_test else self._learnt[1]

    def _held(self, index: int) -> Digits:
        digits = self._learnt[1]
        held_out = round(len(digits) * TEST_FRACTION)
        return digits.take(stratified_split(digits.labels, held_out, TEST_SEED)[index])

    def _part(self, role: Role) -> Digits:
        part = self.found.part(role)
        if part is None:
            raise DataError(f"{self.name} has no {role} part")
        return self._digits(part, part.read(), self.interpretation)

    def _digits(self, part: RawPart, raw: RawImages, chosen: Interpretation) -> Digits:
        digits = chosen.digits(raw, part.label)
        if self.notify and raw.ids is not None and isinstance(raw.pixels, list):
            report_empty(digits, raw.ids, part.label, self.notify)
        return digits

    def describe(self) -> dict[str, Any]:
        """The interpretation, for the card and `inkling data`."""
        return self.interpretation.as_json()


def open_own(path: Path, options: Options, text: str, notify: Notify | None) -> OwnData:
    """Opens the data at `path`. `text` is the user's argument. Raises `DataError`."""
    return OwnData(text, find_data(open_tree(path), options), options, notify)


def report_empty(digits: Digits, ids: tuple[str, ...], label: str, notify: Notify) -> None:
    """Reports image files without ink. They still count, or the accuracy would be too high."""
    allowed = [digits.classes.index(name) for name in EMPTY if name in digits.classes]
    blank = ~digits.images.reshape(len(digits), -1).any(axis=1) & ~np.isin(digits.labels, allowed)
    empty = [ids[place] for place in np.nonzero(blank)[0]]
    if not empty:
        return
    more = f" and {len(empty) - LISTED_IMAGES:,} more" if len(empty) > LISTED_IMAGES else ""
    notify(
        f"note: {len(empty):,} of the {len(digits):,} images of {label} have no ink "
        f"and count as empty images: {', '.join(empty[:LISTED_IMAGES])}{more}"
    )


@dataclass(frozen=True)
class Portion:
    """Some images to predict: `ids` (n) and `images` (n, 28, 28) uint8, light ink on dark."""

    ids: tuple[str, ...]
    images: NDArray[np.uint8]


@dataclass(frozen=True)
class ToPredict:
    """Images to predict labels for, in order. `part` tells which part of the data they are."""

    part: str
    count: int | None
    portions: Callable[[], Iterator[Portion]]


def to_predict(own: OwnData) -> ToPredict:
    """The part without labels, else the test part, else all images. Labels are ignored."""
    part = own.found.part("unlabelled") or own.found.part("test") or own.found.parts[0]
    roles = {"all": "everything", "unlabelled": "the part without labels"}

    def portions() -> Iterator[Portion]:
        chosen: Interpretation | None = None
        start = 0
        for raw in part.chunks():
            if chosen is None:
                bare = RawImages(raw.pixels)
                known = own.found.part("training") is not None
                chosen = (
                    own.interpretation
                    if known
                    else interpret(own.found, bare, own.name, own.options)
                )
            ids = raw.ids or tuple(str(n) for n in range(start, start + len(raw)))
            start += len(raw)
            yield Portion(ids, chosen.images(raw, part.label))

    return ToPredict(roles.get(part.role, f"the {part.role} part"), part.count, portions)
