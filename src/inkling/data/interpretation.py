"""Decides how stored images and labels are converted, once, from the training data.

All other parts are converted in the same way, and the card records it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data import evidence
from inkling.data.fit import MAX_ARRAY_SIDE, RULES, dark_ink, fit_images, fit_photo
from inkling.data.labels import (
    MEANINGS,
    LabelRule,
    Meaning,
    as_numbers,
    clean_labels,
    could_shift,
    make_rule,
)
from inkling.data.options import Options, ask
from inkling.data.pixels import PixelScale, choose_scale, to_grey
from inkling.data.raw import FoundData, RawImages
from inkling.errors import DataError
from inkling.types import SIDE, Digits


@dataclass(frozen=True)
class Interpretation:
    """The decisions. `scale` is None for image files, whose pixel range is known."""

    form: str
    size: str
    scale: PixelScale | None
    dark: bool
    transposed: bool
    fit: str
    labels: LabelRule | None
    notes: tuple[str, ...] = ()

    def images(self, raw: RawImages, label: str) -> NDArray[np.uint8]:
        """Converts stored images to (N, 28, 28) uint8, light ink on dark."""
        if isinstance(raw.pixels, list):
            images = np.stack([fit_photo(image, self.fit) for image in raw.pixels])
            return images.transpose(0, 2, 1).copy() if self.transposed else images
        if self.scale is None:
            raise DataError(f"{label} mixes arrays and image files")
        grey = to_grey(self.scale.apply(raw.pixels, label, raw.first_row))
        if self.dark:
            grey = 255 - grey
        if self.transposed:
            grey = grey.transpose(0, 2, 1)
        return np.ascontiguousarray(fit_images(grey, self.fit))

    def digits(self, raw: RawImages, label: str) -> Digits:
        """Converts stored images with labels. Raises `DataError` if they do not match."""
        if raw.labels is None or self.labels is None:
            raise DataError(f"{label} has no labels. Use inkling predict for such data")
        check_lengths(raw, label)
        labels = self.labels.apply(
            clean_labels(raw.labels, label, raw.first_row), label, raw.first_row
        )
        return Digits(self.images(raw, label), labels, self.labels.classes)

    def as_json(self) -> dict[str, Any]:
        """The entry about the conversion in the card and in `data --json`."""
        return {
            "form": self.form,
            "size": self.size,
            "resize": None if self.size == f"{SIDE}x{SIDE}" else RULES[self.fit],
            "pixels": self.scale.name if self.scale else "image files",
            "inverted": self.dark,
            "transposed": self.transposed,
            "labels": MEANINGS[self.labels.meaning] if self.labels else "none",
            "notes": list(self.notes),
        }

    def sentences(self) -> list[str]:
        """The conversions and decisions, as sentences."""
        lines = [f"{self.form}, images of {self.size}", *self.notes]
        if self.size != f"{SIDE}x{SIDE}":
            lines.append(f"converted to {SIDE}x{SIDE}: {RULES[self.fit]}")
        if self.scale and self.scale.name != "0 to 255":
            lines.append(f"pixel values: {self.scale.name}")
        if self.dark:
            lines.append("inverted: the ink is dark on a light background")
        if self.transposed:
            lines.append("transposed: rows and columns are stored in swapped order")
        if self.labels and self.labels.meaning != "as-is":
            lines.append(MEANINGS[self.labels.meaning])
        return lines


def interpret(found: FoundData, raw: RawImages, name: str, options: Options) -> Interpretation:
    """Decide from training images `raw`. Raises `DataError` that asks for an option, where two
    readings are possible.
    """
    array = raw.pixels if isinstance(raw.pixels, np.ndarray) else None
    scale = None if array is None else choose_scale(array, name, options, raw.first_row)
    dark = False
    if array is not None and scale is not None:
        dark = dark_ink(to_grey(scale.apply(array[evidence.sample(len(array))], name)))
    draft = Interpretation(
        form=found.form,
        size=_size(raw),
        scale=scale,
        dark=dark,
        transposed=(options.get("orientation") or found.orientation) == "transposed",
        fit=options.get("fit") or "ink",
        labels=None,
        notes=found.notes,
    )
    if raw.labels is None:
        return draft
    check_lengths(raw, name)
    labels = clean_labels(raw.labels, name, raw.first_row)
    meaning, transposed = _settle(found, raw, labels, draft, name, options)
    rule = make_rule(
        labels,
        name,
        meaning,
        found.classes,
        found.first_label,
        raw.first_row,
        explicit=options.get("labels") is not None,
    )
    return Interpretation(**{**vars(draft), "labels": rule, "transposed": transposed})


def _settle(
    found: FoundData,
    raw: RawImages,
    labels: NDArray,
    draft: Interpretation,
    name: str,
    options: Options,
) -> tuple[Meaning, bool]:
    """The meaning of the labels and the orientation, by the options or by reading the images."""
    numbers = as_numbers(labels)
    meanings = _meanings(numbers, found, options)
    fixed = options.get("orientation") or _photos(raw)
    orientations = [draft.transposed] if fixed else [False, True]
    if len(meanings) == 1 and (len(orientations) == 1 or not _digit_labels(numbers)):
        if found.orientation == "unknown" and len(orientations) > 1:
            raise _ask_orientation(name)
        return meanings[0], draft.transposed
    accuracies = (
        {} if numbers is None else _accuracies(raw, numbers, meanings, orientations, draft, name)
    )
    best = evidence.choose(accuracies) if accuracies else None
    if best is not None:
        meaning, turned = best.split("/")
        return next(each for each in meanings if each == meaning), turned == "transposed"
    if len(meanings) > 1:
        raise ask(
            name, f"{name}: labels run from 1 to 10; either 10 or 1 means the digit 0", "labels",
            "ten-is-zero", "from-one", "as-is",
        )  # fmt: skip
    if found.orientation == "unknown" and len(orientations) > 1:
        raise _ask_orientation(name)
    return meanings[0], draft.transposed


def _photos(raw: RawImages) -> bool:
    """Whether there are image files larger than thumbnails, which are always upright."""
    return (
        isinstance(raw.pixels, list) and max(max(i.shape[:2]) for i in raw.pixels) > MAX_ARRAY_SIDE
    )


def _ask_orientation(name: str) -> DataError:
    return ask(
        name,
        f"{name} may store its images row by row or column by column",
        "orientation",
        "upright",
        "transposed",
    )


def _meanings(
    labels: NDArray[np.int64] | None, found: FoundData, options: Options
) -> list[Meaning]:
    given = options.get("labels") or found.meaning
    if given:
        return [meaning for meaning in MEANINGS if meaning == given]
    if could_shift(labels) and found.classes is None:
        return ["ten-is-zero", "from-one"]
    return ["as-is"]


def _digit_labels(labels: NDArray[np.int64] | None) -> bool:
    """Whether the labels may be digits, so that the digit network can read the images."""
    return labels is not None and len(labels) > 0 and labels.max() <= 10


def _accuracies(
    raw: RawImages,
    labels: NDArray[np.int64],
    meanings: list[Meaning],
    orientations: list[bool],
    draft: Interpretation,
    name: str,
) -> dict[str, float]:
    """The accuracy of the bundled network under each hypothesis."""
    places = evidence.sample(len(labels))
    if len(places) < evidence.ENOUGH:
        return {}
    pixels = (
        [raw.pixels[place] for place in places]
        if isinstance(raw.pixels, list)
        else raw.pixels[places]
    )
    accuracies = {}
    for transposed in orientations:
        chosen = Interpretation(**{**vars(draft), "transposed": transposed})
        answers = evidence.read_digits(chosen.images(RawImages(pixels), name))
        for meaning in meanings:
            digits = labels[places]
            if meaning != "as-is":
                digits = digits % 10 if meaning == "ten-is-zero" else digits - 1
            turned = "transposed" if transposed else "upright"
            accuracies[f"{meaning}/{turned}"] = float((answers == digits).mean())
    return accuracies


def check_lengths(raw: RawImages, name: str) -> None:
    """Raises `DataError` if images and labels differ in number."""
    if raw.labels is not None and len(raw.labels) != len(raw):
        raise DataError(f"{name} has {len(raw):,} images but {len(raw.labels):,} labels")


def _size(raw: RawImages) -> str:
    """The size of the images as stored, height x width."""
    if isinstance(raw.pixels, np.ndarray):
        height, width = raw.pixels.shape[1:3]
        return f"{height}x{width}"
    sizes = {image.shape[:2] for image in raw.pixels}
    if len(sizes) == 1:
        height, width = sizes.pop()
        return f"{height}x{width}"
    return "various sizes"
