"""Crops in doubt are shown to the network again, moved by less than a pixel four ways.

A network that halves its picture by strides answers a little differently once the picture moves
(Zhang, 2019). The mean of its answers is right more often, and surer only where it may be; the
sure nine tenths of all crops are left as they are, so this costs little.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

DOUBTFUL = 0.9  # probability; crops below it are shown again
MOVE = 0.7  # pixels, to each diagonal side

Judge = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def average_over_shifts(
    pixels: NDArray[np.uint8], probs: NDArray[np.float32], judge: Judge
) -> NDArray[np.float32]:
    """The probabilities (N, C) of crops (N, 28, 28), those in doubt as means of five answers.

    `judge` gives probabilities for crops, as it gave `probs` for these.
    """
    doubtful = np.flatnonzero(probs.max(axis=1) < DOUBTFUL)
    if not doubtful.size:
        return probs
    moved = judge(np.concatenate(move_diagonally(pixels[doubtful])))
    answers = moved.reshape(4, len(doubtful), -1).sum(axis=0)
    out = probs.copy()
    out[doubtful] = (probs[doubtful] + answers) / 5
    return out


def move_diagonally(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Crops (N, H, W) moved by 0.7 pixels down and right, down and left, up and right, up and left.

    What comes in from outside is ground, 0; between pixels the picture is linear.
    """
    framed = np.pad(pixels.astype(np.float32), ((0, 0), (1, 1), (1, 1)))
    moved = []
    for down in (1, -1):
        rows = (1 - MOVE) * framed + MOVE * np.roll(framed, down, axis=1)
        for right in (1, -1):
            both = (1 - MOVE) * rows + MOVE * np.roll(rows, right, axis=2)
            moved.append(np.rint(both[:, 1:-1, 1:-1]).astype(np.uint8))
    return moved
