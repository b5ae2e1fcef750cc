"""A model file of half the size: weights of 16 bits, which the runtime gives 32 again.

Only the file is smaller. The network must have such weights before it is written, so that the
file answers as it does: `round_to_half(fold_norms(net))`, then `store_half(path)`.
"""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inkling.reading.model_hash import with_hash

LARGE = 256  # numbers; smaller tensors are left as they are


def fold_norms(net: nn.Module) -> nn.Module:
    """The network in place, each batch norm folded into the convolution before it."""
    for sequence in [m for m in net.modules() if isinstance(m, nn.Sequential)]:
        for index in range(len(sequence) - 1):
            pair = sequence[index], sequence[index + 1]
            if isinstance(pair[0], nn.Conv2d) and isinstance(pair[1], nn.BatchNorm2d):
                sequence[index] = cast(nn.Module, fuse_conv_bn_eval(pair[0].eval(), pair[1].eval()))
                sequence[index + 1] = nn.Identity()
    return net


def round_to_half(net: nn.Module) -> nn.Module:
    """The network in place, its weights such as 16 bits hold."""
    with torch.no_grad():
        for weights in net.parameters():
            weights.copy_(weights.half().float())
    return net


def store_half(path: Path) -> None:
    """Keep the large weights of the ONNX file at `path` as 16 bits, with a cast after each."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= LARGE:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    # Without the hash of the file as it was.
    kept = [entry for entry in model.metadata_props if entry.key != "sha256"]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    path.write_bytes(with_hash(model.SerializeToString()))
