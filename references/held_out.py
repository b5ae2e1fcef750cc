"""Common code of the bundle scripts: arguments, held-out crops, and the final message."""

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import find_source
from inkling.errors import DataError
from inkling.evaluation.classifier import Classifier, load_classifier
from inkling.training.run_folder import sha256_of
from inkling.types import Digits


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A trained run, the file to write, and the held-out crops in two halves."""

    classifier: Classifier
    out: Path
    crops: Digits
    fitted: NDArray[np.int64]
    measured: NDArray[np.int64]
    hashes: dict[str, str]


def halves(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of the held-out crops to calibrate on, and of those to measure on."""
    order = np.random.default_rng(0).permutation(count)
    return order[::2], order[1::2]


def read_held_out(description: str | None) -> HeldOut:
    """Parses and reads RUN, CROPS and OUT. Raises `DataError` if no crops are held out."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("crops", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    crops = find_source(str(options.crops))
    if not crops.has_test:
        raise DataError(f"{options.crops} has no held-out part")
    training, held = crops.load_training(), crops.load_test()
    hashes = {
        "weights": sha256_of(options.run / "model.safetensors"),
        "training_crops": training.sha256(),
        "held_out_crops": held.sha256(),
    }
    classifier = load_classifier(options.run, "cpu")
    return HeldOut(classifier, options.out, held, *halves(len(held)), hashes)


def report(path: Path, card: dict[str, Any]) -> None:
    """Prints the size, hash and card of a written file."""
    size, digest = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    print(json.dumps({"file": str(path), "bytes": size, "sha256": digest, "card": card}))
