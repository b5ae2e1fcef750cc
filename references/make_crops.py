"""Makes the reader's training data: crops that the reader cuts from rendered images.

    python -m inkling.synthesis.fonts            # once: free fonts into the user's cache
    python references/make_crops.py crops.npz       # 707,000 crops; resumable, by parts
    inkling train reader --data crops.npz
    python references/make_crops.py more.npz --further   # for `train_crop_network.py`

It takes an hour on one core by default. Each part has its own seed, so neither the number of
workers nor a pause changes the result. Existing parts are kept, so use a new folder after a change
of the renderer. The last 5,000 of MNIST's training digits and every eighth font are held out: the
test part of the file is rendered only from them.
"""

import argparse
import hashlib
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.data.catalog import find_source
from inkling.files import replacing
from inkling.reading.preprocess.normalise import normalise
from inkling.reading.preprocess.thumbnails import preprocess_thumbnails, thumbnail_of
from inkling.reading.recognise.crops import find_candidates, find_crops
from inkling.synthesis import labelled_crops
from inkling.synthesis.fonts import Face, find_faces, fonts_sha256
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_crops import CropMix
from inkling.synthesis.labelled_thumbnails import crop_fitted
from inkling.types import Digits

PART = 2_500  # crops per part
TRAINED = 55_000  # of MNIST's 60,000 training digits; the rest is held out
KINDS = (
    "plain",
    "glyphs",
    "scenes",
    "distractors",
    "pairs",
    "printed",
    "fitted",
    "letters",
    "pages",
)  # the position seeds a part
FURTHER = {
    "glyphs": 134, "printed": 24, "fitted": 80, "letters": 50, "pages": 43, "distractors": 6,
    "pairs": 4,
}  # fmt: skip
CLASSES = (*"0123456789", "none")


@dataclass(frozen=True)
class Part:
    """One file of crops: its kind, number, split, seed and folder."""

    kind: str
    number: int
    held_out: bool
    seed: int
    folder: Path

    @property
    def path(self) -> Path:
        """The file. It exists when the part is finished."""
        kind = f"held-{self.kind}" if self.held_out else self.kind
        return self.folder / f"{kind}-{self.seed}-{self.number:04d}.npz"


@cache
def training_digits() -> Digits:
    """MNIST's training set. The test set is never used."""
    return find_source("mnist").load_training()


@cache
def faces_of(held_out: bool) -> tuple[Face, ...]:
    """Every eighth font is held out."""
    return tuple(f for k, f in enumerate(find_faces()) if (k % 8 == 3) == held_out)


def ink_to_crops(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The pixels of the reader's normaliser."""
    return normalise(ink).pixels


def crop_thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The crop of an image of one digit in light ink, if the reader sees it as a thumbnail."""
    small = thumbnail_of(image)
    if small is None:
        return None
    made = preprocess_thumbnails(small[None])
    return made.pixels[0] if made.plain[0] and made.light_ink[0] else None


def make_part(part: Part) -> Path:
    """Makes one part, unless it exists."""
    if part.path.exists():
        return part.path
    cv2.setNumThreads(1)
    rng = np.random.default_rng([part.seed, part.number, part.held_out, KINDS.index(part.kind)])
    every = training_digits()
    mine = np.arange(TRAINED, len(every)) if part.held_out else np.arange(TRAINED)
    if part.kind == "plain":
        chosen = every.take(mine[part.number * PART : (part.number + 1) * PART])
        made = labelled_crops.crop_plain(chosen, len(chosen), find_crops, rng)
    elif part.kind == "distractors":
        made = labelled_crops.crop_distractors(PART, find_crops, rng)
    else:
        printed = part.kind == "printed"
        source = GlyphSource(every.take(mine), faces_of(part.held_out), rng, printed)
        if part.kind in ("glyphs", "printed"):
            mix = CropMix(negatives=0.1) if printed else CropMix()
            made = labelled_crops.crop_glyphs(source, PART, ink_to_crops, mix, rng)
        elif part.kind in ("fitted", "letters"):
            negatives = 0.2 if part.kind == "fitted" else 1.0
            made = crop_fitted(source, PART, crop_thumbnail, negatives, rng)
        elif part.kind == "pages":
            finds = (find_crops, find_candidates)
            made = labelled_crops.crop_scenes(source, PART, finds, CropMix(), rng, 0.6)
        elif part.kind == "pairs":
            made = labelled_crops.crop_pairs(source, PART, find_candidates, CropMix(), rng)
        else:
            made = labelled_crops.crop_scenes(
                source, PART, (find_crops, find_candidates), CropMix(), rng
            )
    with replacing(part.path) as temporary, temporary.open("wb") as file:
        np.savez(file, X=made.images, y=made.labels)
    return part.path


def list_parts(folder: Path, seed: int, wanted: dict[str, int]) -> list[Part]:
    """Held-out parts first, then the parts of each kind, evenly mixed."""
    held = {"glyphs": 2, "scenes": 3, "plain": 2, "distractors": 1}
    held |= {kind: 1 for kind in ("printed", "fitted", "pages") if kind in wanted}
    parts = [Part(kind, k, True, seed, folder) for kind, n in held.items() for k in range(n)]
    mixed = [((k + 0.5) / n, kind, k) for kind, n in wanted.items() for k in range(n)]
    return parts + [Part(kind, k, False, seed, folder) for _, kind, k in sorted(mixed)]


def join_parts(parts: list[Part]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All images (N, 28, 28) and labels (N,) of some parts, in their order."""
    images, labels = [], []
    for part in parts:
        with np.load(part.path, allow_pickle=False) as arrays:
            images.append(arrays["X"])
            labels.append(arrays["y"])
    return np.concatenate(images), np.concatenate(labels)


def main() -> None:
    """Parses the arguments, makes the parts, and joins them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the .npz to write")
    parser.add_argument("--glyphs", type=int, default=120, help="parts of single glyphs")
    parser.add_argument("--scenes", type=int, default=60, help="parts of whole images")
    parser.add_argument(
        "--distractors", type=int, default=3, help="parts of images without writing"
    )
    parser.add_argument("--pairs", type=int, default=12, help="parts of two digits in one cut")
    parser.add_argument("--plain-times", type=int, default=4, help="repetitions of MNIST's digits")
    parser.add_argument("--further", action="store_true", help="the crops of further training")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parts", type=Path, help="folder of the parts; default: beside OUT")
    options = parser.parse_args()
    folder = options.parts or options.out.with_suffix(".parts")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        "glyphs": options.glyphs, "scenes": options.scenes, "distractors": options.distractors,
        "pairs": options.pairs, "plain": TRAINED // PART,
    }  # fmt: skip
    if options.further:
        wanted = FURTHER
    parts = list_parts(folder, options.seed, wanted)
    with ProcessPoolExecutor(options.workers) as pool:
        made = pool.map(make_part, parts)
        for count, path in enumerate(made, 1):
            print(f"{count} of {len(parts)}: {path.name}", file=sys.stderr, flush=True)
    training_parts = [part for part in parts if not part.held_out]
    plain = [part for part in training_parts if part.kind == "plain"]
    again = plain * (options.plain_times - 1)
    x_train, y_train = join_parts(training_parts + again)
    x_test, y_test = join_parts([part for part in parts if part.held_out])
    with replacing(options.out) as temporary, temporary.open("wb") as file:
        np.savez(
            file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test,
            classes=np.array(CLASSES),
        )  # fmt: skip
    training = Digits(x_train, y_train, CLASSES)
    held = Digits(x_test, y_test, CLASSES)
    manifest = {
        "seed": options.seed,
        "training": {"n": len(training), "sha256": training.sha256()},
        "held_out": {"n": len(held), "sha256": held.sha256()},
        "fonts": {
            "n": len(find_faces()),
            "sha256": fonts_sha256(find_faces()),
            "names": [face.path.name for face in find_faces()],
        },
        "mnist": hashlib.sha256(training_digits().images.tobytes()).hexdigest(),
    }
    options.out.with_suffix(".json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps(manifest["training"]))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
