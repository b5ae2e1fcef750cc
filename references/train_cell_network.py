"""Train the network that reads the cells of tables, and write it as ONNX.

    python -m inkling.synthesis.fonts       # once: free fonts into the user's cache
    python references/train_cell_network.py src/inkling/reading/weights/cells.onnx

Forms are composed from MNIST's training digits, drawn digits and fonts; parts of them are kept in
`--parts`, and are made only where they are missing. With `dev/sudoku` in `$INKLING_DATA`, the cells
of four fifths of its photos (wichtounet/sudoku_dataset, CC BY 4.0) are added.
"""

import argparse
import copy
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
from sudoku_photos import find_sudokus
from torch import Tensor, nn

from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.windows import export_windows
from inkling.models.cells import CellNet
from inkling.reading.tables.cell_network import BLANK
from inkling.reading.tables.cell_windows import cell_windows
from inkling.reading.tables.cells import cut_cells
from inkling.synthesis.glyphs import GlyphSource
from inkling.synthesis.labelled_cells import Cells, compose_cells, misplace

BATCH = 256
PART = 5_000  # cells
AVERAGE = 0.999  # decay of the averaged weights
SHIFT = 2  # pixels; the farthest that a window is moved
VIEWS = 4  # of each photographed sudoku, its corners misplaced
WEIGHT = 3  # how often photographed cells are repeated beside composed ones


def make_part(folder: Path, number: int, held_out: bool) -> Cells:
    """Some cells of composed forms, from the file or drawn now."""
    path = folder / f"{'held' if held_out else 'part'}-{number:03d}.npz"
    if path.is_file():
        with np.load(path) as stored:
            return stored["windows"], stored["labels"]
    rng = np.random.default_rng([20261128, number, held_out])
    every = training_digits()
    mine = np.arange(TRAINED, len(every)) if held_out else np.arange(TRAINED)
    source = GlyphSource(every.take(mine), faces_of(held_out), rng)
    windows, labels = [], []
    while sum(map(len, labels)) < PART:
        seen, true = compose_cells(source, rng)
        windows.append(seen)
        labels.append(true)
    made = np.concatenate(windows)[:PART], np.concatenate(labels)[:PART]
    temporary = path.with_suffix(".tmp.npz")
    np.savez_compressed(temporary, windows=made[0], labels=made[1])
    temporary.rename(path)
    return made


def sudoku_cells(held_out: bool) -> Cells:
    """Cells of the photographed sudokus of one side of the split; every fifth photo is held out."""
    rng = np.random.default_rng(5)
    windows = [np.zeros((0, 2, 32, 32), np.uint8)]
    labels = [np.zeros(0, np.int64)]
    for sudoku in find_sudokus(held_out):
        grid, cells = sudoku.grid, sudoku.cells
        true = [digit or BLANK for digit in sudoku.digits]
        for view in range(1 if held_out else VIEWS):
            if view:
                moved = type(grid)(misplace(grid.corners, rng), grid.faces)
                cells = cut_cells(sudoku.dark.ink, moved)
            windows.append(cell_windows(cells))
            labels.append(np.array(true, np.int64))
    return np.concatenate(windows), np.concatenate(labels)


def augment(windows: Tensor, rng: np.random.Generator) -> Tensor:
    """Windows (B, 2, 32, 32) uint8 float32: moved, stretched, paler or darker, noisy."""
    count = len(windows)
    images = windows.float() / 255
    theta = torch.zeros(count, 2, 3)
    scale = torch.from_numpy(np.exp(rng.normal(0, 0.06, (count, 2))).astype(np.float32))
    shear = torch.from_numpy(rng.normal(0, 0.06, (count, 2)).astype(np.float32))
    theta[:, 0, 0], theta[:, 1, 1] = scale[:, 0], scale[:, 1]
    theta[:, 0, 1], theta[:, 1, 0] = shear[:, 0], shear[:, 1]
    move = rng.uniform(-SHIFT, SHIFT, (count, 2)).astype(np.float32)
    theta[:, :, 2] = torch.from_numpy(move / 16)
    grid = F.affine_grid(theta, [count, 2, *images.shape[2:]], align_corners=False)
    images = F.grid_sample(images, grid, align_corners=False)
    gain = torch.from_numpy(np.exp(rng.normal(0, 0.15, (count, 1, 1, 1))).astype(np.float32))
    noise = torch.randn_like(images) * torch.rand(count, 1, 1, 1) * 0.04
    return (images * gain + noise).clamp(0, 1)


@torch.no_grad()
def logits_of(net: nn.Module, windows: NDArray[np.uint8]) -> Tensor:
    """Logits (N, 13) of windows (N, 2, 32, 32) uint8."""
    net.eval()
    return torch.cat([net(torch.from_numpy(part).float() / 255) for part in _batched(windows)])


def _batched(windows: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [windows[first : first + 500] for first in range(0, len(windows), 500)]


def measure(net: nn.Module, held: dict[str, Cells]) -> dict[str, float]:
    """Accuracy on each held-out set."""
    return {
        name: round(float((logits_of(net, windows).argmax(1).numpy() == labels).mean()), 4)
        for name, (windows, labels) in held.items()
        if len(labels)
    }


def train(cells: Cells, held: dict[str, Cells], minutes: float, learning_rate: float) -> nn.Module:
    """The averaged weights after `minutes` of AdamW with one cycle of the learning rate."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    images, labels = (torch.from_numpy(each) for each in cells)
    net = CellNet()
    average = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), learning_rate, weight_decay=0.02)
    start = reported = time.perf_counter()
    step = 0
    while (part := (time.perf_counter() - start) / (60 * minutes)) < 1:
        if step % (len(images) // BATCH) == 0:
            order = torch.randperm(len(images))
        first = step % (len(images) // BATCH) * BATCH
        for group in optimizer.param_groups:
            rise = min(1.0, part / 0.05)
            group["lr"] = learning_rate * rise * (0.5 * (1 + np.cos(np.pi * part)) + 0.003)
        picked = order[first : first + BATCH]
        net.train()
        loss = F.cross_entropy(
            net(augment(images[picked], rng)), labels[picked], label_smoothing=0.03
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        _follow(average, net, min(AVERAGE, 1 - 1 / step))
        if time.perf_counter() - reported > 180:
            reported = time.perf_counter()
            print(f"step {step}, {part:.0%}: {measure(average, held)}", flush=True)
    return average


@torch.no_grad()
def _follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Moves the averaged weights towards those of `net`; statistics of batches likewise."""
    theirs = net.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1 - decay)


def fit_temperature(net: nn.Module, held: Cells) -> float:
    """The temperature with the least cross-entropy on held-out cells."""
    logits, labels = logits_of(net, held[0]), torch.from_numpy(held[1])
    choices = np.exp(np.linspace(np.log(0.4), np.log(2.5), 80)).tolist()
    return min(choices, key=lambda t: float(F.cross_entropy(logits / t, labels)))


def main() -> None:
    """Parse, compose, train, export."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the .onnx to write")
    parser.add_argument("--parts", type=Path, default=Path("cells"))
    parser.add_argument("--count", type=int, default=50, help="parts of 5,000 cells")
    parser.add_argument("--only", help="make parts A:B alone, for another process")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    options.parts.mkdir(parents=True, exist_ok=True)
    if options.only:
        first, last = map(int, options.only.split(":"))
        for number in range(first, last):
            make_part(options.parts, number, False)
        return
    held = {"forms": make_part(options.parts, 0, True), "sudoku": sudoku_cells(True)}
    parts = [make_part(options.parts, number, False) for number in range(options.count)]
    parts += [sudoku_cells(False)] * WEIGHT
    cells = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    net = train(cells, held, options.minutes, options.learning_rate)
    net.temperature.fill_(fit_temperature(net, held["forms"]))
    fold_norms(net.eval())
    round_to_half(net)
    card = {
        "held_out": measure(net, held),
        "cells": len(cells[1]),
        "temperature": float(net.temperature),
    }
    export_windows(net, card, options.out, list(held["forms"][0][:50]))
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps({"file": str(options.out), "sha256": digest, **card}))


if __name__ == "__main__":
    main()
