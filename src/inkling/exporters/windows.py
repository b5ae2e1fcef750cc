"""Exports a network of windows (marks, cells) to ONNX, and compares the file with the network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.exporters.half import store_half
from inkling.exporters.onnx import verify_each, write_graph
from inkling.files import replacing


def export_windows(
    net: nn.Module, card: dict[str, Any], path: Path, windows: Sequence[NDArray[np.uint8]]
) -> None:
    """Writes `net` to `path` with free batch size, 16-bit weights, and `card` in its metadata.

    Raises `ModelError` without changing `path` if a logit for one of `windows`
    (2, H, W) uint8 is off by more than 1e-4 of the largest one.
    """
    example = torch.zeros(2, *windows[0].shape)
    with replacing(path) as temporary:
        write_graph(net.eval(), example, {0: torch.export.Dim("batch")}, card, temporary)
        store_half(temporary)
        verify_each(net, temporary, [w.astype(np.float32) / np.float32(255) for w in windows])
