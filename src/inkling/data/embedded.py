"""The data set `digits`: the 1,797 real 8x8 scans of scikit-learn, enlarged to 28x28.

They are the test part of the "Optical Recognition of Handwritten Digits" set (Alpaydin and
Kaynak, 1998). inkling uses them if MNIST is not available.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.types import SIDE, Digits

MAX_VALUE = 16  # greatest value of the 8x8 scans
DIGIT_SIDE = 20  # pixels; MNIST's digits fill 20 of 28


def embedded_digits() -> Digits:
    """All 1,797 scans, in scikit-learn's order."""
    from sklearn.datasets import load_digits  # takes a second to import

    flat, labels = load_digits(return_X_y=True)
    scans = np.asarray(flat, np.float32).reshape(-1, 8, 8)
    return Digits(np.stack([_enlarge(scan) for scan in scans]), np.asarray(labels, np.int64))


def _enlarge(scan: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Enlarges a scan (8, 8) to (28, 28) uint8 with its centre of mass in the middle."""
    scale = DIGIT_SIDE / scan.shape[0]
    rows, columns = np.indices(scan.shape)
    mass = scan.sum()
    # Pixel centres have half-integer coordinates. The map moves the centre of mass to the middle.
    x, y = (float((grid * scan).sum() / mass) for grid in (columns, rows))
    middle = (SIDE - 1) / 2
    matrix = np.array([[scale, 0, middle - scale * x], [0, scale, middle - scale * y]], np.float32)
    large = cv2.warpAffine(scan, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC)
    return np.clip(np.rint(np.asarray(large) * (255 / MAX_VALUE)), 0, 255).astype(np.uint8)
