"""A second opinion on doubtful crops: what is moved how, whose answer changes, and to what."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from inkling.reading.decisions import DEFAULT
from inkling.reading.recognise.network import load_network
from inkling.reading.recognise.tta import MOVE, average_over_shifts, move_diagonally
from inkling.types import Digits

Crops = arrays.arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(28), st.just(28)))


@given(Crops)
def test_crops_move_as_opencv_moves_them(crops: NDArray[np.uint8]) -> None:
    ways = [(MOVE, MOVE), (-MOVE, MOVE), (MOVE, -MOVE), (-MOVE, -MOVE)]  # x, y
    for moved, (x, y) in zip(move_diagonally(crops), ways, strict=True):
        table = np.array([[1, 0, x], [0, 1, y]], np.float32)
        for ours, crop in zip(moved, crops, strict=True):
            theirs = cv2.warpAffine(crop.astype(np.float32), table, (28, 28))
            # OpenCV looks up between pixels in steps of a 32nd.
            assert np.abs(ours - theirs).max() <= 255 / 16


def test_only_what_is_in_doubt_is_asked_again() -> None:
    crops = np.zeros((3, 28, 28), np.uint8)
    crops[1, 10:18, 10:18] = 200
    probs = np.full((3, 11), 0.01, np.float32)
    probs[[0, 1, 2], [3, 4, 5]] = [0.95, 0.5, DEFAULT.doubtful_crop]
    asked = []

    def judge(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(pixels)
        answers = np.zeros((len(pixels), 11), np.float32)
        answers[:, 7] = 1
        return answers

    out = average_over_shifts(crops, probs, judge)
    assert [len(pixels) for pixels in asked] == [4]
    np.testing.assert_array_equal(out[[0, 2]], probs[[0, 2]])
    np.testing.assert_allclose(out[1], (probs[1] + 4 * np.eye(11)[7]) / 5, rtol=1e-6)


def test_probabilities_stay_probabilities(few: Digits) -> None:
    network = load_network()
    # Two digits laid over each other, the second fainter and fainter: from sure to in doubt.
    fraction = np.linspace(0, 1, 80)[:, None, None]
    crops = np.maximum(few.images[:80], few.images[80:160] * fraction).astype(np.uint8)
    judged = network.judge(crops)
    np.testing.assert_allclose(judged.sum(axis=1), 1, rtol=1e-4)
    plain = network.probabilities(crops)
    sure = plain.max(axis=1) >= DEFAULT.doubtful_crop
    assert 0 < sure.sum() < len(crops)
    np.testing.assert_array_equal(judged[sure], plain[sure])
    assert (judged[~sure] != plain[~sure]).any(axis=1).all()
