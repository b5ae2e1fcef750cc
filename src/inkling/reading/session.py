"""One way to open an ONNX model, for all networks of the reader."""

from pathlib import Path

import onnxruntime


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """The model at `path`, run on one thread: whole pictures are spread over the cores instead.

    Raises what ONNX Runtime raises, which has no documented type.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
