"""Which device to compute on."""

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
