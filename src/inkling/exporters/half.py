"""Stores a model's weights with 16 bits, which ONNX Runtime converts back to 32 when loading.

Only the file is smaller. Round the weights before export, so that the file and the network give the
same output: `round_to_half(fold_norms(net))`, then `store_half(path)`.
"""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inkling.reading.model_hash import with_hash

MIN_NUMBERS = 256  # numbers; smaller tensors are not converted


def fold_norms(net: nn.Module) -> nn.Module:
    """Folds each batch norm into the convolution before it, in place."""
    for sequence in [m for m in net.modules() if isinstance(m, nn.Sequential)]:
        for index in range(len(sequence) - 1):
            pair = sequence[index], sequence[index + 1]
            if isinstance(pair[0], nn.Conv2d) and isinstance(pair[1], nn.BatchNorm2d):
                sequence[index] = cast(nn.Module, fuse_conv_bn_eval(pair[0].eval(), pair[1].eval()))
                sequence[index + 1] = nn.Identity()
    return net


def round_to_half(net: nn.Module) -> nn.Module:
    """Rounds the weights to 16-bit values, in place."""
    with torch.no_grad():
        for weights in net.parameters():
            weights.copy_(weights.half().float())
    return net


def store_half(path: Path) -> None:
    """Converts the large weights of the ONNX file at `path` to 16 bits with a cast after each."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= MIN_NUMBERS:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    # The old hash is removed.
    kept = [entry for entry in model.metadata_props if entry.key != "sha256"]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    path.write_bytes(with_hash(model.SerializeToString()))
