"""Makes batches of images that are resident on the device; each batch is one indexing operation.

The usual loader calls Python once per image. Here `DataLoader` gets the indices of a whole batch.
`benchmarks/loader.py` compares both.
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
    """Normalises (N, 28, 28) uint8 to (N, 1, 28, 28) float32 with mean 0 and sd 1 on MNIST."""
    return images.unsqueeze(1).to(torch.float32).sub_(255 * MEAN).div_(255 * STD)


class ResidentDigits(Dataset[Batch]):
    """All images as tensors on `device`; an index is a tensor of indices (B,).

    Pixels stay uint8 and are normalised per batch. This takes a quarter of the memory, and is not
    slower, because they stay in the cache.
    """

    def __init__(self, digits: Digits, device: torch.device) -> None:
        self.pixels = torch.tensor(digits.images, device=device)
        self.labels = torch.tensor(digits.labels, device=device)

    @property
    def images(self) -> Tensor:
        """All images, normalised at each call: (N, 1, 28, 28) float32."""
        return normalise_images(self.pixels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Tensor) -> Batch:
        # index_select takes a twentieth of the time of pixels[index] on a CPU.
        pixels = self.pixels.index_select(0, index)
        return Batch(normalise_images(pixels), self.labels.index_select(0, index))


class ShuffledBatches(Sampler[Tensor]):
    """Indices (B,) of each batch, in an order that depends only on `seed` and `epoch`.

    So a resumed training continues with the same batches. `start` skips those that were already
    used in this epoch.
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


def count_batches(images: int, batch_size: int) -> int:
    """The number of batches per epoch. The last one may be small.

    A single remaining image joins the previous batch, because batch norm needs more than one.
    """
    whole, rest = divmod(images, batch_size)
    joined = rest == 1 and whole > 0
    return whole + (rest > 0 and not joined)


def make_loader(data: ResidentDigits, batches: Sampler[Tensor]) -> DataLoader[Batch]:
    """A `DataLoader` that passes each tensor of indices to the data set unchanged.

    It has its own generator for the worker seed, so that making an iterator does not change the
    global random state, and with it dropout.
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
