"""Classifies the cells of a table: one of ten digits, no digit, blank, or several digits."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.reading.recognise.softmax import softmax
from inkling.reading.session import open_bundled
from inkling.reading.tables.cell_windows import cell_windows
from inkling.reading.tables.cells import CellInk

MODEL = Path(__file__).parent.parent / "weights" / "cells.onnx"
NONE, BLANK, SEVERAL = 10, 11, 12  # classes after the digits
CLASSES = 13
BATCH = 512  # windows in one run, so that memory does not grow with the table


def judge_cells(cells: Sequence[CellInk]) -> NDArray[np.float32]:
    """Computes probabilities (N, 13) of cells: the ten digits, `NONE`, `BLANK` and `SEVERAL`."""
    session = _session()
    name = session.get_inputs()[0].name
    out = np.zeros((len(cells), CLASSES), np.float32)
    for first in range(0, len(cells), BATCH):
        windows = cell_windows(cells[first : first + BATCH]).astype(np.float32) / np.float32(255)
        logits = np.asarray(session.run(None, {name: windows})[0], np.float32)
        out[first : first + BATCH] = softmax(logits)
    return out


@cache
def _session() -> onnxruntime.InferenceSession:
    return open_bundled(MODEL)
