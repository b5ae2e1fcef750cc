"""Baselines for the sprints, reimplemented: a student's loop and PyTorch's MNIST example.

Both evaluate the test set after every epoch, outside the measured time, to find when they first
reach an accuracy. That favours them: our recipes evaluate it once, at the end.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from inkling.data.loader import normalise_images
from inkling.models.inference import predict_logits
from inkling.models.mlp import Mlp, MlpSpec
from inkling.types import MEAN, STD, Digits

BATCH = 64


class OneByOneDataset(Dataset[tuple[Tensor, int]]):
    """A simple `Dataset` that scales and normalises one image at a time."""

    def __init__(self, digits: Digits) -> None:
        self.images, self.labels = torch.tensor(digits.images), torch.tensor(digits.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        scaled = self.images[index].unsqueeze(0).to(torch.float32).div(255)
        return (scaled - MEAN) / STD, int(self.labels[index])


class ExampleNetwork(nn.Module):
    """The network of PyTorch's official MNIST example: 3x3x32, 3x3x64, pool, 128, 10."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.answer = nn.Sequential(
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(9216, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.answer(self.features(images))


@dataclass(frozen=True)
class Baseline:
    """A network with its optimiser, schedule and number of epochs."""

    name: str
    network: Callable[[], nn.Module]
    optimizer: Callable[[nn.Module], torch.optim.Optimizer]
    decay: float  # of the learning rate, each epoch
    epochs: int


STUDENT = Baseline(
    "student loop, mlp-deep",
    lambda: Mlp(MlpSpec(widths=(512, 256, 128, 64)), 10),
    lambda network: torch.optim.Adam(network.parameters(), lr=1e-3),
    decay=1.0,
    epochs=20,
)
EXAMPLE = Baseline(
    "PyTorch example",
    ExampleNetwork,
    lambda network: torch.optim.Adadelta(network.parameters(), lr=1.0),
    decay=0.7,
    epochs=14,
)


@dataclass
class Course:
    """The result of a baseline: training seconds and test accuracy after each epoch."""

    name: str
    seconds: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)

    def seconds_to(self, accuracy: float) -> float | None:
        """The seconds until it first reached `accuracy`; None if it never did."""
        reached = zip(self.seconds, self.accuracy, strict=True)
        return next((spent for spent, stood in reached if stood >= accuracy), None)


def run_baseline(
    baseline: Baseline, training: Digits, test: Digits, epochs: int, seed: int
) -> Course:
    """Trains for `epochs`. The time for the test set does not count."""
    torch.manual_seed(seed)
    network = baseline.network()
    optimizer = baseline.optimizer(network)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, baseline.decay)
    loader = DataLoader(OneByOneDataset(training), BATCH, shuffle=True)
    images, labels = normalise_images(torch.tensor(test.images)), torch.tensor(test.labels)
    course, spent = Course(baseline.name), 0.0
    for _ in range(epochs):
        began = time.perf_counter()
        network.train()
        for batch, answers in loader:
            optimizer.zero_grad()
            F.cross_entropy(network(batch), answers).backward()
            optimizer.step()
        schedule.step()
        spent += time.perf_counter() - began
        right = (predict_logits(network, images).argmax(1) == labels).double().mean().item()
        course.seconds.append(spent)
        course.accuracy.append(right)
    return course
