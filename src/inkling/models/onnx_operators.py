"""Implements the ONNX operators of exported networks with torch."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from inkling.errors import ModelError

Attributes = dict[str, Any]
FLOATS = (1, 10, 16)  # TensorProto's float, float16 and bfloat16


def _pads(attributes: Attributes, x: Tensor, value: float) -> Tensor:
    """Pads the image by `pads`: top, left, bottom, right."""
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ModelError(f"finetune cannot train a layer with auto_pad {attributes['auto_pad']!r}")
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    return F.pad(x, (left, right, top, bottom), value=value) if top + left + bottom + right else x


def _conv(attributes: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    pads = attributes.get("pads", [0, 0, 0, 0])
    same = pads[:2] == pads[2:] and attributes.get("auto_pad", b"NOTSET") == b"NOTSET"
    return F.conv2d(
        x if same else _pads(attributes, x, 0.0),
        weight,
        bias,
        stride=tuple(attributes.get("strides", [1, 1])),
        padding=tuple(pads[:2]) if same else 0,
        dilation=tuple(attributes.get("dilations", [1, 1])),
        groups=attributes.get("group", 1),
    )


def _gemm(attributes: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    x = x.T if attributes.get("transA") else x
    weight = weight.T if attributes.get("transB") else weight
    out = attributes.get("alpha", 1.0) * (x @ weight)
    return out if bias is None else out + attributes.get("beta", 1.0) * bias


def _max_pool(attributes: Attributes, x: Tensor) -> Tensor:
    return F.max_pool2d(
        _pads(attributes, x, -torch.inf),
        tuple(attributes["kernel_shape"]),
        tuple(attributes.get("strides", [1, 1])),
        ceil_mode=bool(attributes.get("ceil_mode", 0)),
    )


def _average_pool(attributes: Attributes, x: Tensor) -> Tensor:
    if any(attributes.get("pads", ())) and not attributes.get("count_include_pad"):
        raise ModelError("finetune cannot train average pooling that does not count its padding")
    return F.avg_pool2d(
        _pads(attributes, x, 0.0),
        tuple(attributes["kernel_shape"]),
        tuple(attributes.get("strides", [1, 1])),
        ceil_mode=bool(attributes.get("ceil_mode", 0)),
    )


def _reshape(attributes: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    wanted = shape.tolist()
    if not attributes.get("allowzero"):
        wanted = [x.shape[place] if size == 0 else size for place, size in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(attributes: Attributes, x: Tensor) -> Tensor:
    return x.flatten(attributes.get("axis", 1)) if attributes.get("axis", 1) else x.reshape(1, -1)


def _cast(attributes: Attributes, x: Tensor) -> Tensor:
    return x.float() if attributes["to"] in FLOATS else x


def _batch_norm(
    attributes: Attributes, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, var: Tensor
) -> Tensor:
    return F.batch_norm(x, mean, var, scale, bias, eps=attributes.get("epsilon", 1e-5))


def _gelu(attributes: Attributes, x: Tensor) -> Tensor:
    return F.gelu(x, approximate=attributes.get("approximate", b"none").decode())


def _same(_: Attributes, x: Tensor, *__: Tensor) -> Tensor:
    return x


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "Add": lambda _, a, b: a + b,
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Conv": _conv,
    "Div": lambda _, a, b: a / b,
    "Dropout": _same,
    "Flatten": _flatten,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda _, x: x.mean((2, 3), keepdim=True),
    "Identity": _same,
    "LeakyRelu": lambda attributes, x: F.leaky_relu(x, attributes.get("alpha", 0.01)),
    "MatMul": lambda _, a, b: a @ b,
    "MaxPool": _max_pool,
    "Mul": lambda _, a, b: a * b,
    "Relu": lambda _, x: F.relu(x),
    "Reshape": _reshape,
    "Sigmoid": lambda _, x: torch.sigmoid(x),
    "Sub": lambda _, a, b: a - b,
    "Tanh": lambda _, x: torch.tanh(x),
}
# The inputs of each operator that are trainable weights, if the file stores them.
TRAINED: dict[str, tuple[int, ...]] = {
    "Add": (0, 1),
    "BatchNormalization": (1, 2),
    "Conv": (1, 2),
    "Gemm": (1, 2),
    "MatMul": (0, 1),
}
