"""Trains the crop network of the reader further, and exports it to ONNX.

    python references/make_crops.py more.npz --further      # once; see there
    python references/train_crop_network.py more.parts reader.onnx

The parts whose name starts with `held-` are held out. Photographed digits of `$INKLING_DATA/dev`
are added several times per epoch (`photographed_crops.py`) and kept in the folder. Calibration and
thresholds are fitted on one half of the held-out crops; the figures in the card are of the other.
"""

import argparse
import hashlib
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from bundled_weights import read_weights
from calibrate_crops import calibrate
from held_out import report
from make_crops import CLASSES, TRAINED, training_digits
from numpy.typing import NDArray
from photographed_crops import photographed_crops
from safetensors.torch import save
from torch import Tensor, nn

from inkling.data.augment import Augment, augment_images
from inkling.exporters.half import fold_norms
from inkling.exporters.onnx import export_onnx
from inkling.files import replacing
from inkling.models.compact import CompactSpec
from inkling.reading.recognise.network import BUNDLED
from inkling.training.average import ModelAverage
from inkling.types import Digits

BATCH = 256
MNIST_TIMES = 2  # MNIST's digits per epoch
PHOTOGRAPHED = {"sudoku": 4, "hwd1000": 6, "cheques": 6}  # times per epoch
REPORT = 1_500  # steps
AUGMENT = Augment(
    rotation_degrees=8, shift_pixels=1.2, scale=0.1, shear_degrees=8,
    elastic_pixels=0.6, elastic_smoothness=4.0, final_strength=0.25, final_share=0.3,
)  # fmt: skip

Crops = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Split:
    """The crops to train on, and the held-out crops by kind."""

    training: Crops
    held_out: Mapping[str, Crops]


def load_split(folder: Path) -> Split:
    """Loads all parts of a folder, MNIST and the photographed digits."""
    training: list[Crops] = []
    held: dict[str, list[Crops]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as part:
            crops = part["X"], part["y"]
        if path.name.startswith("held-"):
            held.setdefault(path.name.split("-")[1], []).append(crops)
        else:
            training.append(crops)
    mnist = training_digits()
    training += [(mnist.images[:TRAINED], mnist.labels[:TRAINED])] * MNIST_TIMES
    held["mnist"] = [(mnist.images[TRAINED:], mnist.labels[TRAINED:])]
    for kind, times in PHOTOGRAPHED.items():
        images, labels, out = _photographed(folder / f"{kind}.photographed", kind)
        training += [(images[~out], labels[~out])] * times
        held[kind] = [(images[out], labels[out])]
    return Split(_join(training), {kind: _join(parts) for kind, parts in held.items()})


def _photographed(path: Path, kind: str) -> tuple[NDArray[np.uint8], ...]:
    """Crops, labels and which are held out, from the file or cut now."""
    if not path.is_file():
        images, labels, held_out = photographed_crops(kind)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, X=images, y=labels, held_out=held_out)
    with np.load(path, allow_pickle=False) as stored:
        return stored["X"], stored["y"], stored["held_out"]


def _join(parts: list[Crops]) -> Crops:
    return (
        np.concatenate([images.reshape(-1, 28, 28) for images, _ in parts]),
        np.concatenate([labels.astype(np.int64) for _, labels in parts]),
    )


def load_weights(path: Path) -> nn.Module:
    """The bundled crop network with its batch norm folded into the convolutions."""
    spec = CompactSpec(channels=(28, 56, 112), middle=1, last=0, hidden=80)
    net = fold_norms(spec.build(len(CLASSES)).eval())
    stored = read_weights(path)
    with torch.no_grad():
        for name, module in net.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                bias = stored.get(f"{name}.bias", stored.get(f"{name}.weight_bias"))
                if bias is None or module.bias is None:
                    raise ValueError(f"{path} has no bias of {name}")
                module.weight.copy_(torch.from_numpy(stored[f"{name}.weight"]))
                module.bias.copy_(torch.from_numpy(bias))
    return net


def to_input(images: Tensor) -> Tensor:
    """Images (N, 28, 28) uint8 as the network's input (N, 1, 28, 28)."""
    return ((images.float() / 255 - 0.1307) / 0.3081)[:, None]


@torch.no_grad()
def logits_of(net: nn.Module, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits (N, 11) of images (N, 28, 28) uint8."""
    net.eval()
    parts = torch.from_numpy(np.array(images)).split(500)
    return torch.cat([net(to_input(part)) for part in parts]).numpy()


def measure(net: nn.Module, held: Mapping[str, Crops]) -> dict[str, float]:
    """Per cent of the held-out crops of each kind that are right in eleven classes."""
    return {
        kind: round(100 * float((logits_of(net, images).argmax(1) == labels).mean()), 2)
        for kind, (images, labels) in held.items()
    }


def train(net: nn.Module, split: Split, epochs: float, learning_rate: float) -> nn.Module:
    """Trains with AdamW, one cycle of the learning rate, and averaged weights."""
    torch.manual_seed(0)
    images, labels = (torch.from_numpy(each) for each in split.training)
    steps = math.ceil(epochs * len(images) / BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), learning_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, steps, pct_start=0.05, final_div_factor=100
    )
    average = ModelAverage(net, 0.999)
    order, start, total = torch.empty(0, dtype=torch.int64), time.perf_counter(), 0.0
    for step in range(steps):
        if len(order) < BATCH:
            order = torch.randperm(len(images))
        some, order = order[:BATCH], order[BATCH:]
        net.train()
        batch = augment_images(to_input(images[some]), AUGMENT.at(step / steps))
        loss = F.cross_entropy(net(batch), labels[some], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        average.update(net)
        total += loss.item()
        if (step + 1) % REPORT == 0 or step + 1 == steps:
            scores = measure(average.model, split.held_out)
            took = (time.perf_counter() - start) / 60
            print(f"step {step + 1} of {steps}: {total / REPORT:.4f} {scores} {took:.1f} min")
            total = 0.0
    net.load_state_dict(average.model.state_dict())
    return net


def main() -> None:
    """Loads, trains, calibrates and exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="parts of crops")
    parser.add_argument("out", type=Path, help="the .onnx to write")
    parser.add_argument("--start", type=Path, default=BUNDLED, help="the network to start from")
    parser.add_argument("--epochs", type=float, default=4)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    split = load_split(options.folder)
    net = load_weights(options.start)
    print(json.dumps({"training": len(split.training[0]), "before": measure(net, split.held_out)}))
    net = train(net, split, options.epochs, options.learning_rate).eval()
    held = Digits(*_join(list(split.held_out.values())), CLASSES)
    hashes = {
        "weights": hashlib.sha256(save(net.state_dict())).hexdigest(),  # as model.safetensors
        "training_crops": Digits(*split.training, CLASSES).sha256(),
        "held_out_crops": held.sha256(),
    }
    card = calibrate(lambda some: logits_of(net, some), held, "reader", hashes)
    export_onnx(net, card, options.out, held.images[:64])
    report(options.out, card)


if __name__ == "__main__":
    main()
