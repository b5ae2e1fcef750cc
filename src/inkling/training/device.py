"""Which device to compute on."""

import contextlib
from collections.abc import Iterator
from typing import Literal

import torch

from inkling.errors import InklingError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def choose_device(name: DeviceName = "auto") -> torch.device:
    """The device of that name; `auto` is the first of cuda, mps, cpu that is there.

    Raises `InklingError` where the named one is not.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(device for device, available in there.items() if available))
    if not there.get(name):
        found = ", ".join(device for device, available in there.items() if available)
        raise InklingError(f"there is no {name} device here; use --device {found} or auto")
    return torch.device(name)


@contextlib.contextmanager
def computing_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads within the block; 0 leaves it as it is."""
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
