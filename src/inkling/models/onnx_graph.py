"""Converts the graph of an ONNX file to a network that can be trained further.

torch runs the graph node by node. The weights of convolutions and dense layers are parameters;
folded batch norm stays folded. Writing changes only the weights, and keeps the graph.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from inkling.errors import ModelError
from inkling.models.onnx_operators import OPERATORS, TRAINED, Attributes
from inkling.types import MEAN, STD

if TYPE_CHECKING:
    from onnx import ModelProto


class OnnxGraph(nn.Module):
    """The network in `proto`: maps the file's input to logits (N, C)."""

    def __init__(self, proto: "ModelProto", name: str) -> None:
        """`name` is that of the file. Raises `ModelError` for operators that cannot be trained."""
        super().__init__()
        from onnx import numpy_helper

        graph = proto.graph
        unknown = sorted({node.op_type for node in graph.node} - set(OPERATORS))
        if unknown:
            raise ModelError(
                f"{name} has operators that finetune cannot train: {', '.join(unknown)}"
            )
        self.input, self.output = graph.input[0].name, graph.output[0].name
        stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self._widened = {
            node.output[0]: node.input[0]
            for node in graph.node
            if node.op_type == "Cast" and node.input[0] in stored
        }
        self._nodes = [_Node(node) for node in graph.node if node.output[0] not in self._widened]
        trained = {self._source(each) for node in self._nodes for each in node.trained()}
        self.weights = nn.ParameterDict()
        self._constants: dict[str, Tensor] = {}
        self._keys = {key: f"w{number}" for number, key in enumerate(sorted(stored))}
        for key, value in stored.items():
            tensor = torch.from_numpy(np.array(value))
            if key in trained and tensor.is_floating_point():
                self.weights[self._keys[key]] = nn.Parameter(tensor.float())
            else:
                self._constants[key] = tensor.float() if tensor.is_floating_point() else tensor
        if not self.weights:
            raise ModelError(f"{name} has no trainable weights")

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, C) of images in the file's input format."""
        values: dict[str, Tensor] = {self.input: images}
        for node in self._nodes:
            values[node.output] = node.run([self._value(each, values) for each in node.inputs])
        return values[self.output]

    def write_into(self, proto: "ModelProto") -> None:
        """Writes the weights into a graph as 32-bit numbers."""
        from onnx import numpy_helper

        for tensor in proto.graph.initializer:
            key = self._keys[tensor.name]
            if key in self.weights:
                values = self.weights[key].detach().cpu().numpy().astype(np.float32)
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    def _source(self, name: str) -> str:
        return self._widened.get(name, name)

    def _value(self, name: str, values: dict[str, Tensor]) -> Tensor | None:
        if not name:  # an omitted optional input
            return None
        if name in values:
            return values[name]
        name = self._source(name)
        key = self._keys.get(name, "")
        return self.weights[key] if key in self.weights else self._constants[name]


class _Node:
    """One operator of the graph with its parsed attributes."""

    def __init__(self, node: Any) -> None:
        from onnx import helper

        self.kind = str(node.op_type)
        self.inputs: Sequence[str] = list(node.input)
        self.output = str(node.output[0])
        self.attributes: Attributes = {
            each.name: helper.get_attribute_value(each) for each in node.attribute
        }
        self._run: Callable[..., Tensor] = OPERATORS[self.kind]

    def trained(self) -> list[str]:
        """The inputs that are weights stored in the file."""
        places = TRAINED.get(self.kind, ())
        return [self.inputs[place] for place in places if place < len(self.inputs)]

    def run(self, inputs: Sequence[Tensor | None]) -> Tensor:
        return self._run(self.attributes, *inputs)


class ScaledGraph(nn.Module):
    """An `OnnxGraph` that takes images with inkling's normalisation.

    `mean` and `std` are the normalisation of the graph's own input, for pixels from 0 to 1.
    """

    def __init__(self, proto: "ModelProto", name: str, mean: float, std: float) -> None:
        """Raises `ModelError` for operators that cannot be trained."""
        super().__init__()
        self.graph = OnnxGraph(proto, name)
        self.scale, self.shift = STD / std, (MEAN - mean) / std

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, C) of normalised images (N, 1, 28, 28)."""
        return self.graph(images * self.scale + self.shift)

    def write_into(self, proto: "ModelProto") -> None:
        """Writes the weights into a graph as 32-bit numbers."""
        self.graph.write_into(proto)
