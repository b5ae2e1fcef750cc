"""One way to open an ONNX model, for all networks of the reader."""

from pathlib import Path

import onnxruntime

from inkling.errors import ModelError
from inkling.reading.model_hash import check_bundled


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """The model at `path`, run on one thread: whole pictures are spread over the cores instead.

    Raises what ONNX Runtime raises, which has no documented type.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def open_bundled(path: Path) -> onnxruntime.InferenceSession:
    """A model that belongs to the package. Raises `ModelError` where it is missing or damaged."""
    check_bundled()
    try:
        return open_session(path)
    except Exception as error:  # the runtime raises its own, undocumented types
        raise ModelError(
            f"{path} is missing or damaged, and the reader needs it: install inkling again"
        ) from error
