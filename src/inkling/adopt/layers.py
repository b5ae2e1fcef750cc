"""Groups named tensors into layers with weights."""

import re
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from inkling.adopt.named_tensors import NamedTensors
from inkling.errors import ModelError

Kind = Literal["conv", "linear", "batch-norm", "vector-norm", "prelu", "recurrent"]
WEIGHT = ("weight", "kernel", "w", "weights", "coefs", "coefs_", "embeddings", "theta")
BIAS = ("bias", "b", "biases", "intercepts", "intercepts_", "biais")
SCALE = ("gamma", "scale")
ROLES = {
    **dict.fromkeys(WEIGHT, "weight"),
    **dict.fromkeys(BIAS, "bias"),
    **dict.fromkeys(SCALE, "weight"),
    "beta": "bias",
    "running_mean": "mean",
    "moving_mean": "mean",
    "running_var": "var",
    "moving_variance": "var",
    "mean": "mean",
    "var": "var",
}
SPECIAL = ("weight_g", "weight_v", "weight_orig", "weight_mask", "bias_orig", "bias_mask",
           "weight_u")  # fmt: skip
NUMBERED = re.compile(
    r"^(weights?|bias(?:es)?|gamma|beta|kernel|running_mean|running_var|w|b)[_-]?(\w*)$", re.I
)
SUFFIXED = re.compile(r"^(.+?)[_-](weights?|bias(?:es)?|kernel|w|b)$", re.I)


@dataclass(frozen=True, eq=False)
class WeightLayer:
    """A layer with weights. The keys of `weights` are torch's names, such as `running_mean`.

    Linear weights are (outputs, inputs), convolutions (outputs, inputs / groups, height, width).
    """

    name: str
    kind: Kind
    weights: dict[str, Tensor]
    keras: bool = False
    flexible: bool = False  # a square matrix that may be transposed

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        if self.kind == "recurrent":
            sides = 2 if "weight_hh_l0_reverse" in self.weights else 1
            return self.weights["weight_hh_l0"].shape[1] * sides
        return next(iter(self.weights.values())).shape[0]

    @property
    def inputs(self) -> int:
        """The number of inputs; for a grouped convolution, those of one group."""
        if self.kind == "recurrent":
            return self.weights["weight_ih_l0"].shape[1]
        first = next(iter(self.weights.values()))
        return first.shape[1] if first.ndim > 1 else first.shape[0]

    @property
    def computes(self) -> bool:
        """Whether the layer is more than a norm or an activation."""
        return self.kind in ("conv", "linear", "recurrent")


def find_layers(named: NamedTensors) -> list[WeightLayer]:
    """The layers of a network in the order of the file.

    Raises `ModelError` for layers of a kind that inkling cannot represent.
    """
    groups: dict[str, dict[str, Tensor]] = {}
    for name, tensor in named.tensors.items():
        prefix, role = _role(name, tensor, groups)
        groups.setdefault(prefix, {})[role] = tensor
    layers = [_layer(prefix, group) for prefix, group in groups.items()]
    return [layer for layer in layers if layer is not None]


def _role(name: str, tensor: Tensor, groups: dict[str, dict[str, Tensor]]) -> tuple[str, str]:
    """The layer that a tensor belongs to, and its role in it."""
    parts = re.split(r"[./]", re.sub(r":0$", "", name))
    *before, leaf = parts
    if leaf.isdigit() and before and before[-1].lower() in ROLES:  # weights.0, biases.0
        return ".".join([*before[:-1], leaf]), ROLES[before[-1].lower()]
    if leaf.isdigit() and tensor.ndim == 1 and groups:  # a bare list of matrices and vectors
        last = next(reversed(groups))
        if set(groups[last]) == {"weight"}:
            return last, "bias"
    if leaf in ROLES and leaf.lower() == leaf and before:
        return ".".join(before), ROLES[leaf]
    if leaf in SPECIAL or re.match(r"(weight|bias)_[ih]h_l\d", leaf):
        return ".".join(before), leaf
    if before[-2:] == ["parametrizations", "weight"]:  # weight norm since torch 2
        return ".".join(before[:-2]), {"original0": "weight_g", "original1": "weight_v"}.get(
            leaf, leaf
        )
    return _role_in_name(before, leaf, tensor)


def _role_in_name(before: list[str], leaf: str, tensor: Tensor) -> tuple[str, str]:
    """The role by names such as `W1`, `bias_2` and `fc1_w`, or else by the shape."""
    numbered = NUMBERED.match(leaf)
    if numbered:
        return ".".join([*before, numbered[2]]), ROLES[numbered[1].lower()]
    suffixed = SUFFIXED.match(leaf)
    if suffixed:
        return ".".join([*before, suffixed[1]]), ROLES[suffixed[2].lower()]
    return ".".join([*before, leaf]), "weight" if tensor.ndim > 1 else leaf


def _layer(name: str, group: dict[str, Tensor]) -> WeightLayer | None:
    group = _without_reparametrisation(group)
    if "weight_ih_l0" in group:
        return WeightLayer(name, "recurrent", group)
    if "mean" in group and "var" in group:
        return _batch_norm(name, group)
    weight, bias = group.get("weight"), group.get("bias")
    if weight is None:
        return None
    if bias is not None and bias.ndim == 2 and 1 in bias.shape:
        if bias.shape == weight.shape and weight.shape[0] == 1:
            weight = weight.flatten()
        bias = bias.flatten()  # a column or a row, as in hand-written networks
    if weight.ndim in (2, 4):
        return (_convolution if weight.ndim == 4 else _linear)(name, weight, bias)
    return _vector_layer(name, weight, bias)


def _batch_norm(name: str, group: dict[str, Tensor]) -> WeightLayer:
    weights = {
        "weight": group.get("weight"),
        "bias": group.get("bias"),
        "running_mean": group["mean"],
        "running_var": group["var"],
    }
    kept = {key: value.flatten() for key, value in weights.items() if value is not None}
    return WeightLayer(name, "batch-norm", kept)


def _vector_layer(name: str, weight: Tensor, bias: Tensor | None) -> WeightLayer:
    """A norm without running statistics, or a learned activation."""
    if weight.ndim in (1, 3) and bias is not None and bias.shape == weight.shape:
        return WeightLayer(name, "vector-norm", {"weight": weight, "bias": bias})
    if weight.ndim <= 1:
        return WeightLayer(name, "prelu", {"weight": weight.reshape(-1)})
    raise ModelError(
        f"its layer {name} has weights of shape {tuple(weight.shape)}, which fits no layer that "
        "inkling supports"
    )


def _without_reparametrisation(group: dict[str, Tensor]) -> dict[str, Tensor]:
    """Computes plain weights from the pairs of weight norm, spectral norm and pruning."""
    group = dict(group)
    for part in ("weight", "bias"):
        if f"{part}_orig" in group and f"{part}_mask" in group:
            group[part] = group[f"{part}_orig"] * group[f"{part}_mask"]
    if "weight_g" in group and "weight_v" in group:
        direction = group["weight_v"]
        length = direction.flatten(1).norm(dim=1).reshape(-1, *[1] * (direction.ndim - 1))
        group["weight"] = group["weight_g"] * direction / length
    if "weight_orig" in group and "weight_u" in group and "weight" not in group:
        matrix = group["weight_orig"].flatten(1)
        size = torch.linalg.matrix_norm(matrix, ord=2)
        group["weight"] = group["weight_orig"] / size
    return group


def _convolution(name: str, weight: Tensor, bias: Tensor | None) -> WeightLayer:
    """Keras stores (height, width, inputs, outputs)."""
    if bias is not None:
        keras = weight.shape[0] != len(bias) and weight.shape[3] == len(bias)
    else:
        keras = weight.shape[2] != weight.shape[3] and weight.shape[0] == weight.shape[1]
    if keras:
        weight = weight.permute(3, 2, 0, 1).contiguous()
    return WeightLayer(name, "conv", _with_bias(weight, bias), keras=keras)


def _linear(name: str, weight: Tensor, bias: Tensor | None) -> WeightLayer:
    """Custom networks and Keras store (inputs, outputs). The bias reveals it."""
    rows, columns = weight.shape
    if bias is None or rows == columns:
        return WeightLayer(name, "linear", _with_bias(weight, bias), flexible=True)
    if len(bias) == columns:
        return WeightLayer(name, "linear", _with_bias(weight.T.contiguous(), bias), keras=True)
    return WeightLayer(name, "linear", _with_bias(weight, bias))


def _with_bias(weight: Tensor, bias: Tensor | None) -> dict[str, Tensor]:
    return {"weight": weight} | ({"bias": bias} if bias is not None else {})
