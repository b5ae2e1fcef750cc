"""Trains the mark network, and exports it to ONNX.

    python -m inkling.synthesis.fonts       # once: free fonts into the user's cache
    python references/train_mark_network.py windows src/inkling/reading/weights/marks.onnx

Rows are rendered from MNIST's training digits, fonts and drawn marks. Most are photographed, and
their parts are those that the reader finds. An hour on one core.
"""

import argparse
import hashlib
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from bundled_weights import read_weights
from make_crops import TRAINED, faces_of, training_digits
from numpy.typing import NDArray
from torch import nn

from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.windows import export_windows
from inkling.models.marks import MarkNet
from inkling.reading.recognise.mark_network import CLASSES
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_marks import compose_mark_scene, compose_marks

BATCH = 256
PART = 5_000  # windows in a file
PHOTOGRAPHED = 0.85  # fraction of the rows
DIGITS_KEPT = 0.65  # fraction of the windows of digits, of which there are too many
Windows = tuple[NDArray[np.uint8], NDArray[np.int64]]  # (N, 2, 32, 96) and classes (N,)


def make_windows(count: int, held_out: bool, part: int = 0) -> Windows:
    """`count` windows and their classes, from digits and fonts of one side of the split."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([20261128, held_out, part])
    every = training_digits()
    mine = np.arange(TRAINED, len(every)) if held_out else np.arange(TRAINED)
    source = GlyphSource(every.take(mine), faces_of(held_out), rng)
    windows: list[NDArray[np.uint8]] = []
    classes: list[int] = []
    while len(windows) < count:
        compose = compose_mark_scene if rng.random() < PHOTOGRAPHED else compose_marks
        for window, label in compose(source, rng):
            if label or rng.random() < DIGITS_KEPT:
                windows.append(window)
                classes.append(label)
    return np.stack(windows[:count]), np.array(classes[:count], np.int64)


def load_or_make(folder: Path, parts: int, held_out: bool) -> Windows:
    """`parts` parts of windows; those that an earlier run left in the folder are not made again."""
    made: list[Windows] = []
    for part in range(parts):
        file = folder / f"{'held-out' if held_out else 'windows'}-{part}.npz"
        if not file.exists():
            windows, classes = make_windows(PART, held_out, part)
            np.savez_compressed(file, windows=windows, classes=classes)
        with np.load(file) as arrays:
            made.append((arrays["windows"], arrays["classes"]))
        print(f"{file.name}: {len(made[-1][1])} windows", flush=True)
    windows, classes = zip(*made, strict=True)
    return np.concatenate(windows), np.concatenate(classes)


@torch.no_grad()
def measure(net: torch.nn.Module, held: Windows) -> dict[str, float]:
    """The accuracy on held-out windows, and the confusions of digits and slashes."""
    logits = net.eval()(torch.from_numpy(held[0]).float() / 255)
    said, true = logits.argmax(1).numpy(), held[1]
    slash = CLASSES.index("slash")
    return {
        "accuracy": round(float((said == true).mean()), 4),
        "digits_as_slash": round(float((said[true == 0] == slash).mean()), 4),
        "slashes_as_digit": round(float((said[true == slash] == 0).mean()), 4),
    }


def load_weights(path: Path) -> nn.Module:
    """A network without batch norm, from a bundled file."""
    stored = read_weights(path)
    net = fold_norms(MarkNet().eval())
    net.load_state_dict({name: torch.from_numpy(stored[name]) for name in net.state_dict()})
    return net


def train(
    net: nn.Module, windows: Windows, held: Windows, epochs: int, learning_rate: float
) -> None:
    """Trains a network with AdamW and one cycle of the learning rate."""
    torch.manual_seed(0)
    images, labels = (torch.from_numpy(each) for each in windows)
    optimizer = torch.optim.AdamW(net.parameters(), learning_rate, weight_decay=0.02)
    steps = epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, steps, pct_start=0.1)
    for epoch in range(epochs):
        start = time.perf_counter()
        net.train()
        order = torch.randperm(len(images))
        for first in range(0, len(images) - BATCH + 1, BATCH):
            picked = order[first : first + BATCH]
            moves = torch.randint(-1, 2, (2,)).tolist()
            batch = torch.roll(images[picked].float() / 255, moves, (2, 3))
            loss = F.cross_entropy(net(batch), labels[picked], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        took = time.perf_counter() - start
        print(f"epoch {epoch + 1}: {measure(net, held)} {took:.0f} s", flush=True)


def main() -> None:
    """Parses the arguments, renders, trains and exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the folder of the windows")
    parser.add_argument("out", type=Path, help="the .onnx to write")
    parser.add_argument("--parts", type=int, default=22, help=f"of {PART} windows each")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--start", type=Path, help="a bundled network to train further")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    held = load_or_make(options.folder, 1, held_out=True)
    windows = load_or_make(options.folder, options.parts, held_out=False)
    net = load_weights(options.start) if options.start else MarkNet()
    train(net, windows, held, options.epochs, options.learning_rate)
    round_to_half(fold_norms(net.eval()))
    card = {"held_out": measure(net, held), "windows": len(windows[0]), "epochs": options.epochs}
    export_windows(net, card, options.out, list(held[0][:50]))
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps({"file": str(options.out), "sha256": digest, **card}))


if __name__ == "__main__":
    main()
