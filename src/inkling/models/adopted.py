"""The network of an adopted checkpoint: input scaling and a list of layers."""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.models.adopted_spec import (
    AdoptedSpec,
    FlattenLayer,
    InputSpec,
    Layer,
    RecurrentLayer,
    ResidualLayer,
)
from inkling.types import MEAN, SIDE, STD


class _Square(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return values * values


ACTIVATION_LAYERS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "leaky-relu-0.1": lambda: nn.LeakyReLU(0.1),
    "leaky-relu-0.2": lambda: nn.LeakyReLU(0.2),
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "relu6": nn.ReLU6,
    "hard-tanh": nn.Hardtanh,
    "mish": nn.Mish,
    "square": _Square,
    "none": nn.Identity,
}


class Adopted(nn.Module):
    """Scales the image as the original code did, then applies the layers.

    `classes` is not used, because the last layer of `spec` gives their number.
    """

    def __init__(self, spec: AdoptedSpec, classes: int) -> None:
        super().__init__()
        del classes
        self.scale = Rescale(spec.input)
        self.layers = build_layers(spec.layers)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of normalised images (B, 1, 28, 28)."""
        return self.layers(self.scale(images))


def build_layers(layers: Sequence[Layer]) -> nn.Sequential:
    """The modules of `layers`, one after another."""
    return nn.Sequential(*(_BUILDERS[layer.op](cast(Any, layer)) for layer in layers))


class Rescale(nn.Module):
    """Converts images normalised by inkling to the normalisation of another project."""

    matrix: Tensor | None

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        self.spec = spec
        # Pixels are x * STD + MEAN. An inverted pixel is 1 minus that.
        sign, start = (-1.0, 1.0 - MEAN) if spec.inverted else (1.0, MEAN)
        self.gain = sign * STD / spec.std
        self.offset = (start - spec.mean) / spec.std
        resized = spec.side != SIDE and (spec.fit == "resize" or spec.side < SIDE)
        matrix = resize_matrix(spec.side) if resized else None
        self.register_buffer("matrix", matrix, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, 28, 28) to (B, channels, side, side)."""
        spec = self.spec
        if spec.transposed:
            images = images.transpose(2, 3)
        if self.matrix is not None:
            images = self.matrix @ images @ self.matrix.T
        if spec.binary:
            ink = (images * STD + MEAN > 0.5).to(images.dtype)
            images = (ink - MEAN) / STD
        values = images * self.gain + self.offset
        margin = spec.side - SIDE
        if margin > 0 and self.matrix is None:
            before = margin // 2
            frame = (before, margin - before, before, margin - before)
            dark = (float(spec.inverted) - spec.mean) / spec.std
            values = F.pad(values, frame, value=dark if spec.fit == "pad-pixels" else 0.0)
        return values.expand(-1, spec.channels, -1, -1) if spec.channels > 1 else values


def resize_matrix(side: int) -> Tensor:
    """A matrix (side, 28) for antialiased bilinear resizing of one axis. Each row sums to 1."""
    scale = SIDE / side
    reach = max(scale, 1.0)
    centres = (torch.arange(side, dtype=torch.float64) + 0.5) * scale - 0.5
    places = torch.arange(SIDE, dtype=torch.float64)
    weights = (1 - (places - centres[:, None]).abs() / reach).clamp(min=0)
    return (weights / weights.sum(1, keepdim=True)).float()


class _Flatten(nn.Module):
    def __init__(self, layer: FlattenLayer) -> None:
        super().__init__()
        self.last = layer.order == "channels-last"

    def forward(self, values: Tensor) -> Tensor:
        return (values.permute(0, 2, 3, 1) if self.last else values).flatten(1)


class _Residual(nn.Module):
    def __init__(self, layer: ResidualLayer) -> None:
        super().__init__()
        self.body = build_layers(layer.body)
        self.shortcut = build_layers(layer.shortcut)

    def forward(self, values: Tensor) -> Tensor:
        return self.body(values) + self.shortcut(values)


class _Recurrent(nn.Module):
    """Rows (B, 1, 28, 28) or (B, 28, 28) are the steps of a sequence."""

    def __init__(self, layer: RecurrentLayer) -> None:
        super().__init__()
        cells = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
        extra = {"nonlinearity": layer.activation} if layer.cell == "rnn" else {}
        self.cell = cells[layer.cell](
            layer.inputs,
            layer.hidden,
            layer.depth,
            bias=layer.bias,
            batch_first=True,
            bidirectional=layer.bidirectional,
            **extra,
        )
        self.answer, self.hidden = layer.answer, layer.hidden

    def forward(self, values: Tensor) -> Tensor:
        outputs, _ = self.cell(values.flatten(1).unflatten(1, (-1, self.cell.input_size)))
        if self.answer == "mean":
            return outputs.mean(1)
        if self.answer == "all":
            return outputs.flatten(1)
        if self.answer == "state" and self.cell.bidirectional:
            return torch.cat([outputs[:, -1, : self.hidden], outputs[:, 0, self.hidden :]], dim=1)
        return outputs[:, -1]


def _pool(layer: Any) -> nn.Module:
    kind = nn.MaxPool2d if layer.how == "max" else nn.AvgPool2d
    return kind(layer.kernel, layer.stride, layer.padding)


def _global_pool(layer: Any) -> nn.Module:
    return (nn.AdaptiveMaxPool2d if layer.how == "max" else nn.AdaptiveAvgPool2d)(layer.side)


def _batch_norm(layer: Any) -> nn.Module:
    kind = nn.BatchNorm2d if layer.images else nn.BatchNorm1d
    return kind(layer.features, eps=layer.epsilon, affine=layer.affine)


def _convolution(layer: Any) -> nn.Module:
    return nn.Conv2d(
        layer.inputs,
        layer.outputs,
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
        layer.bias,
    )


_BUILDERS: dict[str, Callable[[Any], nn.Module]] = {
    "conv": _convolution,
    "linear": lambda layer: nn.Linear(layer.inputs, layer.outputs, layer.bias),
    "batch-norm": _batch_norm,
    "layer-norm": lambda layer: nn.LayerNorm(layer.shape),
    "group-norm": lambda layer: nn.GroupNorm(layer.groups, layer.features),
    "activation": lambda layer: ACTIVATION_LAYERS[layer.name](),
    "prelu": lambda layer: nn.PReLU(layer.slopes),
    "pool": _pool,
    "global-pool": _global_pool,
    "flatten": _Flatten,
    "dropout": lambda layer: nn.Dropout(layer.fraction),
    "softmax": lambda _: nn.LogSoftmax(dim=1),
    "recurrent": _Recurrent,
    "residual": _Residual,
}


def count_multiplications(layers: Sequence[Layer], side: int) -> float:
    """The approximate number of multiplications for one image of `side` pixels."""
    total = 0.0
    for layer in layers:
        if layer.op == "conv":
            side = (side + 2 * layer.padding - layer.kernel[0]) // layer.stride + 1
            total += (
                side * side * layer.outputs * layer.inputs / layer.groups * math.prod(layer.kernel)
            )
        elif layer.op == "linear":
            total += layer.inputs * layer.outputs
        elif layer.op == "pool":
            side = (side + 2 * layer.padding - layer.kernel) // layer.stride + 1
        elif layer.op == "residual":
            total += count_multiplications(layer.body, side)
    return total
