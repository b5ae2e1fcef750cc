"""Computes the probability of each digit and mark for windows of the line network's frames.

The line network reads a line without cutting it. Each run of pieces covers a window of frames. The
probability that the window holds exactly one digit is the sum over all positions of that digit
(the forward algorithm of connectionist temporal classification: Graves and others, 2006, 4.1).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.preprocess.pixels import Labels
from inkling.reading.recognise.line_network import BLANK, CLASSES, MARKS, STRIDE
from inkling.reading.recognise.strip import Strip

EDGE = 3.0  # percent of a piece's ink that is ignored at each end


def piece_bounds(
    strip: Strip, labels: Labels, pieces: Sequence[Part], frames: int
) -> NDArray[np.int64]:
    """The first frame of each piece of a line and the end of the last one, (pieces + 1,).

    The bound between two pieces is the middle of the gap or overlap between them.
    """
    ends = np.array([_ends(strip, labels, piece) for piece in pieces])
    middles = (ends[:-1, 1] + ends[1:, 0]) / 2
    inner = np.maximum.accumulate(np.rint(middles / STRIDE)) if len(middles) else middles
    return np.array([0, *np.clip(inner, 0, frames), frames], np.int64)


def _ends(strip: Strip, labels: Labels, piece: Part) -> tuple[float, float]:
    """The first and last column of a piece's ink in the strip."""
    window = labels[piece.y : piece.bottom, piece.x : piece.right]
    rows, columns = np.nonzero(np.isin(window, piece.labels))
    across, down, start = strip.matrix[0].tolist()
    at = across * (columns + piece.x) + down * (rows + piece.y) + start
    low, high = np.percentile(at, [EDGE, 100 - EDGE])
    return float(low), float(high) + across  # to the far side of its last pixel


def score_windows(
    log_probs: NDArray[np.float64], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log-probabilities (windows, 18): exactly one digit or one mark in a window, or no digit.

    The columns are those of the frames `log_probs` (T, 18); `BLANK` stands for no digit. Marks
    beside a digit are ignored, digits beside a mark are not. Windows run from `starts` to before
    `stops`. An empty window holds no digit, and neither digit nor mark: minus infinity.
    """
    silent = log_probs[:, BLANK]
    no_digit = np.logaddexp.reduce(log_probs[:, BLANK:], axis=1)
    rest = np.repeat(no_digit[:, None], CLASSES, axis=1)  # the frames beside each class
    rest[:, MARKS:] = silent[:, None]
    count = len(starts)
    before = np.zeros((count, CLASSES))  # not begun
    inside = np.full((count, CLASSES), -np.inf)  # the previous frame shows the class
    after = np.full((count, CLASSES), -np.inf)  # complete
    for step in range(int((stops - starts).max(initial=0))):
        on = starts + step < stops
        frame = (starts + step)[on]
        after[on] = np.logaddexp(after[on], inside[on]) + rest[frame]
        inside[on] = np.logaddexp(before[on], inside[on]) + log_probs[frame]
        before[on] += rest[frame]
    out = np.logaddexp(inside, after)
    out[:, BLANK] = before[:, BLANK]
    return out
