"""Frozen data types that are passed between the stages: data sets, readings, boxes, predictions."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError

SIDE = 28  # pixels; height and width of the networks' input images
MEAN = 0.1307  # mean of MNIST's training pixels, scaled to 0..1
STD = 0.3081  # standard deviation of MNIST's training pixels, scaled to 0..1
BACKGROUND = -MEAN / STD  # the value of a background pixel after normalisation
DIGIT_NAMES = tuple("0123456789")

Verdict = Literal["digits", "blank", "not-a-digit", "unsure"]
MarkKind = Literal["point", "comma", "minus", "slash", "colon", "percent", "other"]
Rotation = Literal[0, 90, 180, 270]


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled images: light ink on a dark background, as in MNIST.

    `images` is (N, 28, 28) uint8, `labels` (N,) int64 in `range(len(classes))`. Both become
    read-only. Raises `DataError` if shapes, types or labels do not match.
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
        """The images and labels at `indices` (K,), in that order."""
        return Digits(self.images[indices], self.labels[indices], self.classes)

    def counts(self) -> NDArray[np.int64]:
        """The number of images of each class, (C,) int64."""
        return np.bincount(self.labels, minlength=len(self.classes))

    def sha256(self) -> str:
        """The SHA-256 of class names, labels and pixels. Cards identify data by it."""
        digest = hashlib.sha256("\n".join(self.classes).encode())
        digest.update(np.ascontiguousarray(self.labels).data)
        digest.update(np.ascontiguousarray(self.images).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the image as given.

    Attributes
    ----------
    x, y
        The top left corner.
    w, h
        Width and height.
    """

    x: int
    y: int
    w: int
    h: int

    def as_json(self) -> list[int]:
        """`[x, y, w, h]`."""
        return [self.x, self.y, self.w, self.h]


def digit_of(label: str) -> int | None:
    """The value of a digit class, or None for a letter or another symbol."""
    return int(label) if label in DIGIT_NAMES else None


@dataclass(frozen=True)
class Alternative:
    """Another possible class for a box. `digit` is None if `label` is not a digit."""

    digit: int | None
    confidence: float
    label: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", str(self.digit))

    def as_json(self) -> dict[str, Any]:
        """The entry in the output of `read --json`."""
        return {"digit": self.digit, "label": self.label, "confidence": round(self.confidence, 6)}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Alternative":
        """The inverse of `as_json`. `label` may be missing."""
        return cls(entry["digit"], entry["confidence"], entry.get("label", ""))


@dataclass(frozen=True)
class Prediction:
    """One box of an image and the class that was read in it.

    Attributes
    ----------
    digit
        The digit 0 to 9, or None for a class that is a letter or another symbol.
    confidence
        The calibrated probability of the class, 0 to 1.
    box
        The position in pixels of the image.
    alternatives
        Up to three other classes with their probabilities, the most likely one first.
    verdict
        `digits`, `unsure` (below the model's threshold) or `not-a-digit`.
    doubts
        Reasons for doubt, in words.
    label
        The name of the class.
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
        """The entry in the output of `read --json`."""
        return {
            "digit": self.digit,
            "label": self.label,
            "confidence": round(self.confidence, 6),
            "box": self.box.as_json(),
            "verdict": self.verdict,
            "alternatives": [other.as_json() for other in self.alternatives],
            "doubts": list(self.doubts),
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Prediction":
        """The inverse of `as_json`. `label` may be missing."""
        return cls(
            entry["digit"],
            entry["confidence"],
            Box(*entry["box"]),
            tuple(Alternative.from_json(other) for other in entry["alternatives"]),
            entry["verdict"],
            tuple(entry["doubts"]),
            entry.get("label", ""),
        )


@dataclass(frozen=True)
class Mark:
    """Ink that was not read as a digit: a known mark, or `other`."""

    kind: MarkKind
    box: Box

    def as_json(self) -> dict[str, Any]:
        """The entry in the output of `read --json`."""
        return {"kind": self.kind, "box": self.box.as_json()}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Mark":
        """The inverse of `as_json`."""
        return cls(entry["kind"], Box(*entry["box"]))


@dataclass(frozen=True)
class Reading:
    """The result of reading one image.

    Attributes
    ----------
    image
        The name of the image.
    verdict
        `digits`, `unsure`, `not-a-digit` or `blank`.
    text
        All labels, with a newline between lines and a space between two numbers of a line.
    digits
        A `Prediction` per digit, in reading order. Boxes refer to the image as given.
    lines
        For each line of text, from top to bottom, the indices into `digits`.
    others
        Ink that was not read as a digit, such as points, commas and slashes.
    rotation
        The clockwise rotation of the image, in degrees, at which it was read.
    """

    image: str
    verdict: Verdict
    text: str
    digits: tuple[Prediction, ...] = field(default=())
    lines: tuple[tuple[int, ...], ...] = field(default=())
    others: tuple[Mark, ...] = field(default=())
    rotation: Rotation = 0

    def as_json(self) -> dict[str, Any]:
        """The entry in the output of `read --json`."""
        return {
            "image": self.image,
            "verdict": self.verdict,
            "text": self.text,
            "digits": [digit.as_json() for digit in self.digits],
            "lines": [list(line) for line in self.lines],
            "others": [mark.as_json() for mark in self.others],
            "rotation": self.rotation,
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Reading":
        """The inverse of `as_json`. `lines`, `others` and `rotation` may be missing."""
        return cls(
            entry["image"],
            entry["verdict"],
            entry["text"],
            tuple(Prediction.from_json(digit) for digit in entry["digits"]),
            tuple(tuple(line) for line in entry.get("lines", ())),
            tuple(Mark.from_json(mark) for mark in entry.get("others", ())),
            entry.get("rotation", 0),
        )
