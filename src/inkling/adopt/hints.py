"""Reads settings from pickled modules: strides, paddings and names of activations."""

import re

from inkling.adopt.named_tensors import NamedTensors
from inkling.models.adopted_spec import ActivationName

CLASSES: dict[str, ActivationName] = {
    "ReLU": "relu",
    "LeakyReLU": "leaky-relu",
    "ELU": "elu",
    "SELU": "selu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "ReLU6": "relu6",
    "Hardtanh": "hard-tanh",
    "Mish": "mish",
}
CALLS = re.compile(r"torch\.(relu|leaky_relu|elu|selu|gelu|silu|tanh|sigmoid|softplus|mish)_?\(")


def conv_settings(named: NamedTensors, layer: str) -> tuple[int, int] | None:
    """(stride, padding) of a pickled convolution; None if the file does not have them."""
    found = named.modules.get(layer)
    if found is None or not found[0].endswith("Conv2d"):
        return None
    kernel, stride = found[1].get("kernel_size"), found[1].get("stride")
    padding = found[1].get("padding")
    if padding == "same" and isinstance(kernel, tuple):
        padding = (kernel[0] // 2, kernel[0] // 2)
    if padding == "valid":
        padding = (0, 0)
    pairs = [pair for pair in (stride, padding) if isinstance(pair, tuple) and len(pair) == 2]
    if len(pairs) != 2 or any(pair[0] != pair[1] for pair in pairs):
        return None
    return pairs[0][0], pairs[1][0]


def named_activations(named: NamedTensors) -> tuple[ActivationName, ...]:
    """Activations that the file mentions. The network may use others."""
    found: list[ActivationName] = []
    for name, _ in named.modules.values():
        activation = CLASSES.get(name.rpartition(".")[2])
        if activation is not None:
            found.append(activation)
    for call in CALLS.findall(named.code):
        found.append(call.replace("_", "-"))
    return tuple(dict.fromkeys(found))
