"""Exports the text map network to ONNX, and compares the file with the network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inkling.exporters.half import store_half
from inkling.exporters.onnx import verify_each, write_graph
from inkling.files import replacing
from inkling.models.writing import INPUTS, WritingNet
from inkling.reading.detect.text_map_network import MULTIPLE, pad_input


def export_writing(
    net: WritingNet, card: dict[str, Any], path: Path, images: Sequence[NDArray[np.floating]]
) -> None:
    """Writes `net` to `path` with free height and width in steps of 16, and `card` in its metadata.

    Its weights must be 16-bit values; see `half`.
    Raises `ModelError` without changing `path` if a logit for one of `images`
    (2, H, W) is off by more than 1e-4 of the largest one.
    """
    net = net.eval().to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    example = torch.zeros(1, INPUTS, 6 * MULTIPLE, 7 * MULTIPLE)
    rows, columns = torch.export.Dim("rows"), torch.export.Dim("columns")
    with replacing(path) as temporary:
        write_graph(net, example, {2: MULTIPLE * rows, 3: MULTIPLE * columns}, card, temporary)
        store_half(temporary)
        verify_each(net, temporary, [pad_input(image.astype(np.float32)) for image in images])
