"""The replay set: some of the crops that the bundled reader learnt from, against forgetting.

`synthesis/replay.py` makes the file. Pixels are kept in 16 grey levels, two to a byte.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.reading.recognise.network import NONE
from inkling.types import DIGIT_NAMES, SIDE, Digits

FILE = Path(__file__).parent / "replay.npz"
CLASSES = (*DIGIT_NAMES, NONE)


@dataclass(frozen=True)
class Replay:
    """Synthetic crops of eleven classes; those held out share no digit and no font with others."""

    training: Digits
    held_out: Digits


def load_replay() -> Replay:
    """The replay set of the package. Raises `DataError` where its file is missing or damaged."""
    try:
        with np.load(FILE, allow_pickle=False) as arrays:
            parts = [
                Digits(unpack(arrays[name]), arrays[f"{name}_labels"].astype(np.int64), CLASSES)
                for name in ("training", "held_out")
            ]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{FILE} is missing or damaged, and finetune needs it: install inkling again"
        ) from error
    return Replay(*parts)


def pack(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 28, 28) uint8 as (N, 392): two pixels of 16 grey levels in each byte."""
    levels = np.rint(images.reshape(len(images), -1) / 17).astype(np.uint8)
    return np.asarray((levels[:, ::2] << 4) | levels[:, 1::2], np.uint8)


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 392) as `pack` makes them to (N, 28, 28) uint8."""
    levels = np.stack([packed >> 4, packed & 15], axis=2)
    return np.asarray(levels * 17, np.uint8).reshape(-1, SIDE, SIDE)
