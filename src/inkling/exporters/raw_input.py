"""Adds pixel scaling and shape handling to an ONNX graph, so that it takes raw images.

Without it, wrong scaling gives wrong answers without a warning. Pixels of type uint8 cannot be
scaled wrongly.
"""

import contextlib
from pathlib import Path
from typing import Any, Literal

from inkling.reading.model_hash import with_hash
from inkling.types import MEAN, SIDE, STD

InputType = Literal["uint8", "float"]
OLDEST_OPSET = 9  # the oldest one with Gemm, Conv and Reshape in their present form
SCALED = "scaled"  # the new name of the graph's original input


def accept_raw_images(path: Path, kind: InputType) -> int:
    """Makes the graph at `path` take pixels from 0 to 255, (N, 28, 28) or (N, 1, 28, 28).

    `kind` is the type of the input. Writes the graph in the oldest possible opset, and returns that
    opset. The caller must compare the file with its network.
    """
    import onnx

    proto = _lowered(onnx.load(path))
    onnx.checker.check_model(proto)
    # ONNX's checker requires a rank for each input. ONNX Runtime does not, and accepts both shapes.
    _prepend(proto, kind)
    kept = [one for one in proto.metadata_props if one.key != "sha256"]  # of the old file
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)
    path.write_bytes(with_hash(proto.SerializeToString()))
    return proto.opset_import[0].version


def _lowered(proto: Any) -> Any:
    """The graph in the oldest opset in which it loads and passes ONNX's checker."""
    import onnx
    import onnx.version_converter
    import onnxruntime

    newest = next(one.version for one in proto.opset_import if one.domain in ("", "ai.onnx"))
    card = list(proto.metadata_props)
    for opset in range(OLDEST_OPSET, newest):
        # The converter raises undocumented types if an operator has no older form.
        with contextlib.suppress(Exception):
            older = onnx.version_converter.convert_version(proto, opset)
            older.ir_version = onnx.helper.find_min_ir_version_for(list(older.opset_import))
            onnx.checker.check_model(older, full_check=True)
            onnxruntime.InferenceSession(
                older.SerializeToString(), providers=["CPUExecutionProvider"]
            )
            if not older.metadata_props:
                older.metadata_props.extend(card)
            return older
    return proto


def _prepend(proto: Any, kind: InputType) -> None:
    """Adds reshaping and scaling before the graph. The input keeps its name, but not its shape."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    graph = proto.graph
    name = graph.input[0].name
    for node in graph.node:
        node.input[:] = [SCALED if each == name else each for each in node.input]
    constants = {
        "image_shape": np.array([-1, 1, SIDE, SIDE], np.int64),
        "pixel_mean": np.array(255 * MEAN, np.float32),
        "pixel_std": np.array(255 * STD, np.float32),
    }
    graph.initializer.extend(
        numpy_helper.from_array(value, key) for key, value in constants.items()
    )
    nodes = [
        helper.make_node("Cast", [name], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["as_float", "image_shape"], ["as_images"]),
        helper.make_node("Sub", ["as_images", "pixel_mean"], ["centred"]),
        helper.make_node("Div", ["centred", "pixel_std"], [SCALED]),
    ]
    before = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *before])
    stored = TensorProto.UINT8 if kind == "uint8" else TensorProto.FLOAT
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(name, stored, None))
    del graph.value_info[:]
