"""Finds the orientation of a grid: the quarter turns after which its digits are upright."""

import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.network import Network
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import FoundGrid

SAMPLE = 60  # greatest number of cells to classify
UPRIGHT = 0.93  # mean probability of the best digit from which no rotation is tried
BETTER = 0.06  # least gain of the mean probability for another orientation


def quarter_turns(pixels: NDArray[np.uint8], network: Network) -> int:
    """The number of clockwise quarter turns, 0 to 3, that make crops (N, 28, 28) upright."""
    sample = pixels[:: max(1, -(-len(pixels) // SAMPLE))]
    if not len(sample):
        return 0
    upright = _how_well(sample, network)
    if upright >= UPRIGHT:
        return 0
    scores = [upright]
    for turns in (1, 2, 3):
        turned = np.ascontiguousarray(np.rot90(sample, -turns, (1, 2)))
        scores.append(_how_well(turned, network))
    best = int(np.argmax(scores))
    return best if scores[best] > upright + BETTER else 0


def _how_well(pixels: NDArray[np.uint8], network: Network) -> float:
    return float(network.probabilities(pixels)[:, :10].max(axis=1).mean())


def turn(grid: FoundGrid, turns: int) -> FoundGrid:
    """Renumbers the rows and columns of a grid after clockwise quarter turns of its image."""
    for _ in range(turns):
        rows = grid.rows
        faces = [
            Face(face.left, rows - face.top - face.rows, face.columns, face.rows)
            for face in grid.faces
        ]
        faces.sort(key=lambda face: (face.top, face.left))
        grid = FoundGrid(np.rot90(grid.corners, -1), tuple(faces))
    return grid
