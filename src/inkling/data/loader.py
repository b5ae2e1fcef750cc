"""Batches of device-resident pictures: each batch is one indexing of one tensor.

The usual loader calls Python once a picture; here `DataLoader` is handed the indices of a whole
batch at a time. `benchmarks/loader.py` measures the two against each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from inkling.types import MEAN, STD, Digits


@dataclass(frozen=True)
class Batch:
    """`images` (B, 1, 28, 28) float32, normalised; `labels` (B,) int64; on one device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def normalise_images(images: Tensor) -> Tensor:
    """(N, 28, 28) uint8 to (N, 1, 28, 28) float32 of about mean 0 and sd 1 on MNIST."""
    return images.unsqueeze(1).to(torch.float32).sub_(255 * MEAN).div_(255 * STD)


class ResidentDigits(Dataset[Batch]):
    """All pictures as tensors on `device`; an index is a tensor of indices (B,).

    Pixels stay uint8 and are normalised batch by batch: a quarter of the memory, nothing spent on
    pictures that a part of an epoch never reaches, and no slower, since they stay in the cache.
    """

    def __init__(self, digits: Digits, device: torch.device) -> None:
        self.pixels = torch.tensor(digits.images, device=device)
        self.labels = torch.tensor(digits.labels, device=device)

    @property
    def images(self) -> Tensor:
        """All of them, normalised: (N, 1, 28, 28) float32, made anew at each call."""
        return normalise_images(self.pixels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Tensor) -> Batch:
        # index_select takes a twentieth of the time of pixels[index] on a CPU.
        pixels = self.pixels.index_select(0, index)
        return Batch(normalise_images(pixels), self.labels.index_select(0, index))


class ShuffledBatches(Sampler[Tensor]):
    """Indices (B,) a batch, in an order that `seed` and `epoch` alone decide.

    Because nothing else decides, training that was killed goes on with the very same batches:
    `start` skips those that were already seen in this epoch.
    """

    def __init__(self, count: int, batch_size: int, seed: int, device: torch.device) -> None:
        self.count, self.batch_size, self.seed, self.device = count, batch_size, seed, device
        self.epoch, self.start = 0, 0

    def __len__(self) -> int:
        return count_batches(self.count, self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.count, generator=generator).to(self.device)
        batches = list(order.split(self.batch_size))
        if len(batches) > len(self):
            batches[-2:] = [torch.cat(batches[-2:])]
        yield from batches[self.start :]


def count_batches(pictures: int, batch_size: int) -> int:
    """Batches an epoch; the last may be small.

    A single picture that is left over joins the batch before it: batch norm cannot learn from a
    batch of one.
    """
    whole, rest = divmod(pictures, batch_size)
    joined = rest == 1 and whole > 0
    return whole + (rest > 0 and not joined)


def make_loader(data: ResidentDigits, batches: Sampler[Tensor]) -> DataLoader[Batch]:
    """A `DataLoader` that passes each tensor of indices through whole.

    It draws its worker seed from a generator of its own, so that making an iterator leaves the
    global random state, and with it dropout, alone.
    """
    return DataLoader(
        data,
        sampler=batches,
        batch_size=None,
        collate_fn=_as_it_is,
        generator=torch.Generator().manual_seed(0),
    )


def _as_it_is(batch: Any) -> Any:
    return batch
