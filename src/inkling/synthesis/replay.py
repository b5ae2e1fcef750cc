"""Makes the replay set that the wheel ships: a few of the reader's own training crops.

    python references/make_crops.py crops.npz
    python -m inkling.synthesis.replay crops.npz src/inkling/data/replay.npz

`inkling finetune` mixes them with a user's corrections, so that the reader does not forget
synthetic crops and what is no digit. The held-out crops come from digits and fonts that no
training crop comes from.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import find_source
from inkling.data.replay import pack
from inkling.files import replacing
from inkling.types import Digits

TRAINING, HELD_OUT = 6_000, 4_000
SEED = 17


def main() -> None:
    """Choose crops at random, and write the file."""
    crops, out = find_source(sys.argv[1]), Path(sys.argv[2])
    rng = np.random.default_rng(SEED)
    arrays: dict[str, NDArray] = {}
    for name, digits, count in (
        ("training", crops.load_training(), TRAINING),
        ("held_out", crops.load_test(), HELD_OUT),
    ):
        chosen = _choose(digits, count, rng)
        arrays[name] = pack(chosen.images)
        arrays[f"{name}_labels"] = chosen.labels.astype(np.uint8)
    with replacing(out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _choose(digits: Digits, count: int, rng: np.random.Generator) -> Digits:
    """`count` random crops, in an order that puts like beside like: it packs 5 % smaller."""
    chosen = rng.permutation(len(digits))[:count]
    return digits.take(chosen[np.argsort(digits.labels[chosen], kind="stable")])


if __name__ == "__main__":
    main()
