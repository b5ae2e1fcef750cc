"""Makes the training data of the line network: strips of rendered rows, most of them with marks.

    python -m inkling.synthesis.fonts            # once: free fonts into the user's cache
    python references/make_strips.py lines           # 300,000 strips into a folder; resumable
    python references/train_line_network.py lines src/inkling/reading/weights/line.onnx

It takes an hour on two cores by default. Each part has its own seed. Existing parts are kept. The
same digits and fonts are held out as for the reader's crops, in parts named held-*.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from make_crops import TRAINED, faces_of, training_digits

from inkling.files import replacing
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_strips import (
    LabelledStrip,
    compose_marked_strip,
    compose_strip,
    pack_strips,
)

PART = 2_000  # strips per part
HELD = 2  # held-out parts
MARKED = 0.55  # fraction of the strips from rows with marks


def make_part(folder: Path, number: int, held_out: bool, seed: int) -> Path:
    """Makes one part, unless it exists."""
    path = folder / f"{'held' if held_out else 'lines'}-{seed}-{number:04d}.npz"
    if path.exists():
        return path
    cv2.setNumThreads(1)
    every = training_digits()
    mine = np.arange(TRAINED, len(every)) if held_out else np.arange(TRAINED)
    rng = np.random.default_rng([seed, number, held_out, 77])
    source = GlyphSource(every.take(mine), faces_of(held_out), rng)
    lines: list[LabelledStrip] = []
    while len(lines) < PART:
        line = (compose_marked_strip if rng.random() < MARKED else compose_strip)(source, rng)
        lines += [line] if line else []
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **asdict(pack_strips(lines)))
    return path


def main() -> None:
    """Parses the arguments and makes the parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder for the parts")
    parser.add_argument("--parts", type=int, default=150, help="of 2,000 strips each")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = [(k, True) for k in range(HELD)] + [(k, False) for k in range(options.parts)]
    with ProcessPoolExecutor(options.workers) as pool:
        made = [pool.submit(make_part, options.folder, *part, options.seed) for part in wanted]
        for count, part in enumerate(made, 1):
            print(f"{count} of {len(made)}: {part.result().name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
