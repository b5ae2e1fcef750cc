"""What the frames of a line say of its pieces: for each run of them, the chance of each digit.

The line's network reads without cutting. A run takes a window of its frames, and the chance that
exactly one digit stands in it is the sum over all places where it may stand (the forward
algorithm of connectionist temporal classification: Graves and others, 2006, section 4.1).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.reading.detect.parts import Part
from inkling.reading.preprocess.pixels import Labels
from inkling.reading.recognise.line_network import BLANK, STRIDE
from inkling.reading.recognise.strip import Strip

EDGE = 3.0  # percent of a piece's ink that may lie beyond its end


def piece_bounds(
    strip: Strip, labels: Labels, pieces: Sequence[Part], frames: int
) -> NDArray[np.int64]:
    """The frames (pieces + 1,) at which the pieces of a line begin, and where the last one ends.

    Between two pieces it is the middle of the space, or of the overlap, between them.
    """
    ends = np.array([_ends(strip, labels, piece) for piece in pieces])
    middles = (ends[:-1, 1] + ends[1:, 0]) / 2
    inner = np.maximum.accumulate(np.rint(middles / STRIDE)) if len(middles) else middles
    return np.array([0, *np.clip(inner, 0, frames), frames], np.int64)


def _ends(strip: Strip, labels: Labels, piece: Part) -> tuple[float, float]:
    """The columns of the strip between which a piece's ink lies."""
    window = labels[piece.y : piece.bottom, piece.x : piece.right]
    rows, columns = np.nonzero(np.isin(window, piece.labels))
    across, down, start = strip.matrix[0].tolist()
    at = across * (columns + piece.x) + down * (rows + piece.y) + start
    low, high = np.percentile(at, [EDGE, 100 - EDGE])
    return float(low), float(high) + across  # to the far side of its last pixel


def score_windows(
    log_probs: NDArray[np.float64], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Logarithms of log_probs (windows, 11): one digit alone in a window, or, last, none.

    `log_probs` (T, 11) are those of frames; windows run from `starts` to before `stops`. A digit
    in a window without frames has none: minus infinity.
    """
    count = len(starts)
    before = np.zeros((count, 1))  # no digit yet
    inside = np.full((count, BLANK), -np.inf)  # the frame before showed the digit
    after = np.full((count, BLANK), -np.inf)  # it has passed
    for step in range(int((stops - starts).max(initial=0))):
        on = starts + step < stops
        frame = log_probs[(starts + step)[on]]
        digit, blank = frame[:, :BLANK], frame[:, BLANK:]
        after[on] = np.logaddexp(after[on], inside[on]) + blank
        inside[on] = np.logaddexp(before[on], inside[on]) + digit
        before[on] += blank
    return np.concatenate([np.logaddexp(inside, after), before], axis=1)
