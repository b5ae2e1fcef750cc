"""Trains the line network, and exports it to ONNX.

    python references/make_strips.py lines           # once; see there
    python references/train_line_network.py lines src/inkling/reading/weights/line.onnx

The loss is connectionist temporal classification plus the class of the frame at each glyph's
centre, so that frames give the position of their glyph. `--start` trains a bundled network further.
`--cheques` adds photographed amounts, of which only the digits are known: their marks may be read
as any mark or as nothing. Every fifth file, by name, is held out.
"""

import argparse
import hashlib
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from bundled_weights import read_weights
from torch import Tensor, nn

from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.line import export_line
from inkling.models.line import LineNet
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.line_network import BLANK, CLASSES, MARKS, STRIDE, ctc_greedy_decode
from inkling.reading.recognise.strip import HEIGHT, cut_strip
from inkling.reading.trace import Trace
from inkling.synthesis.labelled_strips import LabelledStrip, PackedStrips
from inkling.training.average import ModelAverage
from inkling.training.precision import choose_precision

BATCH = 64
IGNORED = -100  # label of frames beside the centre of a digit, which have no target
PLACED = 0.5  # weight of the loss of single frames
REPEATED = 12  # times that a photographed strip is shown per epoch


def load_lines(folder: Path, held_out: bool) -> list[LabelledStrip]:
    """Loads the strips of all parts of a folder."""
    lines: list[LabelledStrip] = []
    for path in sorted(folder.glob("held-*.npz" if held_out else "lines-*.npz")):
        with np.load(path) as part:
            lines += PackedStrips(**part).split()
    return lines


def load_cheques(folder: Path) -> tuple[list[LabelledStrip], list[LabelledStrip]]:
    """The strips of the amounts to train on and of those held out, without columns.

    The digits are the name of the file up to "__". An amount is left out if its line holds fewer
    parts than it has digits to read: it was not found as one line.
    """
    kept: tuple[list[LabelledStrip], list[LabelledStrip]] = ([], [])
    paths = sorted(folder.glob("*.png"))
    for number, trace in enumerate(Reader.load(workers=1).trace(paths)):
        if isinstance(trace, Trace) and trace.preprocessed.segments.strokes:
            segments = trace.preprocessed.segments
            line = max(segments.strokes, key=lambda strokes: sum(part.area for part in strokes))
            strip = cut_strip(trace.preprocessed.writing, segments.labels, line)
            digits = tuple(int(digit) for digit in paths[number].name.split("__")[0])
            if strip.pixels.shape[1] >= STRIDE * 2 * len(digits):
                kept[number % 5 == 4].append(LabelledStrip(strip.pixels, digits, ()))
    return kept


def load_weights(path: Path) -> nn.Module:
    """A network without batch norm, from a bundled file; new classes start at zero."""
    stored = read_weights(path)
    net = fold_norms(LineNet().eval())
    weights = net.state_dict()
    for name, value in weights.items():
        known = torch.from_numpy(stored[name])
        value.zero_()
        value[: len(known)] = known
    if len(known) < CLASSES:
        weights["head.bias"][len(known) :] = -4.0
    net.load_state_dict(weights)
    return net


def batches(lines: list[LabelledStrip], rng: np.random.Generator) -> list[list[LabelledStrip]]:
    """Batches of strips of similar width, to reduce padding, in random order."""
    order = np.argsort([ln.pixels.shape[1] + rng.normal(0, 6) for ln in lines], kind="stable")
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [[lines[i] for i in groups[k]] for k in rng.permutation(len(groups))]


def collate(group: list[LabelledStrip]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Strips (B, 1, 32, W), their classes and columns (B, L), and how many (B,).

    Columns are -1 where they are unknown.
    """
    width = max(line.pixels.shape[1] for line in group)
    width += width // 4  # `distort` may stretch; no digit may leave the strip
    width += -width % (2 * STRIDE)
    longest = max(len(line.classes) for line in group)
    images = np.zeros((len(group), 1, HEIGHT, width), np.uint8)
    classes = np.zeros((len(group), longest), np.int64)
    columns = np.full((len(group), longest), -1, np.float32)
    for k, line in enumerate(group):
        images[k, 0, :, : line.pixels.shape[1]] = line.pixels
        classes[k, : len(line.classes)] = line.classes
        columns[k, : len(line.columns)] = line.columns
    counts = torch.tensor([len(line.classes) for line in group])
    return (
        torch.from_numpy(images) / 255,
        torch.from_numpy(classes),
        torch.from_numpy(columns),
        counts,
    )


def distort(images: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Augments strips by stretch, shear, shift and stroke width; returns the new digit columns."""
    count, _, height, width = images.shape
    across = torch.exp(torch.randn(count) * 0.09)
    down = torch.exp(torch.randn(count) * 0.08)
    shear, climb = torch.randn(count) * 0.12, torch.randn(count) * 0.012
    shift_x, shift_y = torch.randn(count) * 1.5, torch.randn(count) * 1.3
    # Maps output to input: the vertical middle and the left end of the strip stay.
    x = torch.arange(width, dtype=torch.float32)[None, None, :]
    y = torch.arange(height, dtype=torch.float32)[None, :, None] - (height - 1) / 2

    def each(values: Tensor) -> Tensor:
        return values[:, None, None]

    rows = (y - each(shift_y) - each(climb) * (x - width / 2)) / each(down)
    seen = (x - each(shift_x)) / each(across) + each(shear) * rows
    grid = torch.stack([seen * 2 / (width - 1) - 1, rows * 2 / (height - 1)], dim=3)
    out = F.grid_sample(images, grid, align_corners=True)
    pen = torch.rand(count)
    thick, thin = pen < 0.12, pen > 0.92
    if thick.any():
        out[thick] = 0.5 * out[thick] + 0.5 * F.max_pool2d(out[thick], 3, 1, 1)
    if thin.any():
        out[thin] = 0.4 * out[thin] - 0.6 * F.max_pool2d(-out[thin], 3, 1, 1)
    gain = torch.exp(torch.randn(count) * 0.15)[:, None, None, None]
    out = (out * gain + torch.randn_like(out) * 0.04 * torch.rand(count, 1, 1, 1)).clamp(0, 1)
    moved = torch.where(columns >= 0, columns * across[:, None] + shift_x[:, None], columns)
    return out, moved


def frame_targets(classes: Tensor, columns: Tensor, frames: int) -> Tensor:
    """Classes of frames (B, T): a glyph at its centre, no target beside it, blank elsewhere.

    A strip whose columns are unknown has no targets.
    """
    targets = torch.full((len(classes), frames), BLANK)
    at = ((columns - (STRIDE - 1) / 2) / STRIDE).round().long()
    known = (columns >= 0) & (at >= 0) & (at < frames)
    rows = torch.arange(len(classes))[:, None].expand_as(at)
    for beside in (-1, 1):
        near = known & (at + beside >= 0) & (at + beside < frames)
        targets[rows[near], at[near] + beside] = IGNORED
    targets[rows[known], at[known]] = classes[known]
    targets[columns[:, 0] < 0] = IGNORED
    return targets


def merge_marks(log_probs: Tensor) -> Tensor:
    """Log-probabilities (B, T, 18) with those of all marks added to that of blank."""
    blank = log_probs[..., BLANK:].logsumexp(-1, keepdim=True)
    marks = torch.full_like(log_probs[..., MARKS:], -60.0)
    return torch.cat([log_probs[..., :BLANK], blank, marks], dim=-1)


def line_loss(logits: Tensor, classes: Tensor, columns: Tensor, counts: Tensor) -> Tensor:
    """The loss of logits (B, T, 18), as a mean over glyphs."""
    count, frames, _ = logits.shape
    log_probs = logits.log_softmax(2)
    only_digits = (columns[:, 0] < 0)[:, None, None]
    merged = torch.where(only_digits, merge_marks(log_probs), log_probs)
    whole = F.ctc_loss(
        merged.transpose(0, 1), classes, torch.full((count,), frames), counts, BLANK, "sum",
        zero_infinity=True,
    )  # fmt: skip
    placed = F.nll_loss(
        log_probs.reshape(-1, CLASSES), frame_targets(classes, columns, frames).reshape(-1),
        ignore_index=IGNORED, reduction="sum",
    )  # fmt: skip
    return (whole + PLACED * placed) / counts.sum()


@torch.no_grad()
def measure(net: torch.nn.Module, lines: list[LabelledStrip]) -> dict[str, float]:
    """Fractions of strips of which all digits are right, by their number of digits."""
    net.eval()
    right: list[tuple[int, bool]] = []
    for start in range(0, len(lines), BATCH):
        group = lines[start : start + BATCH]
        logits = net(collate(group)[0])
        read = [ctc_greedy_decode(each) for each in logits.numpy()]
        digits = [tuple(k for k in line.classes if k < BLANK) for line in group]
        right += [(len(d), r == d) for d, r in zip(digits, read, strict=True)]
    kinds = {"all": range(1, 99), "two": range(2, 3), "long": range(5, 99)}
    return {
        name: round(float(np.mean(each)), 4)
        for name, wanted in kinds.items()
        if (each := [ok for n, ok in right if n in wanted])
    }


def train(
    net: nn.Module,
    lines: list[LabelledStrip],
    held: dict[str, list[LabelledStrip]],
    epochs: int,
    learning_rate: float,
) -> nn.Module:
    """Trains a network with AdamW, one cycle of the learning rate, and averaged weights."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    bf16 = choose_precision("auto", torch.device("cpu")) == "bf16"
    optimizer = torch.optim.AdamW(net.parameters(), learning_rate, weight_decay=0.02)
    steps = epochs * math.ceil(len(lines) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, steps, pct_start=0.15, final_div_factor=200
    )
    average = ModelAverage(net, 0.999)
    for epoch in range(epochs):
        start, total = time.perf_counter(), 0.0
        net.train()
        for group in batches(lines, rng):
            images, classes, columns, counts = collate(group)
            images, columns = distort(images, columns)
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                logits = net(images.contiguous(memory_format=torch.channels_last))
            loss = line_loss(logits.float(), classes, columns, counts)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            average.update(net)
            total += loss.item() * len(group)
        took = time.perf_counter() - start
        scores = {name: measure(average.model, each) for name, each in held.items()}
        print(f"epoch {epoch + 1}: loss {total / len(lines):.4f} {scores} {took:.0f} s", flush=True)
    net.load_state_dict(average.model.state_dict())
    return net


def main() -> None:
    """Parses the arguments, loads, trains and exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("lines", type=Path, help="folder of references/make_strips.py")
    parser.add_argument("out", type=Path, help="the .onnx to write")
    parser.add_argument("--start", type=Path, help="a bundled network to train further")
    parser.add_argument("--cheques", type=Path, help="a folder of <digits>__<n>.png")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=4e-3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    lines = load_lines(options.lines, False)
    held = {"composed": load_lines(options.lines, True)}
    if options.cheques:
        cheques, held["cheques"] = load_cheques(options.cheques)
        lines += cheques * REPEATED
    net = load_weights(options.start) if options.start else LineNet()
    net = train(net, lines, held, options.epochs, options.learning_rate)
    round_to_half(fold_norms(net.eval()))
    scores = {name: measure(net, each) for name, each in held.items()}
    card = {"held_out": scores, "strips": len(lines), "epochs": options.epochs}
    export_line(net, card, options.out, [line.pixels for line in held["composed"][:200]])
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    print(json.dumps({"file": str(options.out), "sha256": digest, **card}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
