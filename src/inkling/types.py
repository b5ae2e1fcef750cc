"""The frozen data that flows between the stages. Imports numpy alone."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError

SIDE = 28  # pixels; height and width of every picture a network sees
MEAN = 0.1307  # of MNIST's training pixels, on the scale 0..1
STD = 0.3081  # likewise
GROUND = -MEAN / STD  # an empty pixel, once normalised
DIGIT_NAMES = tuple("0123456789")

Verdict = Literal["digits", "blank", "not-a-digit", "unsure"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MarkKind = Literal["point", "comma", "minus", "slash", "colon", "percent", "other"]
MARK_KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
Rotation = Literal[0, 90, 180, 270]


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled pictures: light ink on dark ground, as MNIST has them.

    `images` is (N, 28, 28) uint8, `labels` (N,) int64 in `range(len(classes))`.
    Both are made read-only. Raises `DataError` where they do not fit together.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...] = DIGIT_NAMES

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.images.shape[1:] != (SIDE, SIDE):
            raise DataError(f"images must be (N, {SIDE}, {SIDE}), got {self.images.shape}")
        if self.images.dtype != np.uint8:
            raise DataError(f"images must be uint8, got {self.images.dtype}")
        if self.labels.shape != (len(self.images),):
            raise DataError(f"{len(self.images)} images but labels of shape {self.labels.shape}")
        object.__setattr__(self, "labels", self.labels.astype(np.int64))
        if len(self.labels):
            low, high = int(self.labels.min()), int(self.labels.max())
            if low < 0 or high >= len(self.classes):
                raise DataError(f"labels run from {low} to {high}, not 0..{len(self.classes) - 1}")
        self.images.flags.writeable = False
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[np.integer]) -> "Digits":
        """The pictures at `indices` (K,), in that order."""
        return Digits(self.images[indices], self.labels[indices], self.classes)

    def counts(self) -> NDArray[np.int64]:
        """How many pictures each class has, (C,) int64."""
        return np.bincount(self.labels, minlength=len(self.classes))

    def sha256(self) -> str:
        """One hash over class names, labels and pixels: what a card names the data by."""
        digest = hashlib.sha256("\n".join(self.classes).encode())
        digest.update(np.ascontiguousarray(self.labels).tobytes())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Box:
    """A rectangle in the pixels of the picture as given; `x`, `y` is its top left corner."""

    x: int
    y: int
    w: int
    h: int

    def as_json(self) -> list[int]:
        """`[x, y, w, h]`."""
        return [self.x, self.y, self.w, self.h]


def digit_of(label: str) -> int | None:
    """The digit that a class name is, or None for a letter or another symbol."""
    return int(label) if label in DIGIT_NAMES else None


@dataclass(frozen=True)
class Alternative:
    """Another class that a box may show; `digit` is None where `label` is no digit."""

    digit: int | None
    confidence: float
    label: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", str(self.digit))

    def as_json(self) -> dict[str, Any]:
        """The entry that `read --json` prints."""
        return {
            "digit": self.digit,
            "label": self.label,
            "confidence": round(self.confidence, 6),
        }


@dataclass(frozen=True)
class Prediction:
    """One box of an image and the class read in it; `confidence` is a calibrated probability.

    `label` is the name of the class. `digit` is None where that is no digit, but a letter or
    another symbol.
    """

    digit: int | None
    confidence: float
    box: Box
    alternatives: tuple[Alternative, ...] = ()
    verdict: Verdict = "digits"
    doubts: tuple[str, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", str(self.digit))

    def as_json(self) -> dict[str, Any]:
        """The entry that `read --json` prints."""
        return {
            "digit": self.digit,
            "label": self.label,
            "confidence": round(self.confidence, 6),
            "box": self.box.as_json(),
            "verdict": self.verdict,
            "alternatives": [other.as_json() for other in self.alternatives],
            "doubts": list(self.doubts),
        }


@dataclass(frozen=True)
class Mark:
    """Ink that was found but not read as a digit: a known mark, or `other`."""

    kind: MarkKind
    box: Box

    def as_json(self) -> dict[str, Any]:
        """The entry that `read --json` prints."""
        return {"kind": self.kind, "box": self.box.as_json()}


@dataclass(frozen=True)
class Reading:
    """What the reader says of one image.

    `digits` are in reading order. `lines` lists, from top to bottom, the indices into `digits` of
    each line of text; `text` has a line break between lines, and a space between two numbers of
    one line. `others` is the ink that was not read. `rotation` is by how many degrees clockwise
    the image was rotated for reading; boxes are in the image as given.
    """

    image: str
    verdict: Verdict
    text: str
    digits: tuple[Prediction, ...] = field(default=())
    lines: tuple[tuple[int, ...], ...] = field(default=())
    others: tuple[Mark, ...] = field(default=())
    rotation: Rotation = 0

    def as_json(self) -> dict[str, Any]:
        """The entry that `read --json` prints."""
        return {
            "image": self.image,
            "verdict": self.verdict,
            "text": self.text,
            "digits": [digit.as_json() for digit in self.digits],
            "lines": [list(line) for line in self.lines],
            "others": [mark.as_json() for mark in self.others],
            "rotation": self.rotation,
        }
