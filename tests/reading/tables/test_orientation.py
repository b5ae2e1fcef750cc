"""Which way up a grid is read, and how its cells are numbered once it is turned."""

import numpy as np
import pytest

from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import Network
from inkling.reading.tables.faces import Face
from inkling.reading.tables.find import FoundGrid
from inkling.reading.tables.orientation import SAMPLE, _how_well, quarter_turns, turn
from tests.reading.drawings import drawn_seven, drawn_zero


@pytest.fixture
def network(reader: Reader) -> Network:
    return reader.network


def sevens(count: int) -> np.ndarray:
    return np.stack([255 - drawn_seven(28, 28, 3)] * count)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_crops_are_turned_upright(turns: int, network: Network) -> None:
    crops = np.ascontiguousarray(np.rot90(sevens(8), turns, (1, 2)))
    scores = [
        _how_well(np.ascontiguousarray(np.rot90(crops, -k, (1, 2))), network) for k in range(4)
    ]
    found = quarter_turns(crops, network)
    if scores[0] >= 0.93 or max(scores) <= scores[0] + 0.06:
        assert found == 0
    else:
        assert found == int(np.argmax(scores))
    assert quarter_turns(crops[:0], network) == 0


def test_how_well_crops_are_read(network: Network) -> None:
    crops = np.concatenate([sevens(2), np.stack([255 - drawn_zero(28, 3)])])
    expected = network.probabilities(crops)[:, :10].max(axis=1).mean()
    assert _how_well(crops, network) == pytest.approx(float(expected))
    blank = np.zeros((4, 28, 28), np.uint8)
    assert _how_well(blank, network) < 0.5  # none is no digit


def test_a_sample_of_many_crops_is_looked_at(network: Network) -> None:
    """Every third of 180 crops: were it the first 60, the others would not count."""
    upside = np.ascontiguousarray(np.rot90(sevens(3 * SAMPLE), 2, (1, 2)))
    mixed = upside.copy()
    mixed[1::3] = mixed[2::3] = sevens(1)
    assert quarter_turns(mixed, network) == quarter_turns(upside, network)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4])
def test_cells_are_numbered_as_in_the_turned_image(turns: int) -> None:
    """Beside an image of the cells' numbers that is turned itself."""
    u, v = np.meshgrid(10.0 * np.arange(4), 20.0 * np.arange(3))
    faces = (
        Face(0, 0, 1, 2),
        Face(0, 2, 1, 1),
        Face(1, 0, 1, 1),
        Face(1, 1, 1, 1),
        Face(1, 2, 1, 1),
    )
    grid = FoundGrid(np.stack([u, v], axis=2), faces)
    found = turn(grid, turns)
    image = np.array([[0, 0, 1], [2, 3, 4]])
    turned = np.rot90(image, -turns)
    assert (found.rows, found.columns) == turned.shape
    numbers = []
    for face in found.faces:
        own = turned[face.top : face.top + face.rows, face.left : face.left + face.columns]
        assert (own == own[0, 0]).all()
        assert (turned == own[0, 0]).sum() == own.size
        numbers.append((face.top, face.left))
    assert numbers == sorted(numbers)
    assert len(found.faces) == 5
    # The first corner is the one that is now on the top left.
    first = {0: (0, 0), 1: (0, 40), 2: (30, 40), 3: (30, 0), 4: (0, 0)}[turns]
    assert tuple(found.corners[0, 0]) == first
