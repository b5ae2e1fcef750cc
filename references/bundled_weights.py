"""Reads the weights of a bundled network, to train it further."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

HALF = "_half"  # end of the name of a tensor that `inkling.exporters.half` stores with 16 bits


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of an ONNX file by their names in the network, as float32."""
    return {
        tensor.name.removesuffix(HALF): numpy_helper.to_array(tensor).astype(np.float32)
        for tensor in onnx.load(path).graph.initializer
    }
