"""What the pixels of a set are like, counted from the set itself."""

import cv2
import numpy as np

from inkling.types import Digits


def pixel_statistics(digits: Digits) -> tuple[float, float]:
    """Mean and sd of all pixels on the scale 0..1; both 0 where there is no picture."""
    if len(digits) == 0:
        return 0.0, 0.0
    # OpenCV sums in double precision and without a float copy of 47 million pixels.
    mean, std = cv2.meanStdDev(np.ascontiguousarray(digits.images).reshape(len(digits), -1))
    return float(mean[0, 0]) / 255, float(std[0, 0]) / 255


def first_of_each_class(digits: Digits, count: int) -> Digits:
    """Up to `count` pictures a class, in the order of the data, class by class."""
    places = [np.nonzero(digits.labels == label)[0][:count] for label in range(len(digits.classes))]
    return digits.take(np.concatenate(places))
