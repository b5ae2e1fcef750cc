"""A plain short training as a baseline for the sprints.

Two small convolutions, batch norm, AdamW, a triangular schedule, and bf16 if the processor supports
it. Its length gives about the accuracy of a sprint.
"""

import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.data.loader import normalise_images
from inkling.models.inference import predict_logits
from inkling.training.precision import has_bf16
from inkling.types import Digits

RISING = 0.3  # of all steps


@dataclass(frozen=True)
class Prototype:
    """One length of it, and whether its first convolution strides or is pooled."""

    name: str
    strided: bool
    epochs: float
    batch: int


HALF_EPOCH = Prototype("prototype, half an epoch", strided=True, epochs=0.5, batch=128)
LONGER = Prototype("prototype, 1.5 epochs", strided=False, epochs=1.5, batch=256)


def make_network(strided: bool) -> nn.Module:
    """(B, 1, 28, 28) to ten logits; 28 to 12 to 5 pixels, by a stride or by pooling."""
    first = [nn.Conv2d(1, 16, 5, stride=2)] if strided else [nn.Conv2d(1, 16, 5), nn.MaxPool2d(2)]
    return nn.Sequential(
        *first, nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 25, 128), nn.ReLU(), nn.Linear(128, 10),
    ).to(memory_format=torch.channels_last)  # fmt: skip


def run_prototype(
    prototype: Prototype, training: Digits, test: Digits, seed: int
) -> dict[str, float]:
    """Test accuracy, and seconds from before the first step to after the last."""
    bf16 = has_bf16(torch.device("cpu"))
    torch.manual_seed(seed)
    began = time.perf_counter()
    images, labels = torch.tensor(training.images), torch.tensor(training.labels)
    network = make_network(prototype.strided)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, betas=(0.9, 0.95))
    steps = round(prototype.epochs * len(labels) / prototype.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (RISING * steps), (steps - step) / steps / 0.7)
    )
    for index in _batches(len(labels), prototype.batch, steps):
        batch = normalise_images(images[index]).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = F.cross_entropy(network(batch), labels[index], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - began
    logits = predict_logits(network, normalise_images(torch.tensor(test.images)))
    right = logits.argmax(1) == torch.tensor(test.labels)
    return {"accuracy": right.double().mean().item(), "seconds": seconds}


def _batches(count: int, batch: int, steps: int) -> list[Tensor]:
    """The indices of each step: epochs of fresh permutations."""
    epochs = -(-steps * batch // count)
    return list(torch.cat([torch.randperm(count) for _ in range(epochs)]).split(batch))[:steps]
