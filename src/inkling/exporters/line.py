"""The network that reads whole lines as an ONNX file of half the size."""

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
    """Write `net` to `path`, its batch free and its width in steps of 4, its weights in 16 bits.

    They must be such as 16 bits hold (`round_to_half`): the runtime gives them 32 again when it
    opens the file. Raises `ModelError`, and leaves `path` as it was, where a logit for one of
    `strips` (32, W) uint8 is off by more than 1e-4 of the largest one.
    """
    net = net.eval().to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    example = torch.zeros(2, 1, HEIGHT, 24 * STRIDE)
    free = {0: torch.export.Dim("batch"), 3: STRIDE * torch.export.Dim("frames")}
    with replacing(path) as temporary:
        write_graph(net, example, free, card, temporary)
        store_half(temporary)
        verify_each(net, temporary, [strip_input(strip)[0] for strip in strips])
