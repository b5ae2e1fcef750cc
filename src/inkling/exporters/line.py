"""Exports the line network to ONNX with 16-bit weights."""

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
from inkling.reading.recognise.line_network import STRIDE, strip_input
from inkling.reading.recognise.strip import HEIGHT


def export_line(
    net: nn.Module, card: dict[str, Any], path: Path, strips: Sequence[NDArray[np.uint8]]
) -> None:
    """Writes `net` to `path` with free batch size, free width in steps of 4, and 16-bit weights.

    The weights must be 16-bit values (`round_to_half`). Raises `ModelError` without changing `path`
    if a logit for one of
    `strips` (32, W) uint8 is off by more than 1e-4 of the largest one.
    """
    net = net.eval().to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    example = torch.zeros(2, 1, HEIGHT, 24 * STRIDE)
    free = {0: torch.export.Dim("batch"), 3: STRIDE * torch.export.Dim("frames")}
    with replacing(path) as temporary:
        write_graph(net, example, free, card, temporary)
        store_half(temporary)
        verify_each(net, temporary, [strip_input(strip)[0] for strip in strips])
