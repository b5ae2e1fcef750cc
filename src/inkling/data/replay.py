"""The replay set for finetuning: a sample of the bundled reader's training crops.

Finetuning mixes them in, so that the model does not forget them. `synthesis/replay.py` makes the
file. Pixels have 16 grey levels; a byte stores two.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.errors import DataError
from inkling.reading.recognise.network import NONE
from inkling.types import DIGIT_NAMES, SIDE, Digits

REPLAY_FILE = Path(__file__).parent / "replay.npz"
CLASSES = (*DIGIT_NAMES, NONE)


@dataclass(frozen=True)
class Replay:
    """Synthetic crops of eleven classes. Held-out crops use other digits and fonts."""

    training: Digits
    held_out: Digits


def load_replay() -> Replay:
    """Loads the bundled replay set. Raises `DataError` if its file is missing or damaged."""
    try:
        with np.load(REPLAY_FILE, allow_pickle=False) as arrays:
            parts = [
                Digits(unpack(arrays[name]), arrays[f"{name}_labels"].astype(np.int64), CLASSES)
                for name in ("training", "held_out")
            ]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{REPLAY_FILE} is missing or damaged. Install inkling again") from error
    return Replay(*parts)


def pack(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Packs (N, 28, 28) uint8 to (N, 392): two pixels of 16 grey levels per byte."""
    levels = np.rint(images.reshape(len(images), -1) / 17).astype(np.uint8)
    return np.asarray((levels[:, ::2] << 4) | levels[:, 1::2], np.uint8)


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Unpacks (N, 392) to (N, 28, 28) uint8."""
    levels = np.stack([packed >> 4, packed & 15], axis=2)
    return np.asarray(levels * 17, np.uint8).reshape(-1, SIDE, SIDE)
