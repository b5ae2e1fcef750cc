"""Compares inkling's loader with a per-sample loader, with the same recipe and batch size.

    python benchmarks/loader.py [--recipe mlp-adam] [--epochs 1] [--rounds 3] [--json FILE]

The per-sample loop is that of the student projects, reimplemented: a `Dataset` that converts single
items to normalised tensors, collated by `DataLoader` with its defaults, and the network and
optimiser of the recipe. Both run in this process, alternating, in several rounds. Compare the ratio
of the medians.
"""

import argparse
import json
import platform
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from inkling.data.catalog import find_source
from inkling.data.splits import Splits, split_digits
from inkling.models.zoo import build_model
from inkling.training.callback import NullCallback
from inkling.training.loop import TrainingPlan, fit
from inkling.training.recipe import Recipe, Sgd
from inkling.training.recipe_text import load_recipe
from inkling.training.threads import choose_threads, computing_threads
from inkling.types import MEAN, STD, Digits
from outcome import add_json_option


class SampleBySample(Dataset[tuple[Tensor, int]]):
    """The work of torchvision's MNIST with ToTensor and Normalize for each image."""

    def __init__(self, digits: Digits) -> None:
        self.images = torch.tensor(digits.images)
        self.labels = torch.tensor(digits.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[index].numpy())
        # ToTensor: the image to an array, channels first, to 0..1.
        pixels = torch.from_numpy(np.array(image, np.uint8, copy=True))
        scaled = pixels.view(28, 28, 1).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        # Normalize: mean and sd become tensors for each image.
        mean = torch.as_tensor((MEAN,), dtype=scaled.dtype).view(-1, 1, 1)
        std = torch.as_tensor((STD,), dtype=scaled.dtype).view(-1, 1, 1)
        return scaled.clone().sub_(mean).div_(std), int(self.labels[index])


def plain_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser with torch's defaults."""
    spec = recipe.optimizer
    if isinstance(spec, Sgd):
        return torch.optim.SGD(model.parameters(), spec.learning_rate, spec.momentum)
    return torch.optim.Adam(model.parameters(), spec.learning_rate)


def per_sample_seconds(recipe: Recipe, splits: Splits) -> float:
    torch.manual_seed(0)
    model = build_model(recipe.model, 10)
    optimizer = plain_optimizer(model, recipe)
    training = DataLoader(SampleBySample(splits.training), recipe.training.batch_size, shuffle=True)
    if splits.validation is None:
        raise SystemExit("this recipe has no validation images: name another, as mlp-adam")
    validation = DataLoader(SampleBySample(splits.validation), recipe.training.batch_size)
    start = time.perf_counter()
    for _ in range(int(recipe.training.epochs)):
        model.train()
        for images, labels in training:
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for images, labels in validation:
                F.cross_entropy(model(images), labels).item()
    return time.perf_counter() - start


def our_seconds(recipe: Recipe, splits: Splits) -> float:
    torch.manual_seed(0)
    model = build_model(recipe.model, 10)
    start = time.perf_counter()
    fit(model, splits, TrainingPlan(recipe, torch.device("cpu"), NullCallback()))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="mlp-adam")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", default="auto")
    add_json_option(parser)
    arguments = parser.parse_args()
    recipe = load_recipe(arguments.recipe, [f"epochs={arguments.epochs}"])
    digits = find_source(arguments.data, notify=print).load_training()
    splits = split_digits(digits, min(recipe.training.validation, len(digits) // 5), 0)
    theirs, ours = [], []
    threads = choose_threads(recipe.training.threads)
    with computing_threads(threads):
        for _ in range(arguments.rounds):
            theirs.append(per_sample_seconds(recipe, splits))
            ours.append(our_seconds(recipe, splits))
            print(f"per sample {theirs[-1]:7.2f} s   ours {ours[-1]:7.2f} s", flush=True)
    result = {
        "recipe": recipe.name,
        "epochs": arguments.epochs,
        "rounds": arguments.rounds,
        "per_sample_seconds": statistics.median(theirs),
        "seconds": statistics.median(ours),
        "ratio": statistics.median(theirs) / statistics.median(ours),
        "threads": threads,
        "machine": platform.processor() or platform.machine(),
    }
    print(f"{recipe.name}: {result['ratio']:.1f} times faster (medians of {arguments.rounds})")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
