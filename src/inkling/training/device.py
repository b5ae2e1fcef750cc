"""Which device to compute on."""

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from typing import Literal

import torch

from inkling.errors import InklingError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def choose_device(name: DeviceName = "auto") -> torch.device:
    """The device of that name; `auto` is cuda where it is there, else cpu.

    mps (a Mac's own GPU) must be named: nobody has yet trained on one with inkling. Raises
    `InklingError` where the named one is not there.
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
        raise InklingError(f"there is no {name} device here; use --device {found} or auto")
    return torch.device(name)


@contextlib.contextmanager
def reusing_memory() -> Iterator[None]:
    """Let glibc keep freed memory within the block; elsewhere it does nothing.

    By default each large tensor is mapped anew and its pages zeroed by the kernel: a third of a
    step at 512 images.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if library is None or not hasattr(library, "mallopt"):
        yield
        return
    library.mallopt(M_MMAP_THRESHOLD, 1 << 30)
    library.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    try:
        yield
    finally:
        # The greatest that glibc's own adjusting comes to; it cannot be turned on again.
        library.mallopt(M_MMAP_THRESHOLD, 32 << 20)
        library.mallopt(M_TRIM_THRESHOLD, 64 << 20)
        library.malloc_trim(0)
