"""Straight pieces of line: where, in which direction, how long; and the two families of a grid."""

import cv2
import numpy as np
import pytest

from inkling.reading.tables.segments import Pieces, _direction, _fit, find_pieces, two_families

SHAPE = (300, 400)


def lines(*ends: tuple[float, float, float, float], thick: int = 3) -> np.ndarray:
    evidence = np.zeros(SHAPE, np.float32)
    for x, y, x2, y2 in ends:
        cv2.line(evidence, (round(x), round(y)), (round(x2), round(y2)), 1, thick)
    return cv2.GaussianBlur(evidence, (0, 0), 0.8)


@pytest.mark.parametrize("degrees", [0, 7, 30, 45, 75, 90, 110, 150, 173])
def test_a_line_is_a_piece_of_its_place_direction_and_length(degrees: int) -> None:
    angle, half = np.radians(degrees), 90
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    found = find_pieces(lines((180 - dx, 130 - dy, 180 + dx, 130 + dy)))
    longest = int(found.length.argmax())
    away = (found.angle[longest] - angle + np.pi / 2) % np.pi - np.pi / 2
    assert abs(np.degrees(away)) < 1.5
    assert found.length[longest] == pytest.approx(2 * half / 200, rel=0.06)
    expected = (np.array([180, 130]) - np.array([200, 150])) / 200
    np.testing.assert_allclose(found.middle[longest], expected, atol=0.015)
    assert (found.length > 0.3).sum() == 1  # once, though two bins may hold its direction


def test_directions_are_along_the_line() -> None:
    for degrees in (0, 20, 60, 90, 140):
        angle = np.radians(degrees)
        dx, dy = 100 * np.cos(angle), 100 * np.sin(angle)
        found = _direction(lines((200 - dx, 150 - dy, 200 + dx, 150 + dy)))[150, 200]
        away = (found - angle + np.pi / 2) % np.pi - np.pi / 2
        assert abs(np.degrees(away)) < 4


@pytest.mark.parametrize(("length", "found"), [(30, True), (10, False)])
def test_short_pieces_are_strokes(length: int, found: bool) -> None:
    """Shorter than 0.04 of the longer side, 16 pixels."""
    pieces = find_pieces(lines((100, 100, 100 + length, 100)))
    assert bool(len(pieces.length)) is found


def test_a_blob_and_faint_lines_are_no_pieces() -> None:
    blob = np.zeros(SHAPE, np.float32)
    cv2.circle(blob, (200, 150), 30, 1, -1)
    assert (find_pieces(blob).length > 0.25).sum() == 0
    assert len(find_pieces(0.49 * lines((50, 100, 300, 100))).length) == 0
    assert len(find_pieces(np.zeros(SHAPE, np.float32)).length) == 0


def test_what_lies_between_two_blobs_is_no_piece() -> None:
    mask = np.ones((240, 200), np.uint8)
    mask[120] = 0  # a thin line of background
    assert _fit(mask, 0.0) == []
    ((x, y, angle, length),) = _fit(1 - mask, 0.0)
    assert (x, y, angle) == (99.5, 120, 0)
    assert length == pytest.approx(200, abs=1)


def pieces_of(*rows: tuple[float, float]) -> Pieces:
    """Pieces by their angle in degrees and their length."""
    table = np.array(rows, np.float64)
    return Pieces(np.zeros((len(table), 2)), np.radians(table[:, 0]), table[:, 1])


def test_two_families_are_those_that_weigh_most() -> None:
    rows = [(2, 1.0), (0, 1.0), (178, 1.0), (91, 1.0), (88, 1.0), (45, 0.2), (48, 0.2)]
    families = two_families(pieces_of(*rows))
    assert families is not None
    across, down = families
    assert across.tolist() == [True] * 3 + [False] * 4
    assert down.tolist() == [False] * 3 + [True] * 2 + [False] * 2


@pytest.mark.parametrize("turn", [-40, -20, 20, 40])
def test_the_flatter_family_runs_across(turn: int) -> None:
    rows = [(angle % 180, 1.0) for angle in (turn, turn + 1, turn + 90, turn + 89)]
    families = two_families(pieces_of(*rows))
    assert families is not None
    assert families[0].tolist() == [True, True, False, False]
    assert families[1].tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(0, 1), (0, 1), (90, 1), (90, 1)], True),
        ([(0, 1), (0, 1), (90, 1)], False),  # three pieces
        ([(0, 1), (2, 1), (4, 1), (1, 1)], False),  # one direction
        ([(0, 1), (0, 1), (51, 1), (51, 1)], True),
        ([(0, 1), (0, 1), (9, 1), (9, 1)], False),
    ],
)
def test_which_pieces_may_be_a_grid(rows: list[tuple[float, float]], found: bool) -> None:
    assert (two_families(pieces_of(*rows)) is not None) is found


def test_perspective_spreads_a_family() -> None:
    """Up to 20 degrees around a direction."""
    rows = [(0, 1.0), (0, 1.0), (18, 0.1), (25, 0.1), (90, 1.0), (90, 1.0)]
    families = two_families(pieces_of(*rows))
    assert families is not None
    assert families[0].tolist() == [True, True, True, False, False, False]


def test_pieces_are_taken() -> None:
    pieces = Pieces(np.array([[1.0, 2], [3, 4]]), np.array([0.1, 0.2]), np.array([5.0, 6.0]))
    taken = pieces.take(np.array([False, True]))
    assert (taken.middle.tolist(), taken.angle.tolist(), taken.length.tolist()) == (
        [[3, 4]],
        [0.2],
        [6],
    )
