"""Chooses the device for computation, and configures memory reuse on a CPU."""

import contextlib
from collections.abc import Iterator
from typing import Literal

import torch

from inkling.allocator import return_memory, set_thresholds
from inkling.errors import InklingError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def choose_device(name: DeviceName = "auto") -> torch.device:
    """The device of that name. `auto` is cuda if available, else cpu.

    mps (the GPU of a Mac) must be named, because it is untested. Raises `InklingError` if the named
    device is not available.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there.get(name):
        found = ", ".join(device for device, available in there.items() if available)
        raise InklingError(f"there is no {name} device. Use --device {found} or auto")
    return torch.device(name)


@contextlib.contextmanager
def reusing_memory() -> Iterator[None]:
    """Makes glibc keep freed memory within the block. Does nothing on other systems.

    By default, the kernel maps and zeroes new pages for each large tensor, which takes a third of a
    step with 512 images.
    """
    if not set_thresholds(mmap=1 << 30, trim=(1 << 31) - 1):
        yield
        return
    try:
        yield
    finally:
        set_thresholds()
        return_memory()
