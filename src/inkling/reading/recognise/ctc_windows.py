"""Computes the probability of each digit for windows of the line network's output frames.

The line network reads a line without cutting it. Each run of pieces covers a window of frames. The
probability that the window holds exactly one digit is the sum over all positions of that digit
(the forward algorithm of connectionist temporal classification: Graves and others, 2006, 4.1).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.preprocess.pixels import Labels
from inkling.reading.recognise.line_network import BLANK, STRIDE
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
    """Log-probabilities (windows, 11): exactly one digit 0 to 9 in a window or, last, no digit.

    `log_probs` (T, 11) are those of the frames. Windows run from `starts` to before `stops`. An
    empty window holds no digit: minus infinity.
    """
    count = len(starts)
    before = np.zeros((count, 1))  # no digit yet
    inside = np.full((count, BLANK), -np.inf)  # the previous frame shows the digit
    after = np.full((count, BLANK), -np.inf)  # the digit is complete
    for step in range(int((stops - starts).max(initial=0))):
        on = starts + step < stops
        frame = log_probs[(starts + step)[on]]
        digit, blank = frame[:, :BLANK], frame[:, BLANK:]
        after[on] = np.logaddexp(after[on], inside[on]) + blank
        inside[on] = np.logaddexp(before[on], inside[on]) + digit
        before[on] += blank
    return np.concatenate([np.logaddexp(inside, after), before], axis=1)
