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
from line_data import BATCH, batches, collate, distort, load_cheques, load_lines
from torch import Tensor, nn

from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.line import export_line
from inkling.models.line import LineNet
from inkling.reading.recognise.line_network import BLANK, CLASSES, MARKS, STRIDE, ctc_greedy_decode
from inkling.synthesis.labelled_strips import LabelledStrip
from inkling.training.average import ModelAverage
from inkling.training.precision import choose_precision

IGNORED = -100  # label of frames beside the centre of a digit, which have no target
PLACED = 0.5  # weight of the loss of single frames
REPEATED = 12  # times that a photographed strip is shown per epoch


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
