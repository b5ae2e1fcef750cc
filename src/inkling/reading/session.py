"""Opens ONNX models for all networks of the reader."""

from pathlib import Path

import onnxruntime

from inkling.errors import ModelError
from inkling.reading.model_hash import check_bundled


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Opens the model at `path` with one thread, because the reader runs images in parallel.

    Raises the undocumented exceptions of ONNX Runtime.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Memory is planned per batch size, and sizes differ here: 9 % more memory, and no faster.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def open_bundled(path: Path) -> onnxruntime.InferenceSession:
    """Opens a bundled model. Raises `ModelError` if it is missing or damaged."""
    check_bundled()
    try:
        return open_session(path)
    except Exception as error:  # ONNX Runtime raises undocumented types
        raise ModelError(f"{path} is missing or damaged. Install inkling again") from error
