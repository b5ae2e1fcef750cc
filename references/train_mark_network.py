"""Trains the mark network, and exports it to ONNX.

    python -m inkling.synthesis.fonts       # once: free fonts into the user's cache
    python references/train_mark_network.py src/inkling/reading/weights/marks.onnx

Rows are rendered from MNIST's training digits, fonts and drawn marks. Most are photographed, and
their parts are those that the reader finds. Half an hour on one core.
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
from make_crops import TRAINED, faces_of, training_digits
from numpy.typing import NDArray

from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.windows import export_windows
from inkling.models.marks import MarkNet
from inkling.reading.recognise.mark_network import KINDS
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_marks import compose_mark_scene, compose_marks

BATCH = 256
PHOTOGRAPHED = 0.85  # fraction of the rows
DIGITS_KEPT = 0.65  # fraction of the windows of digits, of which there are too many
Windows = tuple[NDArray[np.uint8], NDArray[np.int64]]  # (N, 2, 32, 64) and classes (N,)


def make_windows(count: int, held_out: bool) -> Windows:
    """`count` windows and their classes, from digits and fonts of one side of the split."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([20261128, held_out])
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


@torch.no_grad()
def measure(net: torch.nn.Module, held: Windows) -> dict[str, float]:
    """The accuracy on held-out windows, and the confusions of digits and slashes."""
    logits = net.eval()(torch.from_numpy(held[0]).float() / 255)
    said, true = logits.argmax(1).numpy(), held[1]
    slash = 1 + KINDS.index("slash")
    return {
        "accuracy": round(float((said == true).mean()), 4),
        "digits_as_slash": round(float((said[true == 0] == slash).mean()), 4),
        "slashes_as_digit": round(float((said[true == slash] == 0).mean()), 4),
    }


def train(windows: Windows, held: Windows, epochs: int, learning_rate: float) -> MarkNet:
    """Trains a network with AdamW and one cycle of the learning rate."""
    torch.manual_seed(0)
    images, labels = (torch.from_numpy(each) for each in windows)
    net = MarkNet()
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
    return net


def main() -> None:
    """Parses the arguments, renders, trains and exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the .onnx to write")
    parser.add_argument("--windows", type=int, default=86_000)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    held, windows = make_windows(6_000, True), make_windows(options.windows, False)
    net = train(windows, held, options.epochs, options.learning_rate)
    round_to_half(fold_norms(net.eval()))
    card = {"held_out": measure(net, held), "windows": len(windows[0]), "epochs": options.epochs}
    export_windows(net, card, options.out, list(held[0][:50]))
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps({"file": str(options.out), "sha256": digest, **card}))


if __name__ == "__main__":
    main()
