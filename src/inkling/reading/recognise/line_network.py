"""Runs the line network, which reads a line of digits without cutting it."""

from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.reading.recognise.strip import Strip
from inkling.reading.recognise.tta import move_diagonally
from inkling.reading.session import open_bundled
from inkling.types import MarkKind

MODEL = Path(__file__).parent.parent / "weights" / "line.onnx"
STRIDE = 4  # columns of a strip per frame
BLANK = 10  # the class of a frame without the middle of a digit
MARKS = BLANK + 1  # the first class of a mark; there is one for each of `MarkKind`
CLASSES = MARKS + len(get_args(MarkKind))


def strip_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The network's input (N, 1, 32, W') float32, 0 to 1, for strips (..., 32, W) uint8.

    W' is W padded with background to a multiple of 4.
    """
    height, width = pixels.shape[-2:]
    padded = np.pad(pixels.reshape(-1, height, width), ((0, 0), (0, 0), (0, -width % STRIDE)))
    return padded[:, None].astype(np.float32) / np.float32(255)


def read_strip(strip: Strip) -> NDArray[np.float64]:
    """Log-probabilities (T, 18) of a strip's frames: the ten digits, blank, the kinds of marks."""
    return _log_probs(strip.pixels[None])[0]


def read_strip_again(strip: Strip) -> NDArray[np.float64]:
    """Log-probabilities (T, 18) by test-time augmentation with four shifted copies of the strip.

    It averages log-probabilities and normalises them. Of 2,000 held-out strips 72.6 % are right,
    71.3 % without it, measured with a network after a third of the training.
    """
    moved = move_diagonally(strip.pixels[None])
    return _normalise(_log_probs(np.concatenate([strip.pixels[None], *moved])).mean(axis=0))


def _log_probs(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    session = _session()
    found = session.run(None, {session.get_inputs()[0].name: strip_input(pixels)})
    return _normalise(np.asarray(found[0], np.float64))


def _normalise(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-softmax over the last axis (..., 18)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def ctc_greedy_decode(log_probs: NDArray[np.float64]) -> tuple[int, ...]:
    """The digits of frames (T, 18) by their best class, without repeats, blanks and marks."""
    best = log_probs.argmax(axis=1)
    fresh = np.diff(best, prepend=BLANK) != 0
    return tuple(best[fresh & (best < BLANK)].tolist())


@cache
def _session() -> onnxruntime.InferenceSession:
    return open_bundled(MODEL)
