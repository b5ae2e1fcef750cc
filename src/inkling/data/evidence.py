"""What the bundled network sees in the images: settles what labels and axes mean.

Labels from 1 to 10 may mean 0 to 9 shifted by one, or 10 may mean 0; images may be stored
transposed. Where the images are digits, the network reads them under each hypothesis, and the
right one stands out by far: MNIST upright is read with 99.3 % accuracy, transposed with 12.8 %.
Only training images are looked at.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.network import Network, load_network

LOOKED_AT = 400  # images
ENOUGH = 20  # images; fewer prove nothing
CERTAIN = 0.6  # accuracy of the right hypothesis
WRONG = 0.5  # times the best accuracy: the most that another hypothesis may have


def choose(accuracies: Mapping[str, float]) -> str | None:
    """The hypothesis that is right beyond doubt, or None."""
    ranked = sorted(accuracies, key=lambda name: -accuracies[name])
    best, *others = ranked
    if accuracies[best] < CERTAIN:
        return None
    if any(accuracies[other] > WRONG * accuracies[best] for other in others):
        return None
    return best


def sample(count: int) -> NDArray[np.int64]:
    """Places of the images to look at, spread evenly over the data."""
    return np.unique(np.linspace(0, count - 1, min(count, LOOKED_AT)).astype(np.int64))


def read_digits(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """What the bundled network answers for (N, 28, 28) uint8, light ink on dark: digits (N,)."""
    return _network().probabilities(images)[:, :10].argmax(axis=1)


@cache
def _network() -> Network:
    return load_network()
