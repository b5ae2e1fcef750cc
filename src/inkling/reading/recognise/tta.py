"""Test-time augmentation: averages a network's answers for doubtful crops over four shifts.

The output of a network with strides changes slightly when its input moves (Zhang, 2019). The mean
over shifts is right more often. Nine tenths of all crops are not doubtful, so this costs little.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inkling.reading.decisions import DEFAULT

MOVE = 0.7  # pixels; shift in both directions

Judge = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def average_over_shifts(
    pixels: NDArray[np.uint8],
    probs: NDArray[np.float32],
    judge: Judge,
    doubtful_crop: float = DEFAULT.doubtful_crop,
) -> NDArray[np.float32]:
    """The probabilities (N, C) of crops (N, 28, 28). Doubtful ones are the mean of five answers.

    `judge` is the function that computed `probs`. A crop is doubtful if its greatest probability is
    below `doubtful_crop`.
    """
    doubtful = np.flatnonzero(probs.max(axis=1) < doubtful_crop)
    if not doubtful.size:
        return probs
    moved = judge(np.concatenate(move_diagonally(pixels[doubtful])))
    answers = moved.reshape(4, len(doubtful), -1).sum(axis=0)
    out = probs.copy()
    out[doubtful] = (probs[doubtful] + answers) / 5
    return out


def move_diagonally(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Shifts crops (N, H, W) by 0.7 pixels: lower right, lower left, upper right, upper left.

    The interpolation is bilinear. Pixels from outside are background, 0.
    """
    framed = np.pad(pixels.astype(np.float32), ((0, 0), (1, 1), (1, 1)))
    moved = []
    for down in (1, -1):
        rows = (1 - MOVE) * framed + MOVE * np.roll(framed, down, axis=1)
        for right in (1, -1):
            both = (1 - MOVE) * rows + MOVE * np.roll(rows, right, axis=2)
            moved.append(np.rint(both[:, 1:-1, 1:-1]).astype(np.uint8))
    return moved
